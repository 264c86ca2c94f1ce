package catalogue

import (
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// entryRefused is the remark on an entry for which the client pulls nothing, entryElsewhere on
// one in another client's file.
const entryRefused, entryElsewhere = "registry-entry-refused", "registry-entry-elsewhere"

// registryLints are about names of registries, and what the client's configuration has for them.
func registryLints() []lint { return []lint{registryEntryIneffective(), registryNameSuspect()} }

// registryEntryIneffective is about entries of the client's registry configuration that were
// meant for the image.
func registryEntryIneffective() lint {
	return lint{
		Remarks: []string{string(RegistryEntryIneffective), entryRefused, entryElsewhere},
		Weigh:   weighed,
		Write:   "write the entry as the client reads it",
		Entry: diagnosis.Entry{
			Code: RegistryEntryIneffective, Since: "0.1.0",
			Title: "an entry of the client's registry configuration does not apply to {hosts}",
			Means: "The client goes to the registry that the name has, as if the entry was not there: the mirrors, certificates and " +
				"permissions in it do not count.",
			Symptoms: []diagnosis.Symptom{
				{Text: "`mirrors` cannot be set when `config_path` is provided", Cite: "https://github.com/containerd/containerd/issues/5306"},
			},
			Cite: []string{
				"https://github.com/containerd/containerd/blob/v2.1.9/docs/hosts.md",
				"https://github.com/containerd/containerd/blob/v2.1.9/internal/cri/config/config.go (ValidateImageConfig)",
				"https://github.com/containerd/containerd/issues/5236",
				"https://docs.k3s.io/installation/private-registry",
				"https://github.com/moby/moby/blob/v28.5.2/registry/service_v2.go (lookupV2Endpoints)",
				"containers-registries.conf(5)",
				"https://github.com/containers/image/blob/v5.36.2/pkg/sysregistriesv2/system_registries_v2.go (postProcessRegistries)",
			},
			Needs: []evidence.Op{evidence.OpSetting, evidence.OpResolve, evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake,
				evidence.OpRequest},
			Provoke: configured("containerd's folder for the registry lacks the port", "containerd", map[string]string{
				"/etc/containerd/config.toml": "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\n" +
					"config_path = \"/etc/containerd/certs.d\"\n",
				"/etc/containerd/certs.d/harbor.corp.example/hosts.toml": "[host.\"https://mirror1.corp.example\"]\n"}),
			Also: []fault.World{
				configured("containerd pulls, and the mirror stands where config_path does not lead", "containerd", map[string]string{
					"/etc/containerd/config.toml": "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\n" +
						"config_path = \"/etc/registries\"\n",
					"/etc/containerd/certs.d/harbor.corp.example_8443_/hosts.toml": "[host.\"https://mirror1.corp.example\"]\n"}),
				configured("containerd's configuration has mirrors and config_path", "containerd", map[string]string{
					"/etc/containerd/config.toml": "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\n" +
						"config_path = \"/etc/containerd/certs.d\"\n[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors.\"docker.io\"]\n" +
						"endpoint = [\"https://mirror1.corp.example\"]\n"}),
				configured("dockerd's entry for the registry lacks the port", "docker", map[string]string{
					"/etc/docker/daemon.json": "{\"insecure-registries\": [\"harbor.corp.example\"]}\n"}),
				configured("podman's configuration has a mirror with a scheme", "podman", map[string]string{
					"/etc/containers/registries.conf": "[[registry]]\nlocation = \"harbor.corp.example:8443\"\n" +
						"[[registry.mirror]]\nlocation = \"https://mirror1.corp.example\"\n"}),
			},
		},
	}
}

// weighed is a match about an entry, an error where the client pulls nothing because of it or
// what it was meant for fails. That another client has an entry explains no failure.
func weighed(v *diagnosis.View, m diagnosis.Match) diagnosis.Match {
	targets := map[string]bool{}
	for _, id := range m.Hops {
		h, _ := v.Hop(id)
		targets[h.Target] = true
		made := func(code string) bool {
			return slices.ContainsFunc(setting(h).Remarks, func(r evidence.SettingRemark) bool {
				return r.Code == code && r.Text == m.Values["text"]
			})
		}
		switch {
		case made(entryRefused):
			m.Severity = diagnosis.Error
			m.Means = "The client does not take its registry configuration as it is, so that it pulls nothing."
		case made(entryElsewhere):
			m.Severity = diagnosis.Info
			m.Means = "It is in another client's file, where it may well be right. The client that was checked goes on without it."
			m.Remedy = "{write}"
			return m
		}
	}
	for _, op := range []evidence.Op{evidence.OpResolve, evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake, evidence.OpRequest} {
		if slices.ContainsFunc(v.PathFailed(op), func(h evidence.Hop) bool { return targets[h.Target] }) {
			m.Severity = diagnosis.Error
		}
	}
	return m
}

// configured is a World of a private registry at a port, in which a client has these files.
func configured(title, client string, files map[string]string) fault.World {
	return fault.World{Title: title, Direct: true, Targets: []string{"harbor.corp.example:8443"}, Flags: asClient(client), Anonymous: true,
		Hosts: []fault.Host{{Name: "harbor.corp.example", Role: "registry", Address: "203.0.113.150", Private: true}}, Files: files}
}

// registryNameSuspect is about targets that are called almost as a known registry.
func registryNameSuspect() lint {
	return lint{
		Entry: diagnosis.Entry{
			Code: RegistryNameSuspect, Since: "0.1.0",
			Strength: diagnosis.Possible,
			Title:    "the name {value} is almost that of a known registry",
			Means: "It may be misspelt. Whoever owns such a name gets what is sent to it. Some clients take a name whose variable for the " +
				"registry is empty for one of Docker Hub.",
			Remedy: "if it is misspelt, write {write}",
			Symptoms: []diagnosis.Symptom{
				{Text: `{"details":"invalid repository name"}`, Cite: "https://github.com/GoogleContainerTools/kaniko/issues/702"},
			},
			Cite: []string{"docs/field-notes.md#names-of-registries"},
			Provoke: fault.World{Title: "ghcr.io is misspelt", Direct: true, Targets: []string{"ghrc.io"}, Anonymous: true,
				Hosts: []fault.Host{{Name: "ghrc.io", Role: "registry", Address: "203.0.113.150"}}},
		},
	}
}
