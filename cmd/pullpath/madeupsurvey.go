package main

import (
	"net/url"
	"os"
	"slices"

	"pullpath/flows"
	"pullpath/internal/evidence"
	"pullpath/internal/settings"
	"pullpath/mockproxy"
)

// madeUpSurvey reads the settings of a made-up network's host: its files, its shell's
// variables and nothing of this machine.
func (o *settingsOptions) madeUpSurvey(out flows.Survey, args []string) (flows.Survey, error) {
	pass, err := mockproxy.LoadPass(os.Getenv(mockproxy.PassVariable))
	if err != nil {
		return out, err
	}
	around, err := fromPass(pass)
	if err != nil {
		return out, err
	}
	out.Vantage = around.vantage
	if out.Targets, out.Profile, err = surveyTargets(args, o.profile); err != nil {
		return out, err
	}
	clients := o.clients
	if survey := pass.Survey; survey != nil {
		clients = orElse(clients, survey.Clients)
		if len(args) == 0 && len(survey.Hosts) > 0 {
			out.Targets = nil
			for _, host := range survey.Hosts {
				out.Targets = append(out.Targets, flows.SurveyTarget{URL: &url.URL{Scheme: "https", Host: host}, Role: evidence.Registry, FoundBy: "profile"})
			}
		}
	}
	if len(clients) > 0 {
		out.Clients, err = settings.OfDialects(clients, around.env)
		return out, err
	}
	if len(pass.Files) == 0 {
		out.Clients = settings.OfEnvironment(around.env)
		return out, nil
	}
	if err := around.plantFiles(); err != nil {
		return out, err
	}
	defer around.removeFiles()
	root, err := settings.OpenRoot(around.root)
	if err != nil {
		return out, err
	}
	reading := settings.Read(settings.Host{Root: root, Env: around.env, Home: madeUpHome})
	out.Clients, out.Remarks = reading.Clients, slices.Concat(out.Remarks, reading.Remarks)
	return out, nil
}
