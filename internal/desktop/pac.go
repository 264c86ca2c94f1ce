package desktop

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"pullpath/internal/hostproxy"
	"pullpath/internal/pac"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// maxAnswer bounds what is shown of an answer or an error of a script, in runes.
const maxAnswer = 200

// withScript reads the text of a PAC file that lies below the root, where the setting does not hold
// it itself, and makes the client ask it.
func withScript(h settings.Host, c *settings.Client) {
	if c.PAC == nil {
		return
	}
	if name, local := hostproxy.FileOfURL(c.PAC.URL); local && c.PAC.Script == nil {
		if data, err := h.Root.ReadData(name, pac.MaxSource); err == nil {
			c.PAC.Script = data
		}
	}
	if c.PAC.Script == nil {
		c.Unread = append(c.Unread, settings.Unread{Place: c.PAC.Where(), Decides: c.Tool, Why: "settings sends nothing, so it was not fetched",
			Find: "pullpath settings --pac " + redact.Argument(c.PAC.URL)})
		return
	}
	script, err := pac.Parse(c.PAC.Where(), c.PAC.Script)
	if err != nil {
		c.Unknown, c.Find = redact.Text(err.Error(), maxAnswer), "correct the file"
		return
	}
	found := *c.PAC
	c.ByPAC = func(target *url.URL) route.Decision { return answer(script, found, target) }
}

// answer is what a script says for a URL. It is asked without a network: where it wants an address,
// the time or a random number, another machine or moment may have another answer.
func answer(script *pac.Script, file settings.PAC, target *url.URL) route.Decision {
	host := pac.Host{Now: time.Now, Random: func() float64 { return 0 }, LookUp: func(context.Context, string) ([]netip.Addr,
		error) {
		return nil, nil
	}}
	a, err := script.Find(context.Background(), host, target)
	unsure := route.Decision{Dialect: "pac", Kind: route.Unsure, Reason: route.Depends, Variable: file.Variable, Source: file.Source}
	switch {
	case err != nil && len(a.Ways) == 0:
		unsure.Why = file.Where() + " fails: " + redact.Text(err.Error(), maxAnswer)
		return unsure
	case len(a.Asked) > 0 || a.Own || a.Clock || a.Random:
		unsure.Why = file.Where() + " says " + redact.Text(a.Text, maxAnswer) + " here, and asks for " + asked(a) +
			": on that machine it may say " +
			"something else"
		return unsure
	case len(a.Ways) == 0:
		unsure.Why = file.Where() + " says nothing that can be read: " + redact.Text(a.Text, maxAnswer)
		return unsure
	case a.Ways[0].Kind == pac.Direct:
		return route.Decision{Dialect: "pac", Kind: route.Direct, Reason: route.Implicit, Implicit: file.Where() + " says DIRECT (" +
			file.Source + ")"}
	}
	v := route.Variable{Name: "HTTPS_PROXY", Value: a.Ways[0].String(), Source: file.Source, Key: file.Variable}
	if target.Scheme == "http" {
		v.Name = "HTTP_PROXY"
	}
	return route.Go().Decide(route.Environment{v}, target)
}

// asked names what a script wants to know of its machine.
func asked(a pac.Answer) string {
	var out []string
	if len(a.Asked) > 0 {
		out = append(out, "the address of "+redact.Text(a.Asked[0].Name, maxAnswer))
	}
	if a.Own {
		out = append(out, "its machine's address")
	}
	if a.Clock {
		out = append(out, "the time")
	}
	if a.Random {
		out = append(out, "a random number")
	}
	return strings.Join(out, ", ")
}

// PACs returns the PAC file that the system's own settings name.
func PACs(h settings.Host) []settings.PAC {
	if v, ok := h.Env.Last("WSL_PAC_URL"); ok && v.Value != "" {
		return []settings.PAC{{URL: v.Value, Variable: v.Name, Source: v.Source}}
	}
	if s := h.Root.System(); s != settings.Windows && s != settings.MacOS {
		return nil
	}
	o := system(h)
	if o.PAC.Name == "" || o.Names() {
		return nil
	}
	return []settings.PAC{{URL: o.PAC.Value, Variable: o.PAC.Name, Source: o.PAC.Source, Script: o.Script}}
}
