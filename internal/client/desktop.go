package client

import (
	"pullpath/internal/desktop"
	"pullpath/internal/settings"
)

// engines returns the engines that desktop products bring. They are docker and podman in a virtual
// machine: what they ask is the same, and where they go is decided on the host.
func engines() []Client {
	named := map[string]func(settings.Program) Client{desktop.DockerDesktop: dockerDesktop, desktop.PodmanMachine: podmanMachine,
		desktop.RancherDesktop: asDocker("rancher-desktop"), desktop.Colima: asDocker("colima")}
	var out []Client
	for _, p := range desktop.Programs() {
		if value := named[p.Tool]; value != nil {
			out = append(out, value(p))
			continue
		}
		out = append(out, Client{Programs: []settings.Program{p}})
	}
	return out
}

// asDocker is a client that pulls by a docker engine of its own.
func asDocker(name string) func(settings.Program) Client {
	return func(p settings.Program) Client {
		c := docker()
		c.Name, c.Like, c.Row, c.Service, c.Registries = name, c.Name, p.Tool, "", nil
		c.Programs = []settings.Program{p}
		c.Speaks.NotModelled = "the machine in which it pulls: from the host the way beyond that machine is walked"
		return c
	}
}

// dockerDesktop trusts what lies in the user's own certs.d, which it copies into its machine
// (https://docs.docker.com/desktop/troubleshoot-and-support/faqs/macfaqs/#how-do-i-add-custom-ca-certificates).
func dockerDesktop(p settings.Program) Client {
	p.Trust = settings.Trust{Dirs: []string{"~/.docker/certs.d"}}
	return asDocker("docker-desktop")(p)
}

func podmanMachine(p settings.Program) Client {
	c := podman()
	c.Name, c.Like, c.Row, c.Registries = "podman-machine", c.Name, p.Tool, nil
	c.Programs = []settings.Program{p}
	c.Speaks.NotModelled = "the machine in which it pulls: from the host the way beyond that machine is walked"
	return c
}
