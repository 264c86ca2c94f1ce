package grid

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"pullpath/flows"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// emptyValue stands in a World for a variable that is set and empty.
const emptyValue = "EMPTY"

// surveyWalk reads the settings of a World that is a host.
func surveyWalk(world fault.World) walked {
	var env route.Environment
	for _, name := range slices.Sorted(maps.Keys(world.Env)) {
		value := strings.TrimSuffix(world.Env[name], emptyValue)
		env = append(env, route.Variable{Name: name, Value: value, Source: "environment"})
	}
	s := flows.Survey{Now: time.Now, Seed: "grid", Version: "test", Vantage: evidence.Vantage{Hostname: "mock-client", OS: "linux"}}
	var err error
	if s.Clients, err = surveyClients(world, env); err != nil {
		return walked{err: err}
	}
	hosts := world.Survey.Hosts
	if hosts == nil {
		hosts = []string{"registry.redhat.io"}
	}
	for _, h := range hosts {
		s.Targets = append(s.Targets, flows.SurveyTarget{URL: &url.URL{Scheme: "https", Host: h}, Role: evidence.Registry, FoundBy: "argument"})
	}
	trace := s.Record()
	return walked{world: world, trace: trace, result: diagnosis.Diagnose(trace, catalogue.All()),
		secrets: []string{fault.ProxyPassword}}
}

func surveyClients(world fault.World, env route.Environment) ([]settings.Client, error) {
	if world.Survey.Clients != nil {
		return settings.OfDialects(world.Survey.Clients, env)
	}
	return settings.OfEnvironment(env), nil
}
