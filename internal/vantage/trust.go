package vantage

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"pullpath/internal/hint"
	"pullpath/internal/userfile"
	"pullpath/tlsinspect"
)

// trust applies --cacert, the profile's own CA and --public-roots.
func (p *preparation) trust() error {
	if err := p.addRoots("cacert", "--cacert", p.ask.trust.ca); err != nil {
		return err
	}
	if err := p.addRoots("", "the profile's ca", p.run.Config.Profile.CA); err != nil {
		return fmt.Errorf("profile %s: %w", p.run.Config.Profile.Name, err)
	}
	name := p.ask.trust.publicRoots
	if name == "" {
		return nil
	}
	data, err := p.named("public-roots", name, userfile.MaxBundle)
	if err != nil {
		return fmt.Errorf("--public-roots: %w", err)
	}
	pool := x509.NewCertPool()
	if _, err := tlsinspect.AddPEM(pool, data); err != nil {
		return fmt.Errorf("--public-roots: %s: %w", name, err)
	}
	p.run.Config.Stores.Public, p.run.Config.PublicRoots = pool, name
	return nil
}

// addRoots adds a PEM file to the store under test; the empty name adds nothing. The flag
// is empty where no flag names the file.
func (p *preparation) addRoots(flag, what, name string) error {
	if name == "" {
		return nil
	}
	data, err := p.named(flag, name, userfile.MaxBundle)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if p.run.Config.Stores, err = p.run.Config.Stores.Add(what, data); err != nil {
		return fmt.Errorf("%s %s: %w", what, name, err)
	}
	return nil
}

// transparency applies --ct-logs. With --public-roots alone the built-in list is
// not that of the roots' world, and timestamps are not looked at.
func (p *preparation) transparency() error {
	switch name := p.ask.trust.ctLogs; {
	case name != "":
		data, err := p.named("ct-logs", name, userfile.MaxLogList)
		if err != nil {
			return fmt.Errorf("--ct-logs: %w", err)
		}
		if p.run.Config.Logs, err = tlsinspect.ReadLogs(data); err != nil {
			return hint.New(fmt.Sprintf("--ct-logs %s: %v", name, err),
				"give the JSON of gstatic.com/ct/log_list/v3/log_list.json or one of its form")
		}
	case p.ask.trust.publicRoots != "":
		p.run.Config.Logs, p.run.Config.NoLogs = nil, "--public-roots was given without --ct-logs"
	}
	return nil
}

// named reads the file that a flag names. One that a made-up network names lies on its own
// host: nothing of this machine is read because a stranger's scenario says so.
func (p *preparation) named(flag, name string, limit int64) ([]byte, error) {
	if !p.ask.network[flag] {
		return userfile.Read(name, limit)
	}
	if p.Host.Root == nil {
		return nil, errors.New("the made-up host has no files")
	}
	return p.Host.Root.ReadFile(strings.TrimPrefix(name, "/"))
}
