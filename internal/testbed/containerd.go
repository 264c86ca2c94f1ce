//go:build linux

package testbed

import (
	"fmt"
	"path/filepath"
)

// StartContainerd runs containerd in the client's house, without its CRI, and returns its socket. What one of its
// namespaces has pulled, another pulls again.
func (b *Bed) StartContainerd() (socket string) {
	b.t.Helper()
	dir := b.dir("containerd")
	socket = filepath.Join(dir, "containerd.sock")
	config := b.WriteFile("containerd/config.toml", fmt.Appendf(nil, `version = 2
root = "%[1]s/root"
state = "%[1]s/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "%[2]s"
[plugins."io.containerd.metadata.v1.bolt"]
content_sharing_policy = "isolated"
`, dir, socket))
	b.start(daemon{name: "containerd", ns: b.Client, ready: socket, argv: []string{"containerd", "--config", config}})
	return socket
}
