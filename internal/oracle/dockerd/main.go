// Command dockerd pulls an image as Docker's daemon does, by the daemon's own packages, and
// says how that failed. Layers are read whole, unpacked and held to their digests, and kept
// nowhere.
//
// The oracle's tests run it as a program of its own: the daemon reads its proxy and its roots
// from the environment once (HTTPS_PROXY, SSL_CERT_FILE), and its module wants other releases
// than those of the other clients.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/log"
	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/distribution"
	"github.com/docker/docker/distribution/metadata"
	"github.com/docker/docker/distribution/xfer"
	"github.com/docker/docker/layer"
	"github.com/docker/docker/pkg/progress"
	registrypkg "github.com/docker/docker/registry"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

func main() {
	conf := flag.String("config", "", "the daemon.json, of which mirrors and insecure registries are taken")
	user := flag.String("user", "", "the name to log in with; the password is read from stdin")
	flag.Parse()
	if err := run(*conf, *user, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(conf, user, image string) error {
	_ = log.SetLevel("panic") // the error says it
	dir, err := os.MkdirTemp("", "dockerd")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	_ = os.Setenv("TMPDIR", dir) // where downloads are written
	auth := registry.AuthConfig{Username: user}
	if user != "" {
		password, err := io.ReadAll(os.Stdin)
		if err != nil {
			return err
		}
		auth.Password = string(password)
	}
	service, err := serviceOf(conf)
	if err != nil {
		return err
	}
	ref, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return err
	}
	return pull(context.Background(), dir, reference.TagNameOnly(ref), service, &auth)
}

// serviceOf returns what a daemon.json says of registries.
func serviceOf(conf string) (*registrypkg.Service, error) {
	var options registrypkg.ServiceOptions
	if conf != "" {
		data, err := os.ReadFile(conf) //nolint:gosec // given by the test
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &options); err != nil {
			return nil, err
		}
	}
	return registrypkg.NewService(options)
}

func pull(ctx context.Context, dir string, ref reference.Named, service *registrypkg.Service, auth *registry.AuthConfig) error {
	known, err := metadata.NewFSMetadataStore(filepath.Join(dir, "distribution"))
	if err != nil {
		return err
	}
	manifests, err := local.NewStore(filepath.Join(dir, "content"))
	if err != nil {
		return err
	}
	return distribution.Pull(ctx, ref, &distribution.ImagePullConfig{
		Config: distribution.Config{
			AuthConfig: auth, RegistryService: endpoints{service}, MetadataStore: known, ImageStore: &images{},
			ProgressOutput:   progress.DiscardOutput(),
			ImageEventLogger: func(context.Context, string, string, events.Action) {},
		},
		// The daemon tries a layer five times and waits 50 s in all; the faults stay the same meanwhile.
		DownloadManager: xfer.NewLayerDownloadManager(&layers{}, 3, xfer.WithMaxDownloadAttempts(1)),
		Platform:        &ocispec.Platform{OS: "linux", Architecture: "amd64"},
	}, manifests)
}

// endpoints is the daemon's registry service, without the methods for pushes.
type endpoints struct{ *registrypkg.Service }

func (e endpoints) ResolveAuthConfig(map[string]registry.AuthConfig, reference.Named) registry.AuthConfig {
	return registry.AuthConfig{}
}

// images holds configurations of images in memory.
type images struct{ all sync.Map }

func (s *images) Put(_ context.Context, c []byte) (digest.Digest, error) {
	sum := digest.FromBytes(c)
	s.all.Store(sum, c)
	return sum, nil
}

func (s *images) Get(_ context.Context, sum digest.Digest) ([]byte, error) {
	if c, ok := s.all.Load(sum); ok {
		return c.([]byte), nil //nolint:forcetypeassert,errcheck // Put stores nothing else
	}
	return nil, fmt.Errorf("no image %s", sum)
}

// layers reads layers and keeps nothing but what they are called. What a pull does not ask
// for is not there.
type layers struct {
	layer.Store
	all sync.Map
}

// read is a layer that was read to its end.
type read struct {
	layer.Layer
	chain  layer.ChainID
	diff   layer.DiffID
	parent layer.Layer
}

func (l read) ChainID() layer.ChainID { return l.chain }
func (l read) DiffID() layer.DiffID   { return l.diff }
func (l read) Parent() layer.Layer    { return l.parent }

func (s *layers) Register(content io.Reader, parent layer.ChainID) (layer.Layer, error) {
	sum := digest.Canonical.Digester()
	if _, err := io.Copy(sum.Hash(), content); err != nil {
		return nil, err
	}
	diff := layer.DiffID(sum.Digest())
	out := read{chain: layer.CreateChainID([]layer.DiffID{diff}), diff: diff}
	if parent != "" {
		below, err := s.Get(parent)
		if err != nil {
			return nil, err
		}
		out.parent = below
		out.chain = layer.ChainID(digest.FromString(string(parent) + " " + string(diff)))
	}
	s.all.Store(out.chain, out)
	return out, nil
}

func (s *layers) Get(id layer.ChainID) (layer.Layer, error) {
	if l, ok := s.all.Load(id); ok {
		return l.(read), nil //nolint:forcetypeassert,errcheck // Register stores nothing else
	}
	return nil, layer.ErrLayerDoesNotExist
}

func (s *layers) Release(layer.Layer) ([]layer.Metadata, error) { return nil, nil }
