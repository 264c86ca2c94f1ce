//go:build linux

package testbed

import (
	"fmt"
	"path/filepath"
)

const cacheAddr = "127.0.0.1:5010"

// CacheHost is the host under which nginx shows the cache, and CacheLines are its lines for that.
const CacheHost = "cdn06.quay.io"

// CacheLines are nginx's lines for the host of the cache: it is passed on.
const CacheLines = "location ~ ^/v2/ { proxy_pass http://" + cacheAddr +
	"; proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto https; }\n"

// StartCache runs a second docker-registry outside, as a pull-through cache of the first
// (https://distribution.github.io/distribution/recipes/mirror/) which logs in there with a password.
func (b *Bed) StartCache(origin *Origin, password string) {
	b.t.Helper()
	dir := b.dir("cache")
	config := b.WriteFile("cache/config.yml", fmt.Appendf(nil, `version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: %s}
http: {addr: "%s", relativeurls: true}
proxy: {remoteurl: "https://%s", username: "%s", password: "%s"}
`, filepath.Join(dir, "storage"), cacheAddr, registryHost, origin.User, password))
	b.start(daemon{name: "cache", ns: b.Outside, ready: cacheAddr, argv: []string{"docker-registry", "serve", config}})
}
