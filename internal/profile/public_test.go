package profile

import (
	"testing"

	"pullpath/internal/evidence"
)

func TestPublicRegistry(t *testing.T) {
	for host, want := range map[string]bool{
		"registry.redhat.io": true, "production.cloudflare.docker.com": true, "nvcr.io": true, "eu.gcr.io": true,
		"k8s.gcr.io": true, "ghcr.io": true,
		"cdn01.quay.io": true, "public.ecr.aws": true, "mcr.microsoft.com": true, "registry.gitlab.com": true, "NVCR.io.": true,
		"docker-images-prod.6aa3.r2.cloudflarestorage.com": true, "123456789012.dkr.ecr.eu-west-1.amazonaws.com": true,
		"registry.corp.example": false, "nvcr.io.corp.example": false, "mynvcr.io": false, "localhost": false, "10.0.0.5": false,
	} {
		if got := PublicRegistry(evidence.Endpoint{Host: host, Port: 443}); got != want {
			t.Errorf("%s: %v, want %v", host, got, want)
		}
	}
}
