//go:build linux

package hostile

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// authorities are the test's own public trust and the certificate of its hosts.
type authorities struct {
	pem  []byte
	root *x509.Certificate
	key  *ecdsa.PrivateKey
	leaf tls.Certificate
}

var trusted = sync.OnceValues(makeTrust)

func trust(t *testing.T) authorities {
	t.Helper()
	a, err := trusted()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func makeTrust() (authorities, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authorities{}, err
	}
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{Organization: []string{"Example Trust"},
		CommonName: "Example Public Root"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(240 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, root, root, &key.PublicKey, key)
	if err != nil {
		return authorities{}, err
	}
	a := authorities{pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), root: root, key: key}
	a.leaf, err = a.issue(func(*x509.Certificate) {})
	return a, err
}

// issue makes a certificate for the hosts of a network, with what is changed.
func (a authorities) issue(change func(*x509.Certificate)) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: registryHost}, NotBefore: a.root.NotBefore,
		NotAfter: a.root.NotAfter,
		DNSNames: append(slices.Sorted(maps.Keys(addresses)), "*.example.com"), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	for _, address := range []string{"169.254.169.254", "127.0.0.1", "203.0.113.67", "::1"} {
		leaf.IPAddresses = append(leaf.IPAddresses, net.ParseIP(address))
	}
	change(leaf)
	der, err := x509.CreateCertificate(rand.Reader, leaf, a.root, &key.PublicKey, a.key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// presenting makes hosts present another certificate.
func presenting(t *testing.T, change func(*x509.Certificate)) func(*tls.Config) {
	t.Helper()
	leaf, err := trust(t).issue(change)
	if err != nil {
		t.Fatal(err)
	}
	return func(c *tls.Config) { c.Certificates = []tls.Certificate{leaf} }
}

// speak answers requests one after the other in raw bytes; nil ends the connection.
func speak(answer func(*http.Request) []byte) peer {
	return func(conn net.Conn) {
		in := bufio.NewReader(conn)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
			if err != nil {
				return
			}
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			raw := answer(r)
			if raw == nil {
				return
			}
			if _, err := conn.Write(raw); err != nil {
				return
			}
		}
	}
}

// say writes the same to everybody who sends a byte, and ends.
func say(raw []byte) peer {
	return func(conn net.Conn) {
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			_, _ = conn.Write(raw)
		}
	}
}

// answer returns an HTTP answer in bytes; fields are whole lines.
func answer(status, body string, fields ...string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %s\r\n", status)
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return []byte(b.String())
}

const (
	apiVersion = "Docker-Distribution-Api-Version: registry/2.0"
	bearer     = `WWW-Authenticate: Bearer realm="https://` + authHost + `/token",service="` + registryHost + `"`
	basic      = `WWW-Authenticate: Basic realm="x"`
	// token is what the honest token server gives.
	token = "tok_3b1f0c2a9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f40"
)

var (
	layer    = strings.Repeat("layer", 200)
	config   = `{"architecture":"amd64","os":"linux"}`
	manifest = manifestOf(layer)
)

func digest(content string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(content))) }

// manifestOf returns an image's manifest.
func manifestOf(layers ...string) string {
	var list []string
	for _, l := range layers {
		list = append(list, fmt.Sprintf(`{"digest":%q,"size":%d}`, digest(l), len(l)))
	}
	return fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",`+
		`"config":{"digest":%q,"size":%d},"layers":[%s]}`,
		digest(config), len(config), strings.Join(list, ","))
}

// withToken returns the registry's answer to a request that has a token.
func withToken(r *http.Request) []byte {
	switch path := r.URL.Path; {
	case path == "/v2/":
		return answer("200 OK", "{}", apiVersion, "Content-Type: application/json")
	case strings.Contains(path, "/manifests/"):
		return answer("200 OK", manifest, apiVersion, "Content-Type: application/vnd.oci.image.manifest.v1+json",
			"Docker-Content-Digest: "+digest(manifest))
	case strings.Contains(path, "/blobs/"):
		return answer("302 Found", "", "Location: https://"+blobHost+"/b/"+path[strings.LastIndex(path,
			"/")+1:]+"?X-Amz-Signature=abcdef0123456789SIGNED")
	}
	return answer("404 Not Found", "{}")
}

func honestRegistry() peer { return registryBut(nil) }

// registryBut returns an honest registry save for what a function answers that is not
// nil.
func registryBut(other func(*http.Request) []byte) peer {
	return speak(func(r *http.Request) []byte {
		if other != nil {
			if raw := other(r); raw != nil {
				return raw
			}
		}
		if r.Header.Get("Authorization") != "Bearer "+token {
			return answer("401 Unauthorized", `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`, apiVersion, bearer,
				"Content-Type: application/json")
		}
		return withToken(r)
	})
}

func honestAuth() peer {
	return speak(func(*http.Request) []byte {
		return answer("200 OK", `{"token":"`+token+`","expires_in":300}`, "Content-Type: application/json")
	})
}

func honestBlob() peer {
	return speak(func(r *http.Request) []byte {
		for _, content := range []string{layer, config} {
			if strings.HasSuffix(r.URL.Path, digest(content)) {
				return answer("200 OK", content, "Content-Type: application/octet-stream")
			}
		}
		return answer("404 Not Found", "no")
	})
}

// tunnel is an honest proxy: it opens every tunnel to the hosts of its network.
func tunnel(conn net.Conn) {
	near, ok := conn.(*placed)
	if !ok {
		return
	}
	in := bufio.NewReader(conn)
	request, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	host, _, _ := strings.Cut(request.Host, ":")
	far, err := net.Dial("tcp", near.in.ports[host])
	if err != nil {
		_, _ = conn.Write(answer("502 Bad Gateway", ""))
		return
	}
	defer far.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		_, _ = io.Copy(far, in)
		_ = far.Close()
	}()
	_, _ = io.Copy(conn, far)
}

// notes are what peers report to the test.
type notes struct {
	mu   sync.Mutex
	list []string
}

func (n *notes) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, text)
}

// all returns the notes so far.
func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.list)
}

func readFull(conn net.Conn, buffer []byte) (int, error) { return io.ReadFull(conn, buffer) }
