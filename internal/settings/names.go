package settings

import "strings"

// Keeps reports whether a variable of the environment bears on the way or the
// trust of a client; all others stay out of everything (CONTRACT.md 4.12).
func Keeps(name string) bool {
	switch strings.ToUpper(name) {
	case "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY":
		return true
	}
	switch name {
	case "REQUEST_METHOD", "JAVA_TOOL_OPTIONS", "NODE_USE_ENV_PROXY", "GODEBUG", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "DOCKER_HOST", "BUILDKIT_NO_CLIENT_TOKEN":
		return true
	}
	return false
}
