package grid

import (
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"pullpath/flows"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// surveyWalk reads the settings of a World that is a host.
func surveyWalk(world fault.World) walked {
	var env route.Environment
	for _, name := range slices.Sorted(maps.Keys(world.Env)) {
		env = append(env, route.Variable{Name: name, Value: world.Env[name], Source: "environment"})
	}
	s := flows.Survey{Now: time.Now, Seed: "grid", Version: "test", Vantage: evidence.Vantage{Hostname: "mock-client", OS: "linux"}}
	reading, err := readWorld(world, env)
	if err != nil {
		return walked{err: err}
	}
	s.Clients, s.Remarks = reading.Clients, reading.Remarks
	hosts := world.Survey.Hosts
	if hosts == nil {
		hosts = []string{"registry.redhat.io"}
	}
	for _, h := range hosts {
		s.Targets = append(s.Targets, flows.SurveyTarget{URL: &url.URL{Scheme: "https", Host: h}, Role: evidence.Registry, FoundBy: "profile"})
	}
	trace := s.Record()
	return walked{world: world, trace: trace, result: diagnosis.Diagnose(trace, catalogue.All()),
		secrets: []string{fault.ProxyPassword}}
}

// written is when the files of Worlds were written, all at once.
var written = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// readWorld reads the clients of a World: by the rules that it names, from its
// files, or of its shell alone.
func readWorld(world fault.World, env route.Environment, use ...func(*settings.Root, settings.Reading)) (settings.Reading, error) {
	if world.Survey != nil && world.Survey.Clients != nil {
		clients, err := settings.OfDialects(world.Survey.Clients, env)
		return settings.Reading{Clients: clients}, err
	}
	if world.Files == nil {
		return settings.Reading{Clients: settings.OfEnvironment(env)}, nil
	}
	dir, err := os.MkdirTemp("", "pullpath-grid-")
	if err != nil {
		return settings.Reading{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for name, text := range world.Files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return settings.Reading{}, err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return settings.Reading{}, err
		}
		if err := os.Chtimes(path, written, written); err != nil {
			return settings.Reading{}, err
		}
	}
	root, err := settings.OpenRoot(dir)
	if err != nil {
		return settings.Reading{}, err
	}
	reading := settings.Read(settings.Host{Root: root, Env: env, Home: "/root"})
	for _, u := range use {
		u(root, reading)
	}
	return reading, nil
}
