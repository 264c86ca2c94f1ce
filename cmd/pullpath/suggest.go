package main

import (
	"io"
	"net/url"
	"strings"

	"pullpath/flows"
	"pullpath/internal/catalogue"
	"pullpath/internal/hint"
	"pullpath/internal/report"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// wantedBy is what a suggestion is made of.
func wantedBy(s flows.Survey) settings.Wanted {
	wanted := settings.Wanted{System: settings.System(s.Vantage.OS)}
	for _, c := range s.Clients {
		if c.Machine != nil {
			c.Dialect = route.Go() // the lines are variables, whatever its own settings are written as
		}
		wanted.Clients = append(wanted.Clients, c)
	}
	for _, t := range s.Targets {
		wanted.Targets = append(wanted.Targets, &url.URL{Scheme: t.URL.Scheme, Host: strings.ToLower(t.URL.Host)})
		wanted.Asked = wanted.Asked || t.FoundBy == "argument"
	}
	return wanted
}

// suggest prints the recommended settings: first what has to be known of them, then the
// lines for each file.
func suggest(w io.Writer, survey flows.Survey, width int) error {
	s, err := settings.Suggest(wantedBy(survey))
	if err != nil {
		return hint.New(err.Error(), "set HTTPS_PROXY, or give a saved environment with --env")
	}
	var out strings.Builder
	part := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		out.WriteString(report.Comment(title, 0, width))
		for _, line := range lines {
			out.WriteString(report.Comment("- "+line, 2, width))
		}
		out.WriteString("#\n")
	}
	part("Proxies that clients here use for https://:", namedLines(s))
	part("Chosen, change it below if another one is meant:", []string{
		"for https:// " + s.HTTPS.Proxy + ": " + s.HTTPS.Why, "for http:// " + s.HTTP.Proxy + ": " + s.HTTP.Why})
	part("Direct by a setting of their own, which the lines below replace:", s.Direct)
	part("Added to NO_PROXY:", s.Added)
	part("What cannot be made alike:", s.Apart)
	part("What pullpath settings still says of these lines:", leftLines(s))
	out.WriteString("# In each file these lines take the place of those that set a proxy.\n")
	for _, f := range s.Files {
		out.WriteString("\n" + report.Comment(f.Path+": "+f.About, 2, width) + f.Text + "\n")
	}
	_, err = io.WriteString(w, out.String())
	return err
}

func namedLines(s settings.Suggestion) []string {
	var out []string
	for _, p := range s.Named {
		out = append(out, p.URL+" ("+strings.Join(p.From, "; ")+"): "+strings.Join(p.Clients, ", "))
	}
	return out
}

func leftLines(s settings.Suggestion) []string {
	var out []string
	for _, r := range s.Left {
		out = append(out, string(catalogue.LintOf(string(r.Code)))+": "+r.Text)
	}
	return out
}
