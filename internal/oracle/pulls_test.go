package oracle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/core/remotes/docker/config"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	ociimage "go.podman.io/image/v5/docker"
	"go.podman.io/image/v5/image"
	"go.podman.io/image/v5/pkg/blobinfocache/none"
	"go.podman.io/image/v5/types"

	"pullpath/internal/fault"
)

// scene is a network with what a client is given in it.
type scene struct {
	via, bundle    string
	user, password string
	// files are those of the client's host, by path.
	files  map[string]string
	target string
}

// image is what is pulled: the World's first target.
func (s scene) image() string { return s.target }

// puller pulls the World's image whole, by the library of a client, and says how that failed.
type puller struct {
	name string
	pull func(ctx context.Context, t *testing.T, s scene) error
}

func pullers() []puller {
	return []puller{{"podman", wholeByPodman}, {"containerd", wholeByContainerd}, {"crane", wholeByCrane}, {"docker", wholeByDockerd}}
}

const pulled = fault.Image + ":" + fault.ImageTag

// whole reads a blob to its end and holds it to its digest.
func whole(r io.ReadCloser, want digest.Digest) error {
	defer func() { _ = r.Close() }()
	v := want.Verifier()
	if _, err := io.Copy(v, r); err != nil {
		return err
	}
	if !v.Verified() {
		return fmt.Errorf("the content does not hash to %s", want)
	}
	return nil
}

func wholeByPodman(ctx context.Context, t *testing.T, s scene) error {
	dir := t.TempDir()
	pem, err := os.ReadFile(s.bundle)
	if err != nil {
		return err
	}
	u, err := url.Parse(s.via)
	if err != nil {
		return err
	}
	conf := filepath.Join(dir, "registries.conf")
	for file, text := range map[string][]byte{filepath.Join(dir, "ca.crt"): pem, conf: []byte(s.files[registriesConf])} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return err
		}
	}
	sys := &types.SystemContext{DockerProxyURL: u, DockerCertPath: dir, RootForImplicitAbsolutePaths: dir, SystemRegistriesConfPath: conf,
		SystemRegistriesConfDirPath: filepath.Join(dir, "none"), ArchitectureChoice: "amd64", OSChoice: "linux"}
	if s.user != "" {
		sys.DockerAuthConfig = &types.DockerAuthConfig{Username: s.user, Password: s.password}
	}
	ref, err := ociimage.ParseReference("//" + pulled)
	if err != nil {
		return err
	}
	src, err := ref.NewImageSource(ctx, sys)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	img, err := image.FromUnparsedImage(ctx, sys, image.UnparsedInstance(src, nil))
	if err != nil {
		return err
	}
	if _, err := img.ConfigBlob(ctx); err != nil {
		return err
	}
	for _, layer := range img.LayerInfos() {
		blob, _, err := src.GetBlob(ctx, layer, none.NoCache)
		if err != nil {
			return err
		}
		if err := whole(blob, layer.Digest); err != nil {
			return err
		}
	}
	return nil
}

func wholeByCrane(ctx context.Context, t *testing.T, s scene) error {
	ref, err := name.ParseReference(pulled)
	if err != nil {
		return err
	}
	own := bareTransport(t, s)
	own.ForceAttemptHTTP2 = true
	login := authn.Anonymous
	if s.user != "" {
		login = &authn.Basic{Username: s.user, Password: s.password}
	}
	img, err := remote.Image(ref, remote.WithContext(ctx), remote.WithTransport(own), remote.WithAuth(login),
		remote.WithRetryPredicate(func(error) bool { return false }), remote.WithRetryStatusCodes())
	if err != nil {
		return err
	}
	if _, err := img.RawConfigFile(); err != nil {
		return err
	}
	layers, err := img.Layers()
	if err != nil {
		return err
	}
	for _, l := range layers {
		sum, err := l.Digest()
		if err != nil {
			return err
		}
		blob, err := l.Compressed()
		if err != nil {
			return err
		}
		if err := whole(blob, digest.Digest(sum.String())); err != nil {
			return err
		}
	}
	return nil
}

func bareTransport(t *testing.T, s scene) *http.Transport { return transportOf(t, s.via, s.bundle) }

// hostsOf returns the hosts that containerd asks, by the hosts.toml of its host.
func hostsOf(ctx context.Context, t *testing.T, s scene, bare *http.Transport) docker.RegistryHosts {
	dir := t.TempDir()
	for path, text := range s.files {
		if below, ok := strings.CutPrefix(path, certsDir); ok {
			path = filepath.Join(dir, below)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
				t.Error(err)
			}
		}
	}
	options := config.HostOptions{HostDir: config.HostDirFromRoot(dir),
		UpdateClient:   func(c *http.Client) error { c.Transport = bare; return nil },
		AuthorizerOpts: []docker.AuthorizerOpt{docker.WithAuthClient(&http.Client{Transport: bare})}}
	if s.user != "" {
		options.Credentials = func(string) (string, string, error) { return s.user, s.password, nil }
	}
	return config.ConfigureHosts(ctx, options)
}

func wholeByContainerd(ctx context.Context, t *testing.T, s scene) error {
	bare := bareTransport(t, s)
	ctx = context.WithValue(ctx, sceneKey{}, bare)
	resolver := docker.NewResolver(docker.ResolverOptions{Hosts: hostsOf(ctx, t, s, bare)})
	where, desc, err := resolver.Resolve(ctx, pulled)
	if err != nil {
		return err
	}
	fetcher, err := resolver.Fetcher(ctx, where)
	if err != nil {
		return err
	}
	fetch := func(d ocispec.Descriptor) ([]byte, error) {
		r, err := fetcher.Fetch(ctx, d)
		if err != nil {
			return nil, err
		}
		defer func() { _ = r.Close() }()
		data, err := io.ReadAll(r)
		if err == nil && d.Digest.Algorithm().FromBytes(data) != d.Digest {
			err = fmt.Errorf("the content does not hash to %s", d.Digest)
		}
		return data, err
	}
	data, err := fetch(desc)
	if err != nil {
		return err
	}
	if !isManifest(desc.MediaType) { // containerd's images.Children knows no children of it
		return fmt.Errorf("media type %q has no children", desc.MediaType)
	}
	var m ocispec.Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	for _, d := range append([]ocispec.Descriptor{m.Config}, m.Layers...) {
		if _, err := fetch(d); err != nil {
			return err
		}
	}
	return nil
}

// sceneKey is where the requests of a pull carry its transport.
type sceneKey struct{}

// ofScene is the transport of net/http's default client, which containerd takes for the URLs of
// foreign layers whatever client it was given.
type ofScene struct{}

// RoundTrip sends a request as the pull would that it belongs to.
func (ofScene) RoundTrip(r *http.Request) (*http.Response, error) {
	if own, ok := r.Context().Value(sceneKey{}).(*http.Transport); ok {
		return own.RoundTrip(r)
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestMain(m *testing.M) {
	http.DefaultClient.Transport = ofScene{}
	m.Run()
	if path, err := daemon(); err == nil {
		_ = os.Remove(path)
	}
}

func isManifest(mediaType string) bool {
	return mediaType == ocispec.MediaTypeImageManifest || mediaType == "application/vnd.docker.distribution.manifest.v2+json"
}
