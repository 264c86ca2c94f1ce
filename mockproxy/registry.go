package mockproxy

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"pullpath/internal/fault"
)

// handler serves a host by its role.
func (n *Network) handler(h fault.Host) http.Handler {
	switch h.Role {
	case "registry", "mirror":
		return n.registryHost(h)
	case "auth":
		return n.tokens()
	}
	return n.blobHost()
}

// registryHost returns a registry behind a Bearer gate, with the token server at
// the realm that its challenge names.
func (n *Network) registryHost(h fault.Host) http.Handler {
	tokens := n.tokens()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.isRealm(r.URL.Path) {
			tokens.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
		c := n.check(r.Header.Get("Authorization"))
		if c == nil || !allowed(c, r.URL.Path) {
			challenge := fmt.Sprintf("Bearer realm=%q,service=%q", n.realm(h), cmp.Or(h.Service, service))
			switch { // RFC 6750 section 3.1: only a token that came is said to be wrong
			case c != nil:
				challenge += `,error="insufficient_scope"`
			case r.Header.Get("Authorization") != "":
				challenge += `,error="invalid_token"`
			}
			w.Header().Set("Www-Authenticate", challenge)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"errors":[{"code":"UNAUTHORIZED","message":"Access to the requested resource is not authorized"}]}`))
			return
		}
		n.pull(w, r)
	})
}

// realm returns where a registry sends its clients for a token: where the World says,
// else to itself.
func (n *Network) realm(registry fault.Host) string {
	switch own := registry.Realm == "" || n.world.OwnRealm; {
	case own && registry.Plain:
		return "http://" + registry.Name + fault.RealmPath
	case own:
		return "https://" + registry.Name + fault.RealmPath
	}
	return registry.Realm
}

// isRealm tells the path of a token server.
func (n *Network) isRealm(path string) bool {
	return path == fault.RealmPath || slices.ContainsFunc(n.world.AllHosts(), func(h fault.Host) bool {
		u, err := url.Parse(h.Realm)
		return err == nil && h.Realm != "" && u.Path == path
	})
}

var repositoryPath = regexp.MustCompile(`^/v2/(.+)/(manifests|blobs)/([^/]+)$`)

// allowed reports whether a token covers a path: /v2/ needs a valid one, a
// repository one that grants pull on it.
func allowed(c *claims, path string) bool {
	m := repositoryPath.FindStringSubmatch(path)
	if m == nil {
		return true
	}
	for _, a := range c.Access {
		if a.Type == "repository" && a.Name == m[1] && strings.Contains(strings.Join(a.Actions, ","), "pull") {
			return true
		}
	}
	return false
}

// pull serves /v2/ and manifests from the in-memory registry, and sends blobs
// to a CDN host as Red Hat's registry does.
func (n *Network) pull(w http.ResponseWriter, r *http.Request) {
	m := repositoryPath.FindStringSubmatch(r.URL.Path)
	if m == nil {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
		return
	}
	_, known := n.image.blobs[m[3]]
	if hosts := n.world.RedirectsTo(); m[2] == "blobs" && known && len(hosts) > 0 {
		cdn := hosts[int(n.redirects.Add(1)-1)%len(hosts)]
		hex := strings.TrimPrefix(m[3], "sha256:")
		w.Header().Set("Location", fmt.Sprintf(n.blobScheme()+"://%s/quayio-production-s3/sha256/%s/%s?X-Amz-Algorithm=AWS4-HMAC-SHA256"+
			"&X-Amz-Credential=mock&X-Amz-Date=20261123T000000Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host"+
			"&X-Amz-Signature=6d6f636b2d7369676e6174757265&region=us-east-1", cdn, hex[:2], hex))
		w.WriteHeader(http.StatusFound)
		return
	}
	if m[2] == "blobs" && n.image.serve(w, r, m[3]) {
		return
	}
	n.image.registry.ServeHTTP(w, r)
}

func (n *Network) blobScheme() string {
	if n.world.BlobsByHTTP {
		return "http"
	}
	return "https"
}

var signedPath = regexp.MustCompile(`^/quayio-production-s3/sha256/[0-9a-f]{2}/([0-9a-f]{64})$`)

// blobHost answers as an object store behind a CDN does: the signed path or
// an XML error, no HEAD, and no second way to authenticate.
func (n *Network) blobHost() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := signedPath.FindStringSubmatch(r.URL.Path)
		if sum, foreign := strings.CutPrefix(r.URL.Path, foreignPath); foreign && n.image.serve(w, r, sum) {
			return
		}
		switch {
		case r.Header.Get("Authorization") != "" && !n.belowRegistry(r.Host):
			xmlError(w, http.StatusBadRequest, "InvalidArgument", "Only one auth mechanism allowed")
		case m == nil || r.Method != http.MethodGet || r.URL.Query().Get("X-Amz-Signature") == "":
			xmlError(w, http.StatusForbidden, "AccessDenied", "Access Denied")
		default:
			if !n.image.serve(w, r, "sha256:"+m[1]) {
				xmlError(w, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
			}
		}
	})
}

// belowRegistry reports whether a name is below that of a registry: net/http takes a login
// along to such a host (client.go, shouldCopyHeaderOnRedirect), and quay.io's CDN bears it.
func (n *Network) belowRegistry(name string) bool {
	return slices.ContainsFunc(n.world.AllHosts(), func(h fault.Host) bool {
		return h.Role == "registry" && strings.HasSuffix(name, "."+h.Name)
	})
}

func xmlError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, message)
}
