package flows

import (
	"net/http"
	"net/url"

	"pullpath/internal/client"
	"pullpath/internal/evidence"
)

// maxForeign is how many foreign layers of an image are asked for besides the smallest layer.
// An image of Windows, which alone has them, has one or two, all at one host.
const maxForeign = 2

// foreign returns layers that the client fetches from elsewhere.
func (c *conversation) foreign(layers []blobRef) []blobRef {
	var out []blobRef
	for _, l := range layers {
		if len(c.sources(l)) > 0 && c.run.cfg.shape().asks().Foreign != client.After && len(out) < maxForeign {
			out = append(out, l)
		}
	}
	return out
}

// sources returns the URLs from which the client would fetch a layer.
func (c *conversation) sources(l blobRef) []*url.URL {
	var out []*url.URL
	for _, text := range l.URLs {
		u, err := url.Parse(text)
		usable := err == nil && (u.Scheme == "https" || u.Scheme == "http") && evidence.HostProblem(u) == ""
		if usable && c.run.cfg.shape().asks().Foreign != "" {
			out = append(out, u)
		}
	}
	return out
}

// layer reads a layer up to a limit, where the client would fetch it from.
func (c *conversation) layer(image Argument, ref blobRef, limit int64) bool {
	sources := c.sources(ref)
	if len(sources) == 0 {
		return c.blob(image, ref, evidence.StepLayer, limit)
	}
	switch c.run.cfg.shape().asks().Foreign {
	case client.Before:
		return c.beforeRegistry(image, ref, sources, limit)
	case client.After:
		return c.blob(image, ref, evidence.StepLayer, limit) || c.fromSources(ref, sources, limit)
	case client.InPlace:
	}
	return c.fromSources(ref, sources, limit)
}

// elsewhere reports whether the client asks the URLs of a layer where the registry does not
// serve it.
func (c *conversation) elsewhere(ref blobRef) bool {
	return c.run.cfg.shape().asks().Foreign == client.After && len(c.sources(ref)) > 0
}

// beforeRegistry reads a foreign layer from its URLs, else from the registry. The pull needs the
// hosts of the URLs only where the registry does not serve it.
func (c *conversation) beforeRegistry(image Argument, ref blobRef, sources []*url.URL, limit int64) bool {
	was, led := c.optional, len(c.led)
	c.optional = true
	ok := c.fromSources(ref, sources, limit)
	c.optional = was
	fell := !ok && c.blob(image, ref, evidence.StepLayer, limit)
	if !was && !fell {
		for _, w := range c.led[led:] {
			c.run.rec.need(w.log)
		}
	}
	return ok || fell
}

// fromSources reads a foreign layer from the first of its URLs that serves it. No login goes
// there.
func (c *conversation) fromSources(ref blobRef, sources []*url.URL, limit int64) bool {
	manifest := c.registry.session.standsOn()
	for _, u := range sources {
		if w := c.onwardsBy(c.registry, evidence.Blob, evidence.StepLayer, manifest, u, "manifest"); w != nil {
			a := ask{step: evidence.StepLayer, method: http.MethodGet, url: u.String(), header: http.Header{}, limit: pageLimit}
			if c.readBlob(w, a, ref, limit, false) {
				return true
			}
		}
	}
	return false
}
