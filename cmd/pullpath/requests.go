package main

import (
	"fmt"
	"net/url"
	"strings"

	"pullpath/flows"
	"pullpath/internal/redact"
)

// allClients is the value of --client that asks as each.
const allClients = "all"

// tool is the client whose path is walked; with --client all the default one.
func (o *checkOptions) tool() string {
	if o.client == allClients {
		return flows.ClientName
	}
	return o.client
}

// requests applies what the flags say of what is asked, and a made-up network's own
// where they say nothing.
func (o *checkOptions) requests(around *surroundings, config *flows.Config) error {
	config.AllClients = o.client == allClients || around.ask.AllClients
	config.AuthFlow, config.Repeat = orText(o.authFlow, around.ask.AuthFlow), max(o.repeat, around.ask.Repeat)
	if o.platform != "" {
		parts := strings.Split(o.platform, "/")
		if len(parts) < 2 || parts[0] == "" || parts[1] == "" {
			return &hintError{fmt.Sprintf("--platform %q is not os/arch", o.platform), "give for instance linux/arm64"}
		}
		config.OS, config.Architecture = parts[0], parts[1]
	}
	if o.realm != "" {
		u, err := url.Parse(o.realm)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			return &hintError{fmt.Sprintf("--realm %s is no https URL of a token server", redact.URL(o.realm)), "a login is not sent in the clear, nor taken out of a URL"}
		}
		config.Realm = u
	}
	if o.asArticle || around.ask.AsArticle {
		config.AskAsArticle()
		if len(config.Targets) == 0 {
			config.Targets = []flows.Argument{{Host: articleRegistry, Port: 443, Text: articleRegistry}}
		}
	}
	return nil
}

// articleRegistry is the registry of the article's fifth command.
const articleRegistry = "registry.redhat.io"

func orText(text, other string) string {
	if text != "" {
		return text
	}
	return other
}
