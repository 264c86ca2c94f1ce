package main

import (
	"os"
	"slices"
	"testing"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
	"pullpath/internal/vantage"
	"pullpath/mockproxy"
)

// Each finding about settings comes up where explain says that it does.
func TestMadeUpHostsShowTheirFindings(t *testing.T) {
	for _, e := range catalogue.All() {
		if e.Provoke.Survey == nil {
			continue
		}
		t.Run(string(e.Code), func(t *testing.T) {
			inNetwork(t, e.Provoke)
			s, err := (&settingsOptions{profile: vantage.DefaultProfile}).survey(streams{in: os.Stdin}, nil)
			if err != nil {
				t.Fatal(err)
			}
			found := diagnosis.Diagnose(s.Record(), catalogue.All()).Findings
			if !slices.ContainsFunc(found, func(f diagnosis.Finding) bool { return f.Code == string(e.Code) }) {
				t.Errorf("not among %v", found)
			}
		})
	}
}

// Nothing of this machine is read in a made-up network.
func TestMadeUpHostIsNotThisOne(t *testing.T) {
	inNetwork(t, fault.World{Env: map[string]string{"HTTPS_PROXY": "http://made-up.example:3128"}})
	t.Setenv("HTTPS_PROXY", "http://real.example:3128")
	s, err := (&settingsOptions{profile: vantage.DefaultProfile}).survey(streams{in: os.Stdin}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Clients {
		for _, v := range c.Env {
			if v.Name == "HTTPS_PROXY" && v.Value != "http://made-up.example:3128" {
				t.Errorf("%s has %s", c.Tool, v.Value)
			}
		}
	}
	if len(s.Clients) == 0 || s.Vantage.Hostname != "mock-client" {
		t.Errorf("%d clients on %s", len(s.Clients), s.Vantage.Hostname)
	}
}

// inNetwork lets this process into a network.
func inNetwork(t *testing.T, world fault.World) {
	t.Helper()
	n, err := mockproxy.Start(world)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	path, err := n.Pass().Save(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(mockproxy.PassVariable, path)
}
