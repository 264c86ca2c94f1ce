package client

import (
	"strings"
	"testing"

	"pullpath/internal/settings"
)

// valuesOf are the proxy variables of a client with where they stand.
func valuesOf(c settings.Client, name string) string {
	v, _ := c.Env.Last(name)
	return v.Value + " @" + v.Source
}

// The kubelet's plugins have its environment, and what their own entry adds counts before it.
func TestCredentialPlugins(t *testing.T) {
	const config = "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n" +
		"- name: ecr-credential-provider\n  matchImages: ['*.dkr.ecr.*.amazonaws.com']\n  apiVersion: credentialprovider.kubelet.k8s.io/v1\n" +
		"  env:\n  - name: AWS_PROFILE\n    value: x\n  - name: HTTPS_PROXY\n    value: http://plugin:3128\n- name: acr-credential-provider\n" +
		"  matchImages: ['*.azurecr.io']\n"
	const unit = "[Service]\nEnvironment=HTTPS_PROXY=http://kubelet:1 NO_PROXY=.corp\n" +
		"ExecStart=/usr/bin/kubelet --image-credential-provider-config=/etc/kubernetes/plugins.yaml\n"
	for name, row := range map[string]struct {
		files map[string]string
		want  map[string]string
	}{
		"by the unit's flag": {map[string]string{"/etc/systemd/system/kubelet.service": unit, "/etc/kubernetes/plugins.yaml": config,
			"/etc/eks/image-credential-provider/config.json": `{"providers": [{"name": "other"}]}`},
			map[string]string{"ecr-credential-provider": "http://plugin:3128 @/etc/kubernetes/plugins.yaml:11",
				"acr-credential-provider": "http://kubelet:1 @/etc/systemd/system/kubelet.service:2", "other": ""}},
		"at a usual place, in JSON": {map[string]string{"/etc/systemd/system/kubelet.service": "[Service]\nExecStart=/usr/bin/kubelet\n",
			"/etc/eks/image-credential-provider/config.json": `{"kind": "CredentialProviderConfig", "providers": [` +
				`{"name": "ecr-credential-provider", "env": [{"name": "HTTPS_PROXY", "value": "http://json:3128"}]}]}`},
			map[string]string{"ecr-credential-provider": "http://json:3128 @/etc/eks/image-credential-provider/config.json:1"}},
		"without a kubelet": {map[string]string{"/etc/eks/image-credential-provider/config.json": `{"providers": [{"name": "other"}]}`},
			map[string]string{"other": ""}},
	} {
		reading := Read(hostWith(t, nil, row.files))
		for tool, want := range row.want {
			c, found := reading.Client(tool)
			if found != (want != "") || found && valuesOf(c, "HTTPS_PROXY") != want {
				t.Errorf("%s: %s has %s, want %s", name, tool, valuesOf(c, "HTTPS_PROXY"), want)
			}
		}
	}
	broken := Read(hostWith(t, nil, map[string]string{"/etc/systemd/system/kubelet.service": unit,
		"/etc/kubernetes/plugins.yaml": "providers: [\n"}))
	c, found := broken.Client("kubelet's credential plugins")
	if !found || len(c.Remarks) != 1 || !strings.Contains(c.Remarks[0].Text, "does not start") {
		t.Errorf("%+v", c)
	}
}

// k3s and RKE2 start their containerd with the variables for it alone under plain names.
func TestRancherHandsVariablesToContainerd(t *testing.T) {
	for _, unit := range []string{"k3s.service", "k3s-agent.service", "rke2-server.service", "rke2-agent.service"} {
		c, found := Read(hostWith(t, nil, map[string]string{
			"/etc/systemd/system/" + unit: "[Service]\nExecStart=/usr/local/bin/it server\nEnvironmentFile=-/etc/default/%N\n",
			"/etc/default/" + unit[:len(unit)-len(".service")]: "HTTPS_PROXY=http://own:1\nCONTAINERD_HTTPS_PROXY=http://its:3128\n" +
				"CONTAINERD_LOG_LEVEL=debug\nNO_PROXY=10.0.0.0/8\n",
		})).Client("containerd")
		if want := "http://its:3128 @/etc/default/" + unit[:len(unit)-len(".service")] + ":2"; !found || valuesOf(c, "HTTPS_PROXY") != want {
			t.Errorf("%s: %q, want %q", unit, valuesOf(c, "HTTPS_PROXY"), want)
		}
		if v, _ := c.Env.Last("HTTPS_PROXY"); v.Called() != "CONTAINERD_HTTPS_PROXY" {
			t.Errorf("%s: it is called %s", unit, v.Called())
		}
		if v, _ := c.Env.Last("NO_PROXY"); v.Value != "10.0.0.0/8" {
			t.Errorf("%s: NO_PROXY is %q", unit, v.Value)
		}
	}
	c, found := Read(hostWith(t, nil, map[string]string{"/etc/systemd/system/containerd.service": "[Service]\n" +
		"ExecStart=/usr/bin/containerd\n" +
		"Environment=CONTAINERD_HTTPS_PROXY=http://its:3128\n"})).Client("containerd")
	if got := valuesOf(c, "HTTPS_PROXY"); !found || got != " @" {
		t.Errorf("a containerd by itself has %q", got)
	}
}

// MicroK8s starts its containerd with what a file of the snap sets.
func TestContainerdOfASnap(t *testing.T) {
	reading := Read(hostWith(t, nil, map[string]string{
		"/etc/systemd/system/snap.microk8s.daemon-containerd.service": "[Service]\nExecStart=/usr/bin/snap run microk8s.daemon-containerd\n" +
			"Environment=HTTPS_PROXY=http://unit:1\n",
		"/var/snap/microk8s/current/args/containerd-env": "# comment\nHTTPS_PROXY=http://snap:3128\nNO_PROXY=10.1.0.0/16,10.152.183.0/24\n" +
			"PATH=$PATH:$KATA_PATH\nulimit -n 65536 || true\n"}))
	c, found := reading.Client("containerd")
	if want := "http://snap:3128 @/var/snap/microk8s/current/args/containerd-env:2"; !found || valuesOf(c, "HTTPS_PROXY") != want {
		t.Errorf("found %v: %s, want %s", found, valuesOf(c, "HTTPS_PROXY"), want)
	}
	if v, _ := c.Env.Last("NO_PROXY"); !strings.HasPrefix(v.Value, "10.1.") {
		t.Errorf("NO_PROXY is %q", v.Value)
	}
	if c.Unknown != "" {
		t.Error(c.Unknown)
	}
}
