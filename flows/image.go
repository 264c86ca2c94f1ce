package flows

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"pullpath/internal/evidence"
)

// acceptManifests is what the client takes, indexes included (containers/image
// manifest.DefaultRequestedManifestMIMETypes).
var acceptManifests = []string{
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.docker.distribution.manifest.v2+json",
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.docker.distribution.manifest.list.v2+json",
}

// manifest has what is read of an image manifest and of an index.
type manifest struct {
	Config    *blobRef  `json:"config"`
	Layers    []blobRef `json:"layers"`
	Manifests []struct {
		blobRef
		Platform struct {
			Architecture string `json:"architecture"`
			OS           string `json:"os"`
		} `json:"platform"`
	} `json:"manifests"`
}

type blobRef struct {
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
}

// pull walks one image: manifest, through an index to the platform's, config
// blob whole, and of the layers the smallest up to the configured size, or all.
func (c *conversation) pull(image Argument) {
	reference, ok := c.resolveTag(image)
	if !ok {
		return
	}
	m, ok := c.manifest(image, reference)
	if !ok {
		return
	}
	if len(m.Manifests) > 0 {
		if m, ok = c.manifest(image, c.platform(m)); !ok {
			return
		}
	}
	if m.Config == nil || m.Config.Digest == "" {
		return
	}
	c.blob(image, *m.Config, "config", maxDocument)
	if c.run.cfg.Full {
		for _, layer := range m.Layers {
			c.blob(image, layer, "layer", max(layer.Size, c.run.cfg.BlobBytes))
		}
		return
	}
	if layer, ok := smallest(m.Layers); ok {
		c.blob(image, layer, "layer", c.run.cfg.BlobBytes)
		c.askAgain(image, layer)
	}
}

func smallest(layers []blobRef) (blobRef, bool) {
	if len(layers) == 0 {
		return blobRef{}, false
	}
	best := layers[0]
	for _, l := range layers {
		if l.Size < best.Size {
			best = l
		}
	}
	return best, true
}

// platform picks the manifest of an index for this run's platform, the first
// where there is none.
func (c *conversation) platform(m manifest) string {
	for _, p := range m.Manifests {
		if p.Platform.OS == cmp.Or(c.run.cfg.OS, "linux") && p.Platform.Architecture == c.run.cfg.Architecture {
			return p.Digest
		}
	}
	return m.Manifests[0].Digest
}

// resolveTag asks for a manifest by HEAD, for clients that do, and returns the
// reference to go on with: the digest that the registry names.
func (c *conversation) resolveTag(image Argument) (string, bool) {
	asks := c.run.cfg.shape().asks
	if !asks.heads {
		return image.Reference, true
	}
	if c.opened != "" && image == c.registry.planned.Images[0] {
		return c.opened, true // it was asked for without a token, and needed none
	}
	a := c.headAsk(image, image.Reference)
	c.authorizeAsk(&a)
	if !asks.headOnly {
		a.expect = expectHeadOrGet
	}
	out, ok := c.registry.request(a)
	if !ok {
		return "", false
	}
	return cmp.Or(out.header.Get("Docker-Content-Digest"), image.Reference), true
}

// headAsk is the request for a manifest's digest.
func (c *conversation) headAsk(image Argument, reference string) ask {
	return ask{stepName: "manifest", method: http.MethodHead, url: c.manifestURL(image, reference),
		header: http.Header{"Accept": acceptManifests}, expect: expectHead}
}

func (c *conversation) manifestURL(image Argument, reference string) string {
	return c.repository(image) + "/manifests/" + reference
}

func (c *conversation) manifest(image Argument, reference string) (manifest, bool) {
	var m manifest
	a := ask{stepName: "manifest", method: http.MethodGet, url: c.manifestURL(image, reference),
		header: http.Header{"Accept": acceptManifests}, expect: expectManifest}
	c.authorizeAsk(&a)
	a.read = func(d *evidence.Request, body []byte) {
		if d.Code != http.StatusOK {
			return
		}
		want, _ := evidence.HeaderValue(d.Headers, "Docker-Content-Digest")
		if strings.HasPrefix(reference, "sha256:") {
			want = reference
		}
		d.Digest = &evidence.Digest{Want: want, Got: digestOf(body), Bytes: int64(len(body)), Of: int64(len(body))}
		_ = json.Unmarshal(body, &m)
	}
	a.expect = expectation{"200 with a manifest of the announced digest", func(r evidence.Request) bool {
		return expectManifest.met(r) && (r.Digest == nil || r.Digest.Want == "" || r.Digest.Want == r.Digest.Got)
	}}
	_, ok := c.registry.request(a)
	return m, ok
}

func (c *conversation) repository(image Argument) string {
	return c.registry.base() + "/v2/" + image.Repository
}

func (c *conversation) authorizeAsk(a *ask) {
	switch {
	case c.token != "":
		a.header.Set("Authorization", "Bearer "+c.token)
	case c.basic != "":
		a.header.Set("Authorization", c.basic)
	}
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}
