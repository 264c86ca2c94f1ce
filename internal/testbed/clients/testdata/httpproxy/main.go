// Program httpproxy gets a URL by the rules of golang.org/x/net/http/httpproxy.
// It chooses the variables itself, upper case first as net/http does: the
// package's own FromEnvironment has preferred lower case since v0.61
// (golang/go#79656).
package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"golang.org/x/net/http/httpproxy"
)

func main() {
	config := httpproxy.Config{
		HTTPProxy:  cmp.Or(os.Getenv("HTTP_PROXY"), os.Getenv("http_proxy")),
		HTTPSProxy: cmp.Or(os.Getenv("HTTPS_PROXY"), os.Getenv("https_proxy")),
		NoProxy:    cmp.Or(os.Getenv("NO_PROXY"), os.Getenv("no_proxy")),
		CGI:        os.Getenv("REQUEST_METHOD") != "",
	}
	proxy := config.ProxyFunc()
	client := http.Client{Transport: &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) { return proxy(r.URL) },
	}}
	response, err := client.Get(os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	response.Body.Close()
}
