package mockproxy

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"

	"pullpath/internal/fault"
)

// repositories that the World's image is pushed to: the article's and today's.
func repositories() []string { return []string{"ubi9/ubi", "rhel"} }

const (
	manifestType = "application/vnd.docker.distribution.manifest.v2+json"
	configType   = "application/vnd.docker.container.image.v1+json"
	layerType    = "application/vnd.docker.image.rootfs.diff.tar.gzip"
)

// image is the registry with its one image, and the image's blobs by digest.
type image struct {
	registry http.Handler
	blobs    map[string]blob
	// config and layer are the digests.
	config, layer string
}

// blobAt returns which blob a path names, by its digest: "config", "layer" or neither.
func (im *image) blobAt(path string) string {
	switch hex := func(sum string) string { return strings.TrimPrefix(sum, "sha256:") }; {
	case strings.HasSuffix(path, hex(im.config)):
		return "config"
	case strings.HasSuffix(path, hex(im.layer)):
		return "layer"
	}
	return ""
}

type descriptor struct {
	MediaType string `json:"mediaType"`
	Size      int64  `json:"size"`
	Digest    string `json:"digest"`
	// URLs are where a foreign layer is to be had.
	URLs []string `json:"urls,omitempty"`
}

// newImage starts an OCI registry and pushes the image into it. The registry keeps
// manifests; blobs are served by [image.serve].
func newImage(quiet *log.Logger, world fault.World) (*image, error) {
	layer, err := layerOf(world.LayerBytes)
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(map[string]any{"architecture": "amd64", "os": "linux", "config": map[string]any{},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{layer.diffID}}})
	if err != nil {
		return nil, err
	}
	manifest, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": manifestType,
		"config": descriptor{MediaType: configType, Size: int64(len(config)), Digest: digest(config)},
		"layers": []descriptor{layer.descriptor(world.LayerHost)}})
	if err != nil {
		return nil, err
	}
	im := &image{registry: registry.New(registry.Logger(quiet)),
		blobs: map[string]blob{digest(config): held(config), layer.sum: layer.blob}, config: digest(config), layer: layer.sum}
	for _, place := range append(repositories(), world.Images...) {
		repo, tag, ok := repository(place)
		if !ok {
			continue
		}
		for _, t := range []string{tag, fault.ImageTag} {
			if err := im.push(http.MethodPut, "/v2/"+repo+"/manifests/"+t, manifestType, manifest); err != nil {
				return nil, err
			}
		}
	}
	return im, nil
}

// repositoryForm is a repository's name and a tag (OCI distribution spec, "Pulling manifests").
var repositoryForm = regexp.MustCompile(`^([a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)` +
	`(?::([a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}))?$`)

// repository is where an image is, and its tag; false for a name that no registry has, as an example may
// be that was read of a text. What stands before the first slash is a host where it has a dot or a
// port, or is localhost (distribution/reference). An image by its digest has the tag of all others.
func repository(place string) (name, tag string, ok bool) {
	if host, path, found := strings.Cut(place, "/"); found && (strings.ContainsAny(host, ".:") || host == "localhost") {
		place = path
	}
	place, _, _ = strings.Cut(place, "@")
	m := repositoryForm.FindStringSubmatch(place)
	if m == nil {
		return "", "", false
	}
	return m[1], cmp.Or(m[2], fault.ImageTag), true
}

// foreignPath is where a host has a foreign layer, before its digest.
const foreignPath = "/foreign/"

// descriptor describes the layer, which is a foreign one where a host is named.
func (l madeLayer) descriptor(host string) descriptor {
	d := descriptor{MediaType: layerType, Size: l.size(), Digest: l.sum}
	if host != "" {
		d.URLs = []string{"https://" + host + foreignPath + l.sum}
	}
	return d
}

// layerOf returns the image's one layer: that of small images, or one with so many bytes.
func layerOf(size int64) (madeLayer, error) {
	if size > 0 {
		return newGenerated(size)
	}
	return smallLayer()
}

// smallLayer is made once and held: a test starts hundreds of networks.
var smallLayer = sync.OnceValues(func() (madeLayer, error) {
	layer, err := newGenerated(fault.SmallLayer)
	if err != nil {
		return layer, err
	}
	content, err := io.ReadAll(layer.open())
	layer.blob = held(content)
	return layer, err
})

// serve answers with a blob; false where the image has none of that digest.
func (im *image) serve(w http.ResponseWriter, r *http.Request, sum string) bool {
	b, ok := im.blobs[sum]
	if !ok {
		return false
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	content := &seeking{blob: b}
	defer content.Close()
	http.ServeContent(w, r, "", time.Time{}, content)
	return true
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// push makes one upload request straight to the handler; no socket is needed
// to fill a registry in our own memory.
func (im *image) push(method, path, contentType string, body []byte) error {
	r, err := http.NewRequest(method, "http://registry"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", contentType)
	w := statusWriter{header: http.Header{}}
	im.registry.ServeHTTP(&w, r)
	if w.status/100 != 2 {
		return fmt.Errorf("push %s: status %d", path, w.status)
	}
	return nil
}

// statusWriter keeps the status of an answer and nothing else.
type statusWriter struct {
	header http.Header
	status int
}

func (s *statusWriter) Header() http.Header { return s.header }

func (s *statusWriter) Write(p []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	return len(p), nil
}

func (s *statusWriter) WriteHeader(status int) { s.status = status }
