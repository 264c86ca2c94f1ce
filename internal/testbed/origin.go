//go:build linux

package testbed

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
)

const (
	registryHost = "registry.redhat.io"
	ssoHost      = "sso.redhat.com"
	blobHost     = "cdn01.quay.io" // the one that blobs are redirected to

	// firstHostAddr is the address of the first of publicHosts; the others
	// follow it one by one. They are of a documentation range (RFC 5737): a
	// public name with a private address would be a finding.
	firstHostAddr = "203.0.113.10"
	publicNet     = "203.0.113.0/24"

	// blobPrefix is where docker-registry's redirect points: its middleware
	// takes the host from its baseurl and the path from its own storage.
	blobPrefix = "/docker/"

	registryAddr = "127.0.0.1:5000"
	tokenAddr    = "127.0.0.1:5001"
)

// publicHosts are the hosts of the profile "redhat".
var publicHosts = []string{
	registryHost, ssoHost, "cdn.quay.io",
	blobHost, "cdn02.quay.io", "cdn03.quay.io", "cdn04.quay.io", "cdn05.quay.io", "cdn06.quay.io",
}

// Site is the configuration of the outside.
type Site struct {
	// RealmHost is the host that the registry's challenge names. Empty means
	// sso.redhat.com, as the article has it; today's registry names itself.
	RealmHost string
	// Nginx are further lines of nginx.conf for the server of a host. A location by
	// regular expression comes before the host's own.
	Nginx map[string]string
}

// Origin is the outside as it was started.
type Origin struct {
	// Image can be pulled with User and Password.
	Image          string
	User, Password string
	// Digest is that of the image's manifest.
	Digest string

	tokens *tokenServer
}

// Logins returns how many token requests came with credentials so far, right or
// wrong ones.
func (o *Origin) Logins() int { return int(o.tokens.logins.Load()) }

// ServeOrigin starts the outside: docker-registry with an image in it, a token
// server, nginx as the TLS front of all public hosts with certificates under
// Public, and the name server that knows them. Blobs are redirected to a CDN
// host, as the real registry does.
func (b *Bed) ServeOrigin(site Site) *Origin {
	b.t.Helper()
	Require(b.t, "nginx", "docker-registry")
	if site.RealmHost == "" {
		site.RealmHost = ssoHost
	}
	zone := PublicZone()
	for _, host := range publicHosts {
		ip(b.t, "-n", b.Outside.Name, "address", "add", zone[host].String()+"/32", "dev", "to-corp")
	}
	b.ServeNames(b.Outside, OutsideAddr, zone)

	origin := &Origin{
		Image: registryHost + "/" + imageName + ":" + imageTag,
		// The account has the shape of a registry service account.
		User: "11009103|pullpath-bed", Password: "correct-horse-battery-staple",
	}
	tokens := &tokenServer{key: rsaKey(b.t), accounts: map[string]string{origin.User: origin.Password}}
	origin.tokens = tokens
	b.serveTokens(tokens)
	storage := b.startRegistry(site.RealmHost, tokens.key)
	b.startNginx(zone, storage, site.Nginx)
	origin.Digest = b.pushImage(tokens)
	return origin
}

// serveTokens runs the token server in the test process, on a socket outside.
func (b *Bed) serveTokens(tokens *tokenServer) {
	b.t.Helper()
	listener, err := b.Outside.Listen(tokenAddr)
	if err != nil {
		b.t.Fatal(err)
	}
	server := &http.Server{Handler: tokens, ReadHeaderTimeout: readyWithin}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	b.t.Cleanup(func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			b.t.Errorf("token server: %v", err)
		}
	})
}

// startRegistry runs docker-registry and returns the directory it keeps blobs
// in. It trusts tokens signed with the key, and sends clients to the CDN.
func (b *Bed) startRegistry(realmHost string, key *rsa.PrivateKey) (storage string) {
	b.t.Helper()
	dir := b.dir("registry")
	storage = filepath.Join(dir, "storage")
	signer := NewAuthority(b.t, "token signer", key)
	bundle := b.WriteFile("registry/tokens.pem", signer.CertPEM())
	config := b.WriteFile("registry/config.yml", []byte(registryConfig(storage, bundle, realmHost)))
	b.start(daemon{
		name: "registry", ns: b.Outside, ready: registryAddr,
		argv: []string{"docker-registry", "serve", config},
	})
	return storage
}

// registryConfig returns the text of docker-registry's config.yml.
func registryConfig(storage, bundle, realmHost string) string {
	return fmt.Sprintf(`version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: %s}
middleware:
  storage:
    - name: redirect
      options: {baseurl: "https://%s"}
http:
  addr: %s
  relativeurls: true
auth:
  token:
    realm: https://%s%s
    service: %s
    issuer: %s
    rootcertbundle: %s
`, storage, blobHost, registryAddr, realmHost, RealmPath, tokenService, tokenIssuer, bundle)
}

// startNginx fronts every host of the zone with a leaf of its own.
func (b *Bed) startNginx(zone Zone, storage string, further map[string]string) {
	b.t.Helper()
	dir := b.dir("nginx")
	for host := range zone {
		leaf := b.Public.Leaf(b.t, host)
		b.WriteFile("nginx/"+host+".crt", leaf.ChainPEM)
		b.WriteFile("nginx/"+host+".key", leaf.KeyPEM)
	}
	config := b.WriteFile("nginx/nginx.conf", []byte(nginxConfig(dir, zone, storage, further)))
	b.start(daemon{
		name: "nginx", ns: b.Outside, ready: zone[registryHost].String() + ":443", logs: []string{"error.log", "access.log"},
		argv: []string{"nginx", "-p", dir, "-e", "error.log", "-c", config},
	})
}

// nginxConfig returns the text of nginx.conf: in the foreground, one process, one
// server for each host on its own address.
func nginxConfig(dir string, zone Zone, storage string, further map[string]string) string {
	var out bytes.Buffer
	fmt.Fprintf(&out, "daemon off;\nmaster_process off;\nuser root;\npid %s/nginx.pid;\nerror_log error.log info;\n", dir)
	out.WriteString("events {}\nhttp {\naccess_log access.log;\nclient_max_body_size 0;\nssl_protocols TLSv1.2 TLSv1.3;\n")
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&out, "%s_temp_path %s/%s;\n", kind, dir, kind)
	}
	for _, host := range publicHosts {
		fmt.Fprintf(&out, "server {\nlisten %s:443 ssl;\nserver_name %s;\n", zone[host], host)
		fmt.Fprintf(&out, "ssl_certificate %[1]s/%[2]s.crt;\nssl_certificate_key %[1]s/%[2]s.key;\n", dir, host)
		out.WriteString(further[host] + locations(host, storage))
		out.WriteString("}\n")
	}
	out.WriteString("}\n")
	return out.String()
}

// locations returns what a host serves. All three kinds pass the client's Host on
// and say that it came by TLS, from which docker-registry makes its URLs.
func locations(host, storage string) string {
	const pass = "location %s { proxy_pass http://%s; proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto https; }\n"
	if strings.HasPrefix(host, "cdn") {
		return fmt.Sprintf("location %s { root %s; }\nlocation / { return 403; }\n", blobPrefix, storage)
	}
	text := fmt.Sprintf(pass, "/auth/", tokenAddr)
	if host == registryHost {
		text += fmt.Sprintf(pass, "/v2/", registryAddr)
	}
	return text
}
