package vantage

import (
	"testing"

	"pullpath/flows"
)

func TestSuspectName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ghrc.io/team/app": "ghcr.io", "qauy.io": "quay.io", "registy.redhat.io/ubi9": "registry.redhat.io",
		"registry.redhat.com/ubi9/ubi": "registry.redhat.io", "registry.acess.redhat.com": "registry.access.redhat.com",
		"mcr.mircosoft.com": "mcr.microsoft.com",
		"ghcr.io/team/app":  "", "docker.io/library/alpine": "", "registry-1.docker.io": "", "gcr.io": "", "nvcr.io/nvidia": "", "lscr.io": "",
		"jp.icr.io": "", "eu.gcr.io": "", "us-east1-docker.pkg.dev/a/b": "", "harbor.corp.example": "", "quay.corp.example": "", "quay.de": "",
		"127.0.0.1:5000": "", "localhost": "", "registry.example.io": "",
	} {
		a, err := flows.ParseArgument(name)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, r := range suspectName(a) {
			got += r.Write
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
