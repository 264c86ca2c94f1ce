package profile

import (
	"testing"

	"pullpath/internal/evidence"
)

// A target belongs to the profile whose registry it is, by name or by pattern.
func TestOf(t *testing.T) {
	for host, want := range map[string]string{
		"registry.redhat.io": "redhat", "registry-1.docker.io": "docker", "ghcr.io": "ghcr", "quay.io": "quay", "mcr.microsoft.com": "acr",
		"registry.k8s.io": "k8s", "us-docker.pkg.dev": "gar", "europe-west1-docker.pkg.dev": "gar", "gcr.io": "gar",
		"corp.azurecr.io": "acr", "corp.westeurope.geo.azurecr.io": "acr", "123456789012.dkr.ecr.eu-west-1.amazonaws.com": "ecr",
		"public.ecr.aws": "ecr", "registry.gitlab.com": "gitlab", "REGISTRY.Redhat.io.": "redhat",
		"registry.corp.example": "", "azurecr.io": "", "evilazurecr.io": "", "cdn01.quay.io": "",
		"quay.io.corp.example": "",
	} {
		if got := Of(evidence.Endpoint{Host: host, Port: 443}); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
	if got := Of(evidence.Endpoint{Host: "quay.io", Port: 5000}); got != "" {
		t.Errorf("another port: %q", got)
	}
}
