package hostproxy

import (
	"encoding/json"
	"errors"
	"path"
	"regexp"
	"strings"

	"pullpath/internal/route"
)

// Container is what is known of a container, as far as it tells whether an engine runs in it and
// which variables that engine has.
type Container struct {
	Name, Image string
	// Env are the variables that it was created with.
	Env    []route.Variable
	Labels map[string]string
	// Command is its entry point with all arguments.
	Command []string
	// OnHost tells that it shares the host's network: 127.0.0.1 is the host's there.
	OnHost bool
	// Gateway is the address of the host on the container's first network, empty where it is not known.
	Gateway string
	Running bool
}

// ErrNoContainers means that a text holds no container.
var ErrNoContainers = errors.New("it is neither what docker inspect prints nor a container's own file")

// maxContainers bounds the containers of one text; `docker inspect` of all on a host with much to do
// prints some hundred.
const maxContainers = 1000

// ParseContainers reads what `docker inspect` and `podman inspect` print, and config.v2.json, the
// file that dockerd keeps of a container below /var/lib/docker/containers
// (https://docs.docker.com/reference/api/engine/, ContainerInspect).
func ParseContainers(name string, data []byte) ([]Container, error) {
	if len(data) > maxInspect {
		return nil, errors.New("too large")
	}
	text := strings.TrimSpace(decode(data))
	if strings.HasPrefix(text, "{") {
		text = "[" + text + "]"
	}
	var raw []map[string]any
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, ErrNoContainers
	}
	var out []Container
	for _, o := range raw {
		if c, is := container(name, fold(o)); is && len(out) < maxContainers {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, ErrNoContainers
	}
	return out, nil
}

// maxInspect bounds what is read of inspect, in bytes: a container has some 10 KiB there.
const maxInspect = 16 << 20

func container(source string, o object) (Container, bool) {
	config := o.object("Config")
	env, hasEnv := config.at("Env").([]any)
	out := Container{Name: strings.TrimPrefix(o.text("Name"), "/"), Image: config.text("Image"), Labels: map[string]string{}}
	if out.Name == "" || config == nil {
		return out, false
	}
	if hasEnv {
		out.Env = variables(source, env)
	}
	labels, _ := config.at("Labels").(map[string]any)
	for _, key := range sortedKeys(labels) {
		if value, ok := labels[key].(string); ok {
			out.Labels[key] = value
		}
	}
	out.Command = append([]string{o.text("Path")}, words(o.at("Args"))...)
	out.Running, _ = o.object("State").at("Running").(bool)
	networks := o.object("NetworkSettings").object("Networks")
	for _, key := range sortedKeys(networks) {
		out.OnHost = out.OnHost || key == "host"
		if gateway := networks.object(key).text("Gateway"); gateway != "" && out.Gateway == "" {
			out.Gateway = gateway
		}
	}
	out.OnHost = out.OnHost || o.object("HostConfig").text("NetworkMode") == "host"
	return out, true
}

// variables reads a list of NAME=VALUE.
func variables(source string, list []any) []route.Variable {
	var out []route.Variable
	for _, e := range list {
		text, _ := e.(string)
		if name, value, found := strings.Cut(text, "="); found && name != "" {
			out = append(out, route.Variable{Name: name, Value: value, Source: source})
		}
	}
	return out
}

func words(list any) []string {
	var out []string
	all, _ := list.([]any)
	for _, e := range all {
		if word, ok := e.(string); ok {
			out = append(out, word)
		}
	}
	return out
}

// EngineKind is what runs in a container that pulls images itself.
type EngineKind string

// The kinds of engines in containers.
const (
	KindNode     EngineKind = "kind"     // a node of kind
	K3dNode      EngineKind = "k3d"      // a node of k3d
	MinikubeNode EngineKind = "minikube" // a node of minikube with the driver docker or podman
	Builder      EngineKind = "buildkit" // a builder of docker buildx
	DockerInside EngineKind = "docker"   // docker in docker
)

// dindImage is the image of docker in docker, a tag of it or one that was built upon it.
var dindImage = regexp.MustCompile(`(^|[/:.-])dind($|[:@.-])`)

// Engine returns what pulls in the container, empty for none, and the cluster or builder to which it
// belongs. The labels are those that each tool writes (kind, pkg/cluster/constants; k3d,
// pkg/types; minikube, pkg/drivers/kic/oci).
func (c Container) Engine() (kind EngineKind, of string) {
	role := c.Labels["k3d.role"]
	first := path.Base(strings.Join(c.Command[:min(1, len(c.Command))], ""))
	switch {
	case c.Labels["io.x-k8s.kind.cluster"] != "":
		if c.Labels["io.x-k8s.kind.role"] == "external-load-balancer" {
			return "", ""
		}
		return KindNode, c.Labels["io.x-k8s.kind.cluster"]
	case c.Labels["k3d.cluster"] != "" && (role == "server" || role == "agent"):
		return K3dNode, c.Labels["k3d.cluster"]
	case c.Labels["created_by.minikube.sigs.k8s.io"] == "true":
		return MinikubeNode, c.Labels["name.minikube.sigs.k8s.io"]
	case strings.HasPrefix(c.Name, "buildx_buildkit_"), first == "buildkitd":
		return Builder, strings.TrimRight(strings.TrimPrefix(c.Name, "buildx_buildkit_"), "0123456789")
	case dindImage.MatchString(c.Image), first == "dockerd", first == "dockerd-entrypoint.sh":
		return DockerInside, c.Name
	}
	return "", ""
}

// Minikube is what minikube keeps of a cluster.
type Minikube struct {
	Name string
	// Driver is docker, podman, or what makes a virtual machine; Runtime docker, containerd or crio.
	Driver, Runtime string
	// Env are the variables of --docker-env with the proxies of the shell that started it.
	Env []route.Variable
}

// ParseMinikube reads config.json of a profile (kubernetes/minikube, pkg/minikube/config/types.go).
func ParseMinikube(name string, data []byte) (Minikube, error) {
	o, err := parseObject(data)
	if err != nil {
		return Minikube{}, err
	}
	out := Minikube{Name: o.text("Name"), Driver: o.text("Driver"), Runtime: o.object("KubernetesConfig").text("ContainerRuntime")}
	if out.Driver == "" {
		out.Driver = o.text("VMDriver")
	}
	if env, ok := o.at("DockerEnv").([]any); ok {
		out.Env = variables(name, env)
		for i := range out.Env {
			out.Env[i].Key = "DockerEnv." + out.Env[i].Name
		}
	}
	return out, nil
}

// CurrentContext returns the context that config.json of the docker command names, empty for the
// default one.
func CurrentContext(data []byte) string {
	o, err := parseObject(data)
	if name := o.text("currentContext"); err == nil && name != "default" {
		return name
	}
	return ""
}

// ContextEndpoint returns the engine's address out of a context's meta.json.
func ContextEndpoint(data []byte) string {
	o, err := parseObject(data)
	if err != nil {
		return ""
	}
	return o.object("Endpoints").object("docker").text("Host")
}
