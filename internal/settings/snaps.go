package settings

// microK8s is where the snap of MicroK8s keeps what its daemons are started with.
const microK8s = "/var/snap/microk8s/current/args/"

// snapHostDir is the config_path of its containerd (default-args/containerd-template.toml).
const snapHostDir = microK8s + "certs.d"

// fillFromSnap puts over the environment of containerd what the snap of MicroK8s sources before
// it starts that, with every assignment exported (microk8s-resources/wrappers,
// run-containerd-with-args).
func (h Host) fillFromSnap(c *Client) {
	s := newShell(h.Root, "/root", c.Env)
	s.all = true
	f := s.read(microK8s + "containerd-env")
	c.Env = append(c.Env, f.Env...)
	c.Remarks = append(c.Remarks, f.Remarks...)
}
