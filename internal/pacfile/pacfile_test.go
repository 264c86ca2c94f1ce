package pacfile

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const script = `function FindProxyForURL(url, host) { return "DIRECT"; }`

// server is a server of PAC files and of what comes in their place, and the network in which pac.corp.example
// is it.
func server(t *testing.T) From {
	t.Helper()
	mux := http.NewServeMux()
	give := func(path, kind, text string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" || r.Header.Get("Referer") != "" {
				t.Errorf("%s: it was sent %v", path, r.Header)
			}
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write([]byte(text))
		})
	}
	send := func(path, to string) { mux.Handle(path, http.RedirectHandler(to, http.StatusFound)) }
	give("/proxy.pac", "application/x-ns-proxy-autoconfig", script)
	give("/page", "text/html; charset=utf-8", "<!DOCTYPE html><title>Login</title>")
	give("/page-as-pac", "application/x-ns-proxy-autoconfig", "\n<html>")
	give("/large", "text/plain", strings.Repeat("//\n", maxFile))
	send("/moved", "/proxy.pac")
	send("/round", "/round")
	send("/to-file", "file:///etc/passwd")
	send("/to-login", "http://u:p@pac.corp.example/proxy.pac")
	mux.HandleFunc("/refused", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("function"))
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.Listener.Addr().String())
	}
	return From{Dial: dial, Now: time.Now, LookUp: func(_ context.Context, name string) ([]netip.Addr, error) {
		if name != "pac.corp.example" && name != "wpad.corp.example" {
			return nil, errors.New("no such host")
		}
		return []netip.Addr{netip.MustParseAddr("203.0.113.9")}, nil
	}}
}

// A file comes from where it is said to be, or an error says what came in its place.
func TestRead(t *testing.T) {
	from, path := server(t), filepath.Join(t.TempDir(), "proxy.pac")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	inBase64 := "data:application/x-ns-proxy-autoconfig;base64," + base64.StdEncoding.EncodeToString([]byte(script))
	for location, want := range map[string]string{
		path:             "",
		"file://" + path: "",
		inBase64:         "",
		"data:," + strings.ReplaceAll(script, " ", "%20"): "",
		"http://pac.corp.example/proxy.pac":               "",
		"HTTP://pac.corp.example/moved":                   "",
		"http://pac.corp.example/round":                   "it is redirected more than 5 times",
		"http://pac.corp.example/to-file":                 "it is redirected to file:///etc/passwd",
		"http://pac.corp.example/to-login":                "it is redirected to a URL with a login",
		"http://pac.corp.example/page":                    "gives a page, not a PAC file",
		"http://pac.corp.example/page-as-pac":             "gives a page, not a PAC file",
		"http://pac.corp.example/large":                   "larger than 1 MiB",
		"http://pac.corp.example/refused":                 "answers 401 Unauthorized: it asks for a login",
		"http://pac.corp.example/nowhere":                 "answers 404 Not Found",
		"http://pac.corp.example/cut":                     "unexpected EOF",
		"http://other.corp.example/proxy.pac":             "other.corp.example is not resolved: no such host",
		"http://u:secret@pac.corp.example/proxy.pac":      "has a login, and a PAC file is fetched without",
		"ftp://pac.corp.example/proxy.pac":                "has a scheme that no PAC file is fetched by",
		"file://server/proxy.pac":                         "is no file of this machine",
		"data:text/plain":                                 "has no text that can be read",
		"data:;base64,!":                                  "holds no base64",
		"http:///proxy.pac":                               "is no URL",
		filepath.Join(path, "x"):                          "not a directory",
	} {
		file, err := Read(t.Context(), from, location)
		switch {
		case want == "" && (err != nil || string(file.Text) != script):
			t.Errorf("%s: %q %v", location, file.Text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret")):
			t.Errorf("%s: %v, want %s", location, err, want)
		}
	}
}

// Whoever asks may end it.
func TestReadEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, server(t), "http://pac.corp.example/proxy.pac"); err == nil {
		t.Error("it was read")
	}
}

// WPAD asks for no name below a domain that is open to anybody.
func TestByDNS(t *testing.T) {
	names := Names([]string{"co.uk", "example", "Sub.corp.example.", "corp.example", "github.io", ""})
	if want := []string{"wpad.sub.corp.example", "wpad.corp.example"}; !slices.Equal(names, want) {
		t.Fatalf("asks for %q, want %q", names, want)
	}
	got, found := ByDNS(t.Context(), server(t), names)
	if !found || got.URL != "http://wpad.corp.example/wpad.dat" {
		t.Error(got, found)
	}
	if got, found := ByDNS(t.Context(), server(t), nil); found {
		t.Error(got)
	}
}
