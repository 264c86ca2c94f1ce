// Package pacfile brings a proxy auto-config file from where a setting says that it is: a file, a
// URL, or the URL that WPAD finds. What it fetches is bounded in size, time and redirects, goes by
// no proxy, and carries no login.
package pacfile

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"pullpath/internal/hint"
	"pullpath/internal/redact"
	"pullpath/internal/userfile"
)

const (
	// maxFile bounds a file, in bytes: Chromium takes none above 1 MiB
	// (net/proxy_resolution/pac_file_fetcher_impl.cc).
	maxFile = 1 << 20
	// maxTime bounds the fetch. Chromium waits 30 s, in which a user has given up.
	maxTime = 10 * time.Second
	// maxRedirects bounds how often it is sent on; one leads from a name to a server.
	maxRedirects = 5
	// maxShown bounds what is shown of a URL or of a title, in runes.
	maxShown = 200
)

// drive is how a path of Windows stands in a URL.
var drive = regexp.MustCompile(`^/[A-Za-z]:`)

// From is the network by which files are fetched.
type From struct {
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	LookUp func(ctx context.Context, name string) ([]netip.Addr, error)
	// Roots verify servers, nil for the system's.
	Roots *x509.CertPool
	Now   func() time.Time
}

// File is a file that was brought.
type File struct {
	// Location is where it was asked for, Final where it came from after redirects; both without
	// what may be secret in a URL.
	Location, Final string
	// Type is the media type that its server gave, empty for a file of this machine.
	Type string
	Text []byte
}

// Read brings the file at a location: a path, or a URL with http, https, file or data. An error says
// what the location gave instead.
func Read(ctx context.Context, from From, location string) (File, error) {
	scheme, rest, found := strings.Cut(location, ":")
	switch scheme = strings.ToLower(scheme); {
	case found && scheme == "data":
		text, err := fromData(rest)
		return File{Location: "data:", Final: "data:", Text: text}, err
	case found && scheme == "file":
		u, err := url.Parse(location)
		if err != nil || u.Path == "" || u.Host != "" && u.Host != "localhost" {
			return File{}, hint.New(shown(location)+" is no file of this machine", "write file:///PATH, or the path alone")
		}
		if location = u.Path; drive.MatchString(location) {
			location = location[1:] // file:///C:/proxy.pac
		}
	case found && (scheme == "http" || scheme == "https") && strings.HasPrefix(rest, "//"):
		return fetch(ctx, from, location)
	case strings.Contains(location, "://"):
		return File{}, hint.New(shown(location)+" has a scheme that no PAC file is fetched by",
			"write a path, or a URL with http, https, file or data")
	}
	text, err := userfile.Read(location, maxFile)
	return File{Location: location, Final: location, Text: text}, err
}

// fromData reads the rest of a data: URL (RFC 2397).
func fromData(rest string) ([]byte, error) {
	kind, data, found := strings.Cut(rest, ",")
	text, err := url.PathUnescape(data)
	if !found || err != nil {
		return nil, errors.New("the data: URL has no text that can be read")
	}
	if !strings.HasSuffix(strings.ToLower(kind), ";base64") {
		return bounded([]byte(text))
	}
	out, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("the data: URL holds no base64")
	}
	return bounded(out)
}

func bounded(text []byte) ([]byte, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("larger than %d MiB, which no browser takes", maxFile>>20)
	}
	return text, nil
}

// fetch asks a server for the file.
func fetch(ctx context.Context, from From, location string) (File, error) {
	u, err := url.Parse(location)
	if err != nil || u.Hostname() == "" {
		return File{}, hint.New(shown(location)+" is no URL", "write scheme://host[:port]/path")
	}
	if u.User != nil {
		u.User = nil
		return File{}, hint.New("the URL of "+shown(u.String())+" has a login, and a PAC file is fetched without",
			"write the URL without NAME:PASSWORD@")
	}
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return File{}, errors.New(shown(location) + " is no URL")
	}
	request.Header.Set("Accept", "application/x-ns-proxy-autoconfig, */*;q=0.5")
	request.Header.Set("User-Agent", "pullpath")
	transport := from.transport()
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport, CheckRedirect: follow}).Do(request)
	if err != nil {
		return File{}, fmt.Errorf("%s: %s", shown(location), reason(ctx, err))
	}
	defer func() { _ = response.Body.Close() }()
	return received(ctx, location, response)
}

// received takes the file out of an answer.
func received(ctx context.Context, location string, response *http.Response) (File, error) {
	out := File{Location: shown(location), Final: shown(response.Request.URL.String())}
	out.Type, _, _ = mime.ParseMediaType(response.Header.Get("Content-Type"))
	if response.StatusCode != http.StatusOK {
		return out, refusal(out.Final, response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxFile+1))
	if err != nil {
		return out, fmt.Errorf("%s: %s", out.Final, reason(ctx, err))
	}
	if out.Text, err = bounded(text); err != nil {
		return out, fmt.Errorf("%s: %w", out.Final, err)
	}
	if isPage(out.Type, text) {
		return out, fmt.Errorf("%s gives a page, not a PAC file", out.Final)
	}
	return out, nil
}

// refusal is the error of a status.
func refusal(where string, status int) error {
	text := fmt.Sprintf("%s answers %d %s", where, status, http.StatusText(status))
	switch status {
	case http.StatusUnauthorized, http.StatusProxyAuthRequired:
		return hint.New(text+": it asks for a login, and a PAC file is fetched without", "save the file with a browser and name it")
	}
	return errors.New(strings.TrimSpace(text))
}

// isPage reports whether a text is a page for people: what portals and error pages give.
func isPage(kind string, text []byte) bool {
	begin := strings.ToLower(strings.TrimSpace(string(text[:min(len(text), 512)])))
	return strings.HasPrefix(begin, "<!doctype") || strings.HasPrefix(begin, "<html") || kind == "text/html" && strings.HasPrefix(begin, "<")
}

// transport speaks through the given network alone, by no proxy.
func (f From) transport() *http.Transport {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		addresses, err := f.addresses(ctx, host)
		if err != nil {
			return nil, err
		}
		for _, a := range addresses {
			var conn net.Conn
			if conn, err = f.Dial(ctx, network, net.JoinHostPort(a.String(), port)); err == nil {
				return conn, nil
			}
		}
		return nil, err
	}
	return &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: f.Roots, Time: f.Now, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: maxTime, ResponseHeaderTimeout: maxTime, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: false}
}

// addresses are those of a host.
func (f From) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	found, err := f.LookUp(ctx, host)
	if err == nil && len(found) == 0 {
		err = errors.New("no address")
	}
	if err != nil {
		return nil, fmt.Errorf("%s is not resolved: %w", redact.Text(host, maxShown), err)
	}
	return found, nil
}

// follow goes on a redirect: a few times, by http and https alone, never from https to http, and with
// no login.
func follow(request *http.Request, via []*http.Request) error {
	last := via[len(via)-1].URL
	switch to := request.URL; {
	case len(via) > maxRedirects:
		return fmt.Errorf("it is redirected more than %d times", maxRedirects)
	case to.Scheme != "http" && to.Scheme != "https":
		return fmt.Errorf("it is redirected to %s", shown(to.String()))
	case last.Scheme == "https" && to.Scheme == "http":
		return fmt.Errorf("it is redirected from https to %s", shown(to.String()))
	case to.User != nil:
		return errors.New("it is redirected to a URL with a login")
	}
	request.Header.Del("Referer")
	return nil
}

// reason is what went wrong, without the URL that stands before it.
func reason(ctx context.Context, err error) string {
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Sprintf("no answer in %v", maxTime)
	}
	return redact.Text(err.Error(), 2*maxShown)
}

// shown is a URL without what may be secret in it.
func shown(location string) string { return redact.Text(redact.Argument(location), maxShown) }
