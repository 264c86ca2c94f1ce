package vantage

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"pullpath/internal/fault"
	"pullpath/internal/hint"
	"pullpath/mockproxy"
)

// asking is what a command line with these flags asks.
func asking(t *testing.T, flags ...string) *Ask {
	t.Helper()
	a := &Ask{}
	set := pflag.NewFlagSet("check", pflag.ContinueOnError)
	a.Register(set)
	if err := set.Parse(flags); err != nil {
		t.Fatal(err)
	}
	return a
}

// inside looks from within a World.
func inside(t *testing.T, world fault.World) *Vantage {
	t.Helper()
	n, err := mockproxy.Start(world)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	v, err := Of(n.Pass())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

// A network's flags count where the command line has none of that name.
func TestFlagsOfANetwork(t *testing.T) {
	for name, row := range map[string]struct {
		network, user, want []string
	}{
		"nobody asks":              {nil, nil, nil},
		"the network asks":         {[]string{"--deep", "--hop-timeout=1s"}, nil, []string{"--deep=true", "--hop-timeout=1s"}},
		"the command line wins":    {[]string{"--hop-timeout=1s"}, []string{"--hop-timeout=2s"}, []string{"--hop-timeout=2s"}},
		"an unknown flag":          {[]string{"--of-a-later-version=1", "--deep"}, nil, []string{"--deep=true"}},
		"a flag that reads a file": {[]string{"--authfile=/etc/shadow", "--signatures=/x"}, nil, nil},
		"no flag at all":           {[]string{"deep", ""}, nil, nil},
		"another scheme":           {[]string{"--proxy-digest"}, []string{"--proxy-basic"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := asking(t, row.user...)
			if err := a.takeNetworks(row.network); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, a.reportedFlags()); diff != "" {
				t.Error(diff)
			}
			if a.trust.signatures != "" || a.login.authFile != "" || a.proxy.digest && a.proxy.basic {
				t.Errorf("%+v %+v %+v", a.trust, a.login, a.proxy)
			}
		})
	}
}

func TestCheckFlags(t *testing.T) {
	for _, flags := range [][]string{nil, {"--deep"}, {"--client=curl", "--proxy-negotiate"}, {"--timeout=2s"}, {"--repeat=3"}} {
		if err := CheckFlags(flags); err != nil {
			t.Errorf("%q: %v", flags, err)
		}
	}
	for _, flags := range [][]string{{"deep"}, {"--authfile=x"}, {"--timeout=soon"}, {"--repeat=99"}, {"--deep", "--no-probes"},
		{"--user=joe:secret"}} {
		err := CheckFlags(flags)
		if err == nil {
			t.Errorf("%q is taken", flags)
		} else if strings.Contains(err.Error()+hint.Of(err), "secret") {
			t.Errorf("%v repeats a password", err)
		}
	}
}

// Files that a network's flag names lie on its own host, never on this machine.
func TestFilesOfANetworkAreItsOwn(t *testing.T) {
	mine := filepath.Join(t.TempDir(), "mine.pem")
	if err := os.WriteFile(mine, authority(t), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		world fault.World
		user  []string
		fails bool
	}{
		"its own":    {world: fault.WithForeignRoots(fault.World{})},
		"its own CA": {world: fault.WithGivenRoots(fault.WithForeignRoots(fault.World{}), fault.OtherRoots)},
		"this machine's CA": {world: fault.World{Files: map[string]string{"/a": "x"}, Flags: []string{"--cacert=/../../.." + mine}},
			fails: true},
		"this machine's": {world: fault.World{Flags: []string{"--public-roots=" + mine}}, fails: true},
		"out of its root": {world: fault.World{Files: map[string]string{"/a": "x"}, Flags: []string{"--public-roots=/../../.." + mine}},
			fails: true},
		"the command line's file": {world: fault.World{}, user: []string{"--public-roots=" + mine}},
	} {
		t.Run(name, func(t *testing.T) {
			run, err := inside(t, row.world).Prepare(context.Background(), asking(t, row.user...), nil)
			if (err != nil) != row.fails {
				t.Errorf("%v", err)
			}
			if err == nil && run.Config.PublicRoots == "" {
				t.Error("the file is not read")
			}
		})
	}
}

// authority is a CA certificate, PEM.
func authority(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Folder Root"}, IsCA: true,
		BasicConstraintsValid: true, NotBefore: time.Unix(0, 0), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// A folder stands for a host in all that files say of it.
func TestFolder(t *testing.T) {
	dir, err := plantFiles(map[string]string{
		"/etc/hostname":                      "node7\n",
		"/etc/environment":                   "HTTPS_PROXY=http://proxy.corp.example:3128\n",
		"/etc/hosts":                         "203.0.113.9 registry.corp.example\n",
		"/etc/resolv.conf":                   "nameserver 203.0.113.53\noptions timeout:1\n",
		"/etc/ssl/certs/ca-certificates.crt": string(authority(t)),
		"/root/.docker/config.json":          `{"auths": {"registry.corp.example": {"auth": "am9lOnNlY3JldA=="}}}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	t.Setenv("HTTPS_PROXY", "http://this-machine.example:3128")
	v, err := Folder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	run, err := v.Prepare(context.Background(), asking(t, "--client=docker"), []string{"registry.corp.example"})
	if err != nil {
		t.Fatal(err)
	}
	r := run.Net.Resolver
	got := []string{run.Net.Vantage.Hostname, strings.Join(r.Servers, " "), r.Hosts["registry.corp.example"][0].String(),
		run.Plan.Targets[0].Decision.ProxyText, run.Config.Logins["registry.corp.example:443"].Login.User}
	want := []string{"node7", "203.0.113.53:53", "203.0.113.9", "http://proxy.corp.example:3128", "joe"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if subjects := run.Config.Stores.System.Subjects(); len(subjects) != 1 { //nolint:staticcheck // not the system's pool
		t.Errorf("%d roots, want the folder's one", len(subjects))
	}
	if len(r.Ways) > 0 {
		t.Error("programs of this machine are asked for names")
	}
	if _, err := Folder(filepath.Join(dir, "nowhere")); err == nil || hint.Of(err) == "" {
		t.Errorf("%v", err)
	}
}

// A file that a folder lacks says nothing of its host; one without a name server does.
func TestFolderWithoutResolvConf(t *testing.T) {
	for name, c := range map[string]struct {
		files   map[string]string
		flags   []string
		servers int
		known   bool
		// unconfigured: the servers are those that a client asks where none is configured.
		unconfigured bool
	}{
		"no file":         {files: map[string]string{"/etc/hostname": "node7\n"}},
		"not to be read":  {files: map[string]string{resolvConf: "nameserver\x00"}},
		"an empty file":   {files: map[string]string{resolvConf: ""}, servers: 2, known: true, unconfigured: true},
		"no server in it": {files: map[string]string{resolvConf: "search corp.example\n"}, servers: 2, known: true, unconfigured: true},
		"a server":        {files: map[string]string{resolvConf: "nameserver 203.0.113.53\n"}, servers: 1, known: true},
		"one is given":    {files: map[string]string{"/etc/hostname": ""}, flags: []string{"--resolver=203.0.113.53"}, servers: 1, known: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := plantFiles(c.files)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = os.RemoveAll(dir) }()
			v, err := Folder(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			run, err := v.Prepare(context.Background(), asking(t, c.flags...), []string{"registry.corp.example"})
			if err != nil {
				t.Fatal(err)
			}
			r := run.Net.Resolver
			if len(r.Servers) != c.servers || (r.Unknown == "") != c.known || r.Default != c.unconfigured {
				t.Errorf("servers %q, default %t, unknown %q", r.Servers, r.Default, r.Unknown)
			}
		})
	}
}

// Nothing of this machine is read in a made-up network.
func TestMadeUpHostIsNotThisMachine(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://this-machine.example:3128")
	run, err := inside(t, fault.World{}).Prepare(context.Background(), asking(t), []string{"registry.redhat.io"})
	if err != nil {
		t.Fatal(err)
	}
	if d := run.Plan.Targets[0].Decision; d.ProxyText != fault.ProxyURL {
		t.Errorf("the route is %s", d.ProxyText)
	}
	if !slices.Equal(run.Net.Vantage.Addresses, []string{fault.ClientAddress}) || run.Net.Vantage.Hostname != "mock-client" {
		t.Errorf("%+v", run.Net.Vantage)
	}
}

// A daemon goes the way that its own unit says, whatever the shell has.
func TestFolderHasTheClientsOwnWay(t *testing.T) {
	dir, err := plantFiles(map[string]string{
		"/etc/environment":                                     "HTTPS_PROXY=http://of-the-shell.example:3128\n",
		"/usr/lib/systemd/system/docker.service":               "[Service]\nExecStart=/usr/bin/dockerd\n",
		"/etc/systemd/system/docker.service.d/http-proxy.conf": "[Service]\nEnvironment=HTTPS_PROXY=http://of-the-unit.example:3128\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for client, want := range map[string]string{"docker": "http://of-the-unit.example:3128", "podman": "http://of-the-shell.example:3128"} {
		v, err := Folder(dir)
		if err != nil {
			t.Fatal(err)
		}
		run, err := v.Prepare(context.Background(), asking(t, "--client="+client), []string{"registry.corp.example"})
		if err != nil {
			t.Fatal(err)
		}
		if got := run.Plan.Targets[0].Decision.ProxyText; got != want {
			t.Errorf("%s goes by %s, want %s", client, got, want)
		}
		others := run.Config.Survey().Others
		for _, c := range others {
			if c.Name() == client {
				t.Errorf("%s is among its own others", client)
			}
		}
		if client == "podman" && len(others) != 1 {
			t.Errorf("%d other clients, want dockerd", len(others))
		}
		v.Close()
	}
}
