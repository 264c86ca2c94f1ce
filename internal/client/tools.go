package client

import (
	"time"

	"pullpath/internal/desktop"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// tools returns the clients that people test a path with, and those whose proxy settings
// are compared with the pulling clients'.
func tools() []Client {
	out := []Client{
		{Programs: []settings.Program{{Tool: "oras", Binary: "oras"}}},
		{Programs: []settings.Program{{Tool: "helm", Binary: "helm"}}},
		{
			Name: "curl",
			Programs: []settings.Program{{Tool: "curl", Family: "curl", Binary: "curl", Own: settings.Host.FromCurlrc, Always: true,
				Version: curlVersion}},
			Speaks: Speaks{
				Agent: "curl/%s", Release: "8.14.1", Dialect: "curl", LooksUpForSOCKS: true, SystemLookup: true,
				NotModelled: "curl's ClientHello: that of its TLS library; Go's own is sent",
				// The commands of Red Hat's article.
				Asks: Asks{ID: "curl", IDInQuery: true, PingsAgain: true},
				// curl, lib/connect.h, DEFAULT_CONNECT_TIMEOUT: five minutes for all of them.
				Waits: Waits{Dial: 5 * time.Minute, Connect: 5 * time.Minute, Handshake: 5 * time.Minute},
			},
			NoPostQuantum: "leave the group out (curl --curves X25519:P-256:P-384); for the container clients set " + noPostQuantum,
		},
	}
	for _, p := range []settings.Program{
		{Tool: "git", Family: "git", Binary: "git", Own: settings.Host.FromGitconfig},
		{Tool: "dnf", Family: "curl", Binary: "dnf", Own: settings.Host.FromDNF, Vendor: true, Version: dnfVersion, LinuxOnly: true},
		{Tool: "python urllib", Family: "python-urllib", Binary: "python3", OneRule: true, Version: pythonVersion, Own: desktop.PythonProxies},
		{Tool: "python requests", Family: "requests", Binary: "python3", Library: true, Version: requestsVersion,
			Own: desktop.PythonProxies},
		{Tool: "subscription-manager", Family: "subscription-manager", Binary: "subscription-manager", OneRule: true, Vendor: true,
			LinuxOnly: true, Own: settings.Host.FromRHSM},
		{Tool: "insights-client", Family: "insights-client", Binary: "insights-client", OneRule: true, Vendor: true,
			LinuxOnly: true, Own: settings.Host.FromInsights},
		{Tool: "wget", Family: "wget", Binary: "wget", Own: settings.Host.FromWgetrc},
		{Tool: "wget2", Family: "wget2", Binary: "wget2"},
		{Tool: "node", Family: "node-fetch-noenv", FamilyIn: nodeFamily, Binary: "node", Packages: []string{"nodejs"}},
		{Tool: "java", Family: "java", Binary: "java", OneRule: true, Version: func(*settings.Root) string { return "" }},
	} {
		out = append(out, Client{Programs: []settings.Program{p}})
	}
	return out
}

// nodeFamily: Node reads the variables only when it is told to (nodejs.org/api/cli.html,
// NODE_USE_ENV_PROXY).
func nodeFamily(env route.Environment) string {
	if v, ok := env.Last("NODE_USE_ENV_PROXY"); ok && v.Value == "1" {
		return "node-envproxy-http"
	}
	return "node-fetch-noenv"
}

// dnfVersion is that of the curl library by which dnf asks.
func dnfVersion(root *settings.Root) string {
	if settings.FindProgram(root, "dnf") == "" {
		return ""
	}
	return curlVersion(root)
}

func curlVersion(root *settings.Root) string {
	found, _ := settings.CurlVersion(root)
	return found.Upstream()
}

func pythonVersion(root *settings.Root) string {
	found, _ := settings.PythonVersion(root)
	return found.Upstream()
}

func requestsVersion(root *settings.Root) string {
	found, _ := settings.PythonPackage(root, "requests")
	return found.Upstream()
}
