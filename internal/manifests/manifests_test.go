package manifests

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const files = "../../deploy/kubernetes"

// types are those of Kubernetes itself. Others are of operators, and have no types here.
func types() map[string]func() any {
	return map[string]func() any{
		"DaemonSet": func() any { return &appsv1.DaemonSet{} }, "Job": func() any { return &batchv1.Job{} },
		"ConfigMap": func() any { return &corev1.ConfigMap{} }, "Namespace": func() any { return &corev1.Namespace{} },
		"ServiceAccount": func() any { return &corev1.ServiceAccount{} },
	}
}

// strict decodes a document, and refuses keys that its kind does not have.
func strict(t *testing.T, text []byte) (kind string, object any) {
	t.Helper()
	var head struct {
		Kind string `json:"kind"`
	}
	if err := yaml.Unmarshal(text, &head); err != nil {
		t.Fatal(err)
	}
	made, known := types()[head.Kind]
	if !known {
		if !slices.Contains([]string{"PodMonitor", "PrometheusRule", "SecurityContextConstraints"}, head.Kind) {
			t.Errorf("kind %q is not checked", head.Kind)
		}
		return head.Kind, nil
	}
	object = made()
	if err := yaml.UnmarshalStrict(text, object); err != nil {
		t.Errorf("%s: %v\n%s", head.Kind, err, text)
	}
	return head.Kind, object
}

// built are the objects of a kustomization, as kubectl apply -k makes them.
func built(t *testing.T, dir string) map[string]any {
	t.Helper()
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(files, dir))
	if err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	out := map[string]any{}
	for _, r := range made.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		kind, object := strict(t, text)
		out[kind] = object
	}
	return out
}

func TestKustomizations(t *testing.T) {
	for dir, c := range map[string]struct {
		kinds  []string
		root   bool
		mounts []string
	}{
		"base":       {kinds: []string{"ConfigMap", "DaemonSet", "Namespace"}, mounts: []string{"/"}},
		"as-root":    {kinds: []string{"ConfigMap", "DaemonSet", "Namespace"}, root: true, mounts: []string{"/"}},
		"files-only": {kinds: []string{"ConfigMap", "DaemonSet", "Namespace"}, mounts: []string{"/etc", "/usr/lib/systemd"}},
		"openshift": {kinds: []string{"ConfigMap", "DaemonSet", "Namespace", "SecurityContextConstraints", "ServiceAccount"}, root: true,
			mounts: []string{"/"}},
		"monitoring": {kinds: []string{"PodMonitor", "PrometheusRule"}},
	} {
		t.Run(dir, func(t *testing.T) {
			objects := built(t, dir)
			var kinds []string
			for kind := range objects {
				kinds = append(kinds, kind)
			}
			slices.Sort(kinds)
			if !slices.Equal(kinds, c.kinds) {
				t.Errorf("%q, want %q", kinds, c.kinds)
			}
			if set, ok := objects["DaemonSet"].(*appsv1.DaemonSet); ok {
				checkPod(t, set.Spec.Template.Spec, c.root, c.mounts)
			}
		})
	}
}

// checkPod holds a Pod to what docs/fleet.md says of it: no right that it does not need, the node's
// files read-only.
func checkPod(t *testing.T, pod corev1.PodSpec, root bool, mounts []string) {
	t.Helper()
	c := pod.Containers[0]
	s := c.SecurityContext
	if !pod.HostNetwork || pod.HostPID != root || *pod.AutomountServiceAccountToken || !*s.ReadOnlyRootFilesystem ||
		*s.AllowPrivilegeEscalation ||
		(*s.RunAsUser == 0) != root || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) || (len(s.Capabilities.Add) > 0) != root {
		t.Errorf("%+v %+v", pod, s)
	}
	volumes := map[string]string{}
	for _, v := range pod.Volumes {
		if v.HostPath != nil {
			volumes[v.Name] = v.HostPath.Path
		}
	}
	var got []string
	for _, m := range c.VolumeMounts {
		if path, ofHost := volumes[m.Name]; ofHost {
			if got = append(got, path); !m.ReadOnly || m.MountPath != strings.TrimSuffix("/host"+path, "/") {
				t.Errorf("%+v", m)
			}
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, mounts) {
		t.Errorf("%q of the node are mounted, want %q", got, mounts)
	}
}

func TestJob(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(files, "job-once.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, object := strict(t, text)
	job, ok := object.(*batchv1.Job)
	if !ok || *job.Spec.BackoffLimit != 0 || !slices.Contains(job.Spec.Template.Spec.Containers[0].Args, "--report-only") {
		t.Errorf("%+v", object)
	}
}
