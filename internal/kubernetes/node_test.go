//go:build linux

package kubernetes

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// node is a host of the cluster: namespaces of every kind, a root directory of its own over that of
// this machine, and a made-up network with a fault around it.
type node struct {
	name, address, dir string
	// fault is the mock's, empty for none.
	fault string
}

// controllers are the kinds of control groups of which a node needs a part.
const controllers = "/sys/fs/cgroup/*/"

// join starts a node.
func (c *cluster) join(name string, number int, fault string) *node {
	c.t.Helper()
	n := &node{name: name, address: fmt.Sprint(clusterNet, 10+number), dir: filepath.Join(c.dir, name), fault: fault}
	c.namespace(name)
	link := fmt.Sprintf("v%d", number)
	c.inside("ctl", "ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", c.prefix+name)
	c.inside("ctl", "ip", "link", "set", link, "master", "bed", "up")
	c.inside(name, "ip", "addr", "add", n.address+"/24", "dev", "eth0")
	c.inside(name, "ip", "link", "set", "eth0", "up")
	n.files(c.t, c.prefix+name, number)
	c.t.Cleanup(func() { n.removeGroups(c.t, c.prefix+name) })
	script := write(c.t, n.dir+"/start", start, c.dir, name, c.prefix+name, n.flag(), n.address, clusterNet+"0/24")
	all := c.within(name, "unshare", "-m", "-p", "-f", "-u", "-i", "--propagation", "private", "--kill-child=KILL", "sh", "-eu", script)
	daemon(c.t, filepath.Join(c.dir, name+".log"), all[0], all[1:]...)
	return n
}

func (n *node) flag() string {
	if n.fault == "" {
		return ""
	}
	return "--fault " + n.fault
}

// files writes what the node's programs read.
func (n *node) files(t *testing.T, group string, number int) {
	t.Helper()
	write(t, n.dir+"/containerd.toml", `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  restrict_oom_score_adj = true # the test may lack CAP_SYS_RESOURCE
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/bed/%s/cni"
`, pauseImage, n.name)
	write(t, n.dir+"/cni/10-bed.conf", `{"cniVersion": "0.4.0", "name": "bed", "type": "bridge", "bridge": "cni0", "isGateway": true,
 "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.79.%d.0/24"}]]}}`, number)
	write(t, n.dir+"/kubelet.yaml", `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
cgroupRoot: /%s
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
failSwapOn: false
makeIPTablesUtilChains: false
oomScoreAdj: 0
localStorageCapacityIsolation: false
evictionHard: {imagefs.available: 0%%, nodefs.available: 0%%, memory.available: 50Mi}
`, group)
	write(t, n.dir+"/http-proxy.conf", "[Service]\nEnvironment=HTTPS_PROXY=http://127.0.0.1:3128\nEnvironment=NO_PROXY=%s0/24\n",
		clusterNet)
	if err := os.MkdirAll(filepath.Join(n.dir, "upper"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// start makes the node's root directory, and starts its programs there. The state of containerd and
// kubelet lies in memory: an overlay cannot lie on an overlay.
const start = `BED=%[1]s NODE=%[2]s GROUP=%[3]s FAULT="%[4]s" ADDRESS=%[5]s NO_PROXY=%[6]s
mount -t tmpfs tmpfs $BED/$NODE/upper
cd $BED/$NODE/upper
mkdir up work root containerd kubelet
mount -t overlay overlay -o lowerdir=/,upperdir=$PWD/up,workdir=$PWD/work root
mkdir -p root/bed root/var/lib/containerd root/var/lib/kubelet root/etc/systemd/system/containerd.service.d
mount --rbind $BED root/bed
mount --bind containerd root/var/lib/containerd
mount --bind kubelet root/var/lib/kubelet
mount -t proc proc root/proc
mount --rbind /sys root/sys
mount --rbind /dev root/dev
mount -t tmpfs tmpfs root/run
mount -t tmpfs tmpfs root/tmp
cd root
mkdir tmp/old
pivot_root . tmp/old
cd /
umount -l /tmp/old
mount --make-rshared / # as systemd has it; the DaemonSet's mount of / asks for it
hostname $NODE
echo $NODE >/etc/hostname
echo "nameserver 127.0.0.1" >/etc/resolv.conf
cp /bed/$NODE/http-proxy.conf /etc/systemd/system/containerd.service.d/
for controller in /sys/fs/cgroup/*/; do
	mkdir -p $controller/$GROUP
	for file in cpuset.cpus cpuset.mems; do
		[ ! -e $controller/$file ] || cat $controller/$file >$controller/$GROUP/$file
	done
done
/bed/bin/pullpath mock $FAULT --profile redhat --listen http=127.0.0.1:3128 -- sh -c '
	cat "$SSL_CERT_FILE" >>/etc/ssl/certs/ca-certificates.crt
	cp "$REGISTRY_AUTH_FILE" /bed/'$NODE'/auth.json
	exec env -i PATH="$PATH" HTTPS_PROXY=http://127.0.0.1:3128 NO_PROXY='$NO_PROXY' containerd --config /bed/'$NODE'/containerd.toml
' &
for i in $(seq 100); do
	ctr version >/dev/null 2>&1 && break
	sleep 0.2
done
ctr -n k8s.io images import /bed/bin/pause.tar
ctr -n k8s.io images import /bed/bin/dist/pullpath_image.oci.tar
exec /bed/bin/kubelet --config=/bed/$NODE/kubelet.yaml --kubeconfig=/bed/kubeconfig --node-ip=$ADDRESS --hostname-override=$NODE
`

// removeGroups removes the control groups that kubelet made, once the processes in them have ended.
func (n *node) removeGroups(t *testing.T, group string) {
	for began := time.Now(); time.Since(began) < patience; time.Sleep(100 * time.Millisecond) {
		kinds, err := filepath.Glob(controllers + group)
		if len(kinds) == 0 || err != nil {
			return
		}
		for _, kind := range kinds {
			removeTree(kind)
		}
	}
	t.Errorf("control groups of %s are left", n.name)
}

// removeTree removes the directories below one, the inner ones first, and it.
func removeTree(top string) {
	var dirs []string
	_ = filepath.WalkDir(top, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil
	})
	for _, dir := range slices.Backward(dirs) {
		_ = os.Remove(dir)
	}
}
