//go:build linux

package testbed

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// pushTimeout bounds one request of a push over loopback.
const pushTimeout = 2 * time.Minute

// pushImage puts an image into docker-registry through its own API, with a
// token that allows it, and returns the digest that the registry gave it.
func (b *Bed) pushImage(tokens *tokenServer) string {
	b.t.Helper()
	token, err := tokens.issue("pusher", []access{{Type: "repository", Name: imageName, Actions: []string{"pull", "push"}}})
	if err != nil {
		b.t.Fatal(err)
	}
	p := pusher{token: token, client: http.Client{Timeout: pushTimeout, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return b.Outside.Dial(ctx, network, address)
		},
	}}}
	digest, err := p.push(smallImage(b.t))
	if err != nil {
		b.t.Fatalf("push: %v", err)
	}
	return digest
}

// pusher speaks the part of the distribution API that a push needs.
type pusher struct {
	client http.Client
	token  string
}

// push puts the blobs before the manifest: a registry refuses a manifest whose
// blobs it does not have.
func (p *pusher) push(i image) (digest string, err error) {
	for _, content := range i.blobs {
		if err := p.blob(content); err != nil {
			return "", err
		}
	}
	header, err := p.do(http.MethodPut, "/v2/"+imageName+"/manifests/"+imageTag, manifestType, i.manifest, http.StatusCreated)
	return header.Get("Docker-Content-Digest"), err
}

// blob opens an upload and fills it with one PUT.
func (p *pusher) blob(content []byte) error {
	header, err := p.do(http.MethodPost, "/v2/"+imageName+"/blobs/uploads/", "", nil, http.StatusAccepted)
	if err != nil {
		return err
	}
	location, err := url.Parse(header.Get("Location"))
	if err != nil {
		return err
	}
	query := location.Query()
	query.Set("digest", digest(content))
	location.RawQuery = query.Encode()
	_, err = p.do(http.MethodPut, location.RequestURI(), "application/octet-stream", content, http.StatusCreated)
	return err
}

// do makes one request and fails on any status but the wanted one.
func (p *pusher) do(method, path, kind string, body []byte, want int) (http.Header, error) {
	request, err := http.NewRequest(method, "http://"+registryAddr+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+p.token)
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != want {
		text, _ := io.ReadAll(io.LimitReader(response.Body, logTail)) // only for the message
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
	}
	return response.Header, nil
}
