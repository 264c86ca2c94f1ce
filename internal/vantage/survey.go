package vantage

import (
	"net/url"

	"pullpath/flows"
	"pullpath/internal/client"
	"pullpath/internal/evidence"
)

// Survey asks which way the clients of a made-up host go to the targets: by the rules that
// are named, or those of the clients that its files or its shell show. The World's own
// question stands in where named is false.
func (v *Vantage) Survey(out flows.Survey, clients []string, named bool) (flows.Survey, error) {
	out.Vantage = v.Net.Vantage
	if asks := v.MadeUp.Survey; asks != nil {
		clients = orElse(clients, asks.Clients)
		if !named && len(asks.Hosts) > 0 {
			out.Targets = nil
			for _, host := range asks.Hosts {
				out.Targets = append(out.Targets, flows.SurveyTarget{URL: &url.URL{Scheme: "https", Host: host}, Role: evidence.Registry,
					FoundBy: "profile"})
			}
		}
	}
	switch {
	case len(clients) > 0:
		h := v.Host.settings()
		h.Env = v.Host.Env
		chosen, err := client.Chosen(clients, h)
		out.Clients, out.Remarks = chosen.Clients, append(out.Remarks, chosen.Remarks...)
		return out, err
	case v.Host.Root == nil:
		out.Clients = client.OfEnvironment(v.Host.Env)
	default:
		reading := v.Host.reading()
		out.Clients, out.Remarks = reading.Clients, append(out.Remarks, reading.Remarks...)
	}
	return out, nil
}
