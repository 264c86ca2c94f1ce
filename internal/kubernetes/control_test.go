//go:build linux

package kubernetes

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Addresses of the cluster: one network, with the control plane at its first address. It is a
// bridge between namespaces of this test, and has no way out.
const (
	clusterNet = "10.77.0."
	control    = clusterNet + "1"
	server     = "https://" + control + ":6443"
	token      = "bed"
)

// cluster is a control plane, in a network namespace of its own.
type cluster struct {
	t *testing.T
	// dir has all of its files, bin what was built; prefix begins the names of its namespaces.
	dir, bin, prefix string
}

// newCluster starts etcd and the control plane.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	dir, err := os.MkdirTemp("", "ppk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := &cluster{t: t, dir: dir, bin: filepath.Join(dir, "bin"), prefix: fmt.Sprintf("ppk%d", os.Getpid())}
	build(t, c.bin)
	c.namespace("ctl")
	for _, line := range []string{"link add bed type bridge", "addr add " + control + "/24 dev bed", "link set bed up"} {
		c.inside("ctl", append([]string{"ip"}, strings.Fields(line)...)...)
	}
	c.config()
	c.start()
	await(t, "the API server is ready", func() bool {
		out, err := c.tryKubectl("get", "--raw", "/readyz")
		return err == nil && out == "ok"
	})
	return c
}

// namespace makes a network namespace with loopback.
func (c *cluster) namespace(name string) {
	c.t.Helper()
	output(c.t, "ip", "netns", "add", c.prefix+name)
	c.t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", c.prefix+name).Run() })
	c.inside(name, "ip", "link", "set", "lo", "up")
}

// within is the command that runs another in a network namespace. Other than ip netns exec it leaves
// /sys alone, where the control groups are.
func (c *cluster) within(name string, command ...string) []string {
	return append([]string{"nsenter", "--net=/run/netns/" + c.prefix + name, "--"}, command...)
}

// inside runs a command in a network namespace.
func (c *cluster) inside(name string, command ...string) string {
	c.t.Helper()
	all := c.within(name, command...)
	return output(c.t, all[0], all[1:]...)
}

// config writes what the control plane reads: one user who may do all, and the key of service accounts.
func (c *cluster) config() {
	c.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		c.t.Fatal(err)
	}
	write(c.t, c.dir+"/sa.key", "%s", pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	write(c.t, c.dir+"/tokens.csv", token+",admin,1,system:masters\n")
	write(c.t, c.dir+"/kubeconfig", `apiVersion: v1
kind: Config
clusters: [{name: bed, cluster: {server: %q, insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: %s}}]
contexts: [{name: bed, context: {cluster: bed, user: admin}}]
current-context: bed
`, server, token)
}

// start starts the control plane's programs.
func (c *cluster) start() {
	const etcd = "http://127.0.0.1:2379"
	c.daemon("etcd", "etcd", "--data-dir", c.dir+"/etcd", "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
		"--listen-peer-urls", "http://127.0.0.1:2380", "--unsafe-no-fsync")
	c.daemon("kube-apiserver", c.bin+"/kube-apiserver", "--etcd-servers="+etcd, "--bind-address="+control,
		"--advertise-address="+control, "--kubelet-preferred-address-types=InternalIP",
		"--cert-dir="+c.dir+"/certs", "--token-auth-file="+c.dir+"/tokens.csv", "--service-cluster-ip-range=10.78.0.0/24",
		"--service-account-issuer="+server, "--service-account-key-file="+c.dir+"/sa.key",
		"--service-account-signing-key-file="+c.dir+"/sa.key", "--allow-privileged=true")
	c.daemon("kube-controller-manager", c.bin+"/kube-controller-manager", "--kubeconfig="+c.dir+"/kubeconfig",
		"--service-account-private-key-file="+c.dir+"/sa.key", "--use-service-account-credentials=false", "--leader-elect=false")
	c.daemon("kube-scheduler", c.bin+"/kube-scheduler", "--kubeconfig="+c.dir+"/kubeconfig", "--leader-elect=false")
}

func (c *cluster) daemon(name string, command ...string) {
	c.t.Helper()
	all := c.within("ctl", command...)
	daemon(c.t, filepath.Join(c.dir, name+".log"), all[0], all[1:]...)
}

func (c *cluster) command(args ...string) *exec.Cmd {
	all := c.within("ctl", append([]string{c.bin + "/kubectl", "--kubeconfig=" + c.dir + "/kubeconfig"}, args...)...)
	return exec.Command(all[0], all[1:]...)
}

func (c *cluster) tryKubectl(args ...string) (string, error) {
	out, err := c.command(args...).Output()
	return string(out), err
}

// kubectl runs one that has to succeed.
func (c *cluster) kubectl(args ...string) string {
	c.t.Helper()
	return succeed(c.t, c.command(args...))
}

// get reads what kubectl writes as JSON.
func (c *cluster) get(into any, args ...string) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.kubectl(append([]string{"get", "-o", "json"}, args...)...)), into); err != nil {
		c.t.Fatal(err)
	}
}
