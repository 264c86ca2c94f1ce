//go:build linux

package kubernetes

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// image is that of make dist, as containerd names it after ctr images import.
const image = "localhost/pullpath"

// pulled is what Pods of the nodes pull: it stands in the profile that the DaemonSet walks.
const pulled = "registry.redhat.io/ubi9/ubi:latest"

// network is a node's made-up network, and what is to be found there.
type network struct {
	node, fault string
	// code is the cause in a report and in the event of a Pod that cannot be pulled.
	code string
}

var networks = []network{
	{"n1", "proxy-connect-denied", "proxy-connect-denied"},
	{"n2", "tls-intercepted-untrusted", "tls-intercepted-untrusted"},
	{"n3", "", ""},
}

// One cluster with three nodes, whose networks have different faults: the DaemonSet finds the fault of
// the node it stands on, and says what the events of a Pod say that is pulled there.
func TestCluster(t *testing.T) {
	c := newCluster(t)
	for i, n := range networks {
		c.join(n.node, i+1, n.fault)
	}
	await(t, "the nodes are ready", func() bool {
		out, _ := c.tryKubectl("get", "nodes", "-o", `jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}`)
		return out == "True True True"
	})
	t.Log(c.kubectl("get", "nodes", "-o", "wide"))
	t.Run("the API server takes the files", func(t *testing.T) { c.of(t).takesFiles() })
	t.Run("Pods that are pulled", func(t *testing.T) { c.of(t).pull() })
	for _, o := range []overlay{
		{"as-root", false}, {"files-only", false},
		// Where containerd runs and its environment may not be read, the node's way is not known.
		{"base", true},
	} {
		t.Run("DaemonSet "+o.name, func(t *testing.T) { c.of(t).daemonSet(o) })
	}
	t.Run("Job", func(t *testing.T) { c.of(t).job() })
}

// of is the cluster in a part of the test.
func (c *cluster) of(t *testing.T) *cluster {
	part := *c
	part.t = t
	return &part
}

// takesFiles applies every file below deploy/kubernetes without effect: the API server checks names,
// values and what admission says. The operator's own types come from its module; OpenShift's security
// constraints are left out, for their definition can be had from no module.
func (c *cluster) takesFiles() {
	c.t.Helper()
	c.applyTypes()
	c.kubectl("create", "namespace", "pullpath")
	deploy := filepath.Join(root, "deploy", "kubernetes")
	for _, dir := range []string{"base", "as-root", "files-only", "monitoring"} {
		c.t.Log(c.kubectl("apply", "--dry-run=server", "--validate=strict", "-k", filepath.Join(deploy, dir)))
	}
	c.t.Log(c.kubectl("create", "--dry-run=server", "--validate=strict", "-n", "pullpath", "-f", filepath.Join(deploy, "job-once.yaml")))
	out, err := c.command("apply", "--dry-run=server", "--validate=strict", "-k", filepath.Join(deploy, "openshift")).CombinedOutput()
	const only = `no matches for kind "SecurityContextConstraints"`
	if err == nil || strings.Count(string(out), "server dry run") != 4 || !strings.Contains(string(out), only) {
		c.t.Errorf("openshift: %v: %s", err, out)
	}
	c.kubectl("delete", "namespace", "pullpath")
}

// operator is the module with the definitions of the Prometheus Operator's types.
const operator = "github.com/prometheus-operator/prometheus-operator@v0.82.0"

func (c *cluster) applyTypes() {
	c.t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", operator)
	var module struct{ Dir string }
	if err := json.Unmarshal([]byte(succeed(c.t, cmd)), &module); err != nil {
		c.t.Fatal(err)
	}
	for _, kind := range []string{"podmonitors", "prometheusrules"} {
		c.kubectl("create", "-f", filepath.Join(module.Dir, "example", "prometheus-operator-crd", "monitoring.coreos.com_"+kind+".yaml"))
		c.kubectl("wait", "--for=condition=Established", "crd/"+kind+".monitoring.coreos.com")
	}
}

// overlay is one of deploy/kubernetes; closed means that it may not read what decides.
type overlay struct {
	name   string
	closed bool
}

// report is what is read of a report.
type report struct {
	Vantage struct{ Node string }
	Verdict struct{ Status string }
	Targets []struct {
		Route struct{ Kind, Proxy string }
	}
	Findings []struct {
		Code, Severity string
		MaskedBy       string `json:"masked_by"`
	}
}

// codes are those of the errors that no other explains.
func (r report) codes() (out []string) {
	for _, f := range r.Findings {
		if f.Severity == "error" && f.MaskedBy == "" && !slices.Contains(out, f.Code) {
			out = append(out, f.Code)
		}
	}
	return out
}

// daemonSet applies an overlay with the image of make dist, and reads the report of each node as
// docs/fleet.md does.
func (c *cluster) daemonSet(o overlay) {
	c.t.Helper()
	bed := c.overlayOf(o.name)
	c.kubectl("apply", "-k", bed)
	c.t.Cleanup(func() { c.kubectl("delete", "-k", bed) })
	if out, err := c.command("-n", "pullpath", "rollout", "status", "daemonset/pullpath", "--timeout=60s").CombinedOutput(); err != nil {
		pods, _ := c.tryKubectl("-n", "pullpath", "describe", "pods")
		logs, _ := c.tryKubectl("-n", "pullpath", "logs", "--selector=app.kubernetes.io/name=pullpath")
		c.t.Fatalf("%v: %s\n%s\n%s", err, out, pods, logs)
	}
	var pods struct {
		Items []struct {
			Metadata struct{ Name string }
			Spec     struct{ NodeName string }
		}
	}
	c.get(&pods, "-n", "pullpath", "pods")
	if len(pods.Items) != len(networks) {
		c.t.Fatalf("%d Pods", len(pods.Items))
	}
	for _, p := range pods.Items {
		where := fmt.Sprintf("/api/v1/namespaces/pullpath/pods/%s:9719/proxy/", p.Metadata.Name)
		var text string
		await(c.t, "the report of "+p.Spec.NodeName, func() bool {
			var err error
			text, err = c.tryKubectl("get", "--raw", where+"report")
			return err == nil
		})
		c.judge(o, p.Spec.NodeName, text)
		if metrics := c.kubectl("get", "--raw", where+"metrics"); !strings.Contains(metrics, `pullpath_verdict{module="redhat",status=`) {
			c.t.Errorf("%s: %s", p.Spec.NodeName, metrics)
		}
	}
}

// judge holds a report to what is wrong with its node's network.
func (c *cluster) judge(o overlay, node, text string) {
	c.t.Helper()
	var r report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		c.t.Fatalf("%v: %.300s", err, text)
	}
	i := slices.IndexFunc(networks, func(n network) bool { return n.node == node })
	want, kind, status := []string{networks[i].code}, "proxy", "fail"
	switch {
	case o.closed:
		want, kind, status = nil, "unknown", "incomplete"
	case networks[i].code == "":
		want, status = nil, "pass"
	}
	if !slices.Equal(r.codes(), want) || r.Targets[0].Route.Kind != kind || r.Verdict.Status != status || r.Vantage.Node != node {
		c.t.Errorf("%s: %s, %q, by %+v, as %s; want %s, %q by %s", node, r.Verdict.Status, r.codes(), r.Targets[0].Route, r.Vantage.Node,
			status, want, kind)
	}
	c.t.Logf("%s: %s %q", node, r.Verdict.Status, r.codes())
}

// overlayOf copies an overlay, with the image that the nodes have, and walks within seconds.
func (c *cluster) overlayOf(name string) string {
	c.t.Helper()
	deploy := filepath.Join(c.dir, "deploy")
	if err := os.CopyFS(deploy, os.DirFS(filepath.Join(root, "deploy", "kubernetes"))); err != nil && !os.IsExist(err) {
		c.t.Fatal(err)
	}
	write(c.t, filepath.Join(deploy, "bed-"+name, "kustomization.yaml"), `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../%s]
images: [{name: registry.example/pullpath, newName: %s, newTag: test}]
patches:
- target: {kind: ConfigMap, name: pullpath}
  patch: |
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: pullpath}
    data:
      serve.yaml: |
        modules:
          redhat: {profile: redhat, client: containerd, timeout: 25s}
        schedule:
        - {module: redhat, every: 5s}
`, name, image)
	return filepath.Join(deploy, "bed-"+name)
}

// event is one of Kubernetes.
type event struct {
	Reason, Message string
	InvolvedObject  struct{ Name string }
}

// pull starts a Pod on each node whose image lies behind the made-up network: where it cannot be pulled,
// its events, read by diagnose as a person sees them and as JSON, have the cause first that the node's
// network has.
func (c *cluster) pull() {
	c.t.Helper()
	c.kubectl("create", "secret", "generic", "login", "--type=kubernetes.io/dockerconfigjson",
		"--from-file=.dockerconfigjson="+c.dir+"/n3/auth.json")
	for _, n := range networks {
		write(c.t, c.dir+"/pod.yaml", `apiVersion: v1
kind: Pod
metadata: {name: pulls-%[1]s}
spec:
  nodeName: %[1]s
  hostNetwork: true
  restartPolicy: Never
  imagePullSecrets: [{name: login}]
  tolerations: [{operator: Exists}]
  containers: [{name: it, image: %[2]s, command: [/none]}]
`, n.node, pulled)
		c.kubectl("create", "-f", c.dir+"/pod.yaml")
	}
	for _, n := range networks {
		told := c.eventOf("pulls-" + n.node)
		c.t.Logf("%s: %s: %s", n.node, told.Reason, told.Message)
		if n.code == "" {
			if told.Reason != "Pulled" {
				c.t.Errorf("%s: the check passes, and the pull does not: %s", n.node, told.Message)
			}
			continue
		}
		if told.Reason != "Failed" {
			c.t.Errorf("%s: %s: %s", n.node, told.Reason, told.Message)
		}
		for _, args := range [][]string{{"describe", "pod", "pulls-" + n.node},
			{"get", "events", "-o", "json", "--field-selector=involvedObject.name=pulls-" + n.node}} {
			cmd := exec.Command(c.bin+"/pullpath", "diagnose", write(c.t, c.dir+"/told.json", "%s", c.kubectl(args...)))
			if out, _ := cmd.CombinedOutput(); first(string(out)) != n.code {
				c.t.Errorf("%s: kubectl %q\n%s", n.node, args, out)
			}
		}
	}
}

// first is the cause that diagnose found, or the most likely one.
func first(text string) string {
	if found := regexp.MustCompile(`(?m)^(?:1\.|error) (\S+)`).FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

// eventOf waits for the event that says how the pull of a Pod's image ended.
func (c *cluster) eventOf(pod string) (found event) {
	c.t.Helper()
	await(c.t, "the end of a pull by "+pod, func() bool {
		var all struct{ Items []event }
		c.get(&all, "events")
		for _, e := range all.Items {
			failed := e.Reason == "Failed" && strings.Contains(e.Message, "Failed to pull image")
			if e.InvolvedObject.Name == pod && (failed || e.Reason == "Pulled") {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

// job runs the Job on one node, and reads its report in the log.
func (c *cluster) job() {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "deploy", "kubernetes", "job-once.yaml"))
	if err != nil {
		c.t.Fatal(err)
	}
	job := strings.NewReplacer("# nodeName: node7", "nodeName: n2", "registry.example/pullpath:latest", image+":test").Replace(string(text))
	name := strings.TrimSpace(c.kubectl("create", "-o", "name", "-f", write(c.t, c.dir+"/job.yaml", "%s", job)))
	c.kubectl("wait", "--for=condition=complete", name, "--timeout=60s")
	// Without a right it may not read the environment of containerd.
	c.judge(overlay{"job", true}, "n2", c.kubectl("logs", name))
}
