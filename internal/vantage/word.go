package vantage

import (
	"fmt"
	"slices"
	"strings"

	"pullpath/flows"
	"pullpath/internal/client"
	"pullpath/internal/hint"
	"pullpath/internal/profile"
	"pullpath/internal/redact"
)

// UnknownWord is the error of a target that is one word and no host that is known here: a
// command that was mistyped, a cause, or an image without its registry.
type UnknownWord struct {
	Word string
	// AsImage is what the client under test does with an image of this name, empty where it
	// is not known.
	AsImage string
}

// Error names the word.
func (e *UnknownWord) Error() string {
	return fmt.Sprintf("target %q is one word, and no host that is known here", redact.Argument(e.Word))
}

// CheckWord refuses a target of one word that is neither localhost nor a host of the profile,
// nor among the names that are known. A port makes any word a host.
func CheckWord(text string, prof profile.Profile, known []string) error {
	if text == "" || text == "localhost" || strings.ContainsAny(text, ".:/[]") || slices.Contains(known, text) {
		return nil
	}
	if slices.ContainsFunc(prof.Hosts, func(h profile.Host) bool { return h.Host == text }) {
		return nil
	}
	return &UnknownWord{Word: text}
}

// parse reads the targets. What the host's configuration says of an image without its registry stands
// in the hint.
func (p *preparation) parse(args []string) (err error) {
	for _, arg := range args {
		a, err := flows.ParseArgument(arg)
		if err != nil {
			if says := p.shortName(arg); says != "" && flows.IsShortName(arg) {
				return hint.New(err.Error(), hint.Of(err)+"; "+says)
			}
			return err
		}
		p.run.Config.Targets = append(p.run.Config.Targets, a)
	}
	return nil
}

// shortName is what podman does with an image of this name, where it is the client under test.
func (p *preparation) shortName(name string) string {
	tested, err := client.Named(p.ask.Client())
	if err != nil || tested.Name != client.Default || p.Host.Root == nil {
		return ""
	}
	return tested.Registries(p.Host.Root, p.Host.Home, p.Host.Shell).Short.Says(name)
}
