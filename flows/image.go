package flows

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
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

// maxRedirects is how many redirects a blob may take: Go's client stops at ten.
const maxRedirects = 10

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
// blob whole, smallest layer up to the configured size.
func (c *conversation) pull(image Argument) {
	m, ok := c.manifest(image, image.Reference)
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
	if layer, ok := smallest(m.Layers); ok {
		c.blob(image, layer, "layer", c.run.cfg.BlobBytes)
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

// platform picks the manifest of an index for this run's architecture, the
// first where there is none.
func (c *conversation) platform(m manifest) string {
	for _, p := range m.Manifests {
		if p.Platform.OS == "linux" && p.Platform.Architecture == c.run.cfg.Architecture {
			return p.Digest
		}
	}
	return m.Manifests[0].Digest
}

func (c *conversation) manifest(image Argument, reference string) (manifest, bool) {
	var m manifest
	a := ask{stepName: "manifest", method: "GET", url: c.repository(image) + "/manifests/" + reference,
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
	if c.token != "" {
		a.header.Set("Authorization", "Bearer "+c.token)
	}
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// blob reads a blob at the registry, or where it redirects to. Each host on the
// way gets its own full path, and no credential goes along.
func (c *conversation) blob(image Argument, ref blobRef, stepName string, limit int64) {
	w, u := c.registry, c.repository(image)+"/blobs/"+ref.Digest
	expect := expectBlob
	for range maxRedirects {
		a := ask{stepName: stepName, method: "GET", url: u, header: http.Header{}, expect: expect, limit: pageLimit}
		if w == c.registry {
			c.authorizeAsk(&a)
		}
		sum := &evidence.Digest{Want: ref.Digest, Of: ref.Size}
		a.stream = func(r io.Reader) error { return readBlob(r, sum, limit) }
		a.finish = func(d *evidence.Request) { d.Digest = sum }
		out, ok := w.request(a)
		if !ok || !redirects(out.detail) {
			return
		}
		next, err := nextURL(u, out.header.Get("Location"))
		if err != nil {
			return
		}
		u, expect = next.String(), expectBlobBytes
		w = c.target(next, evidence.Blob, "redirect")
		<-w.done
		if w.session.conn == nil {
			return
		}
	}
}

// pageLimit bounds the body of an answer that is not the blob.
const pageLimit = 64 << 10

func nextURL(base, location string) (*url.URL, error) {
	b, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	u, err := b.Parse(location)
	if err == nil && u.Hostname() == "" {
		err = fmt.Errorf("redirect without a host")
	}
	return u, err
}

// digestError is a content that is not what its digest says.
type digestError struct{ want, got string }

func (e *digestError) Error() string {
	return fmt.Sprintf("the content hashes to %s, not to %s", e.got, e.want)
}

// readBlob reads up to limit bytes and checks the digest of what was read
// whole.
func readBlob(r io.Reader, sum *evidence.Digest, limit int64) error {
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(r, limit))
	sum.Bytes = n
	if err != nil {
		return err
	}
	if n < sum.Of || sum.Of > limit {
		if n < limit {
			return io.ErrUnexpectedEOF
		}
		return nil
	}
	sum.Got = "sha256:" + hex.EncodeToString(h.Sum(nil))
	if sum.Got != sum.Want {
		return &digestError{want: sum.Want, got: sum.Got}
	}
	return nil
}
