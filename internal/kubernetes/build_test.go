//go:build linux

package kubernetes

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"archive/tar"
	"bytes"
	"io"
)

// root is the directory of the main module.
const root = "../.."

// pauseImage holds the namespaces of Pods.
const pauseImage = "bed.example/pause:1"

// build makes the programs of the cluster, the program under test and both images below dir. Of what
// was built before, only the links are made again.
func build(t *testing.T, dir string) {
	t.Helper()
	programs := []string{"./pause"}
	for _, name := range []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kubelet"} {
		programs = append(programs, "k8s.io/kubernetes/cmd/"+name)
	}
	compile(t, ".", dir, programs...)
	compile(t, root, dir, "./cmd/pullpath")
	pause(t, dir)
	packImage(t, dir)
}

func compile(t *testing.T, module, dir string, programs ...string) {
	t.Helper()
	to, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", append([]string{"build", "-trimpath", "-ldflags=-s -w", "-o", to + "/"}, programs...)...)
	cmd.Dir, cmd.Env = module, append(os.Environ(), "CGO_ENABLED=0")
	succeed(t, cmd)
}

// pause makes the image of the program pause.
func pause(t *testing.T, dir string) {
	t.Helper()
	program, err := os.ReadFile(filepath.Join(dir, "pause"))
	if err != nil {
		t.Fatal(err)
	}
	var layer bytes.Buffer
	out := tar.NewWriter(&layer)
	err = out.WriteHeader(&tar.Header{Name: "pause", Mode: 0o755, Size: int64(len(program))})
	if err == nil {
		_, err = out.Write(program)
	}
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(layer.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	image, err := mutate.AppendLayers(empty.Image, l)
	if err == nil {
		image, err = mutate.ConfigFile(image, &v1.ConfigFile{Architecture: "amd64", OS: "linux",
			RootFS: v1.RootFS{Type: "layers", DiffIDs: diffs(t, image)}, Config: v1.Config{Entrypoint: []string{"/pause"}}})
	}
	if err == nil {
		err = tarball.WriteToFile(filepath.Join(dir, "pause.tar"), name.MustParseReference(pauseImage), image)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func diffs(t *testing.T, image v1.Image) []v1.Hash {
	t.Helper()
	c, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return c.RootFS.DiffIDs
}

// packImage makes the image as make dist does, of the program under test. The other platforms'
// binaries are there by name: only the image of this one is run.
func packImage(t *testing.T, dir string) {
	t.Helper()
	dist := filepath.Join(dir, "dist")
	for _, name := range []string{"pullpath.bash", "_pullpath", "pullpath.fish", "man/.keep"} {
		write(t, filepath.Join(dist, "stage", name), "")
	}
	for _, name := range []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64.exe", "windows_arm64.exe"} {
		if err := os.Symlink(filepath.Join(dir, "pullpath"), filepath.Join(dist, "pullpath_"+name)); err != nil {
			t.Fatal(err)
		}
	}
	pack := exec.Command("go", "run", "./internal/dist", dist, "test", "https://releases.invalid")
	pack.Dir, pack.Env = root, append(os.Environ(), "SOURCE_DATE_EPOCH=1700000000")
	succeed(t, pack)
}
