//go:build linux

package testbed

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// RealmPath and tokenService are those of registry.redhat.io.
	RealmPath    = "/auth/realms/rhcc/protocol/redhat-docker-v2/auth"
	tokenService = "docker-registry"
	tokenIssuer  = "https://sso.redhat.com/auth/realms/rhcc"

	// tokenLife is the time that the real server grants.
	tokenLife = 5 * time.Minute
)

// tokenServer answers as the article on registry.redhat.io shows: 200 with a
// token for an account it knows, 401 with a JSON error for any other, also for
// none. A request without a scope gets a token whose access is empty.
type tokenServer struct {
	key      *rsa.PrivateKey
	accounts map[string]string // name to password
	logins   atomic.Int64      // requests that came with a name
}

// access is one entry of a token's access claim, and of an error's detail.
type access struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Actions []string `json:"actions"`
}

// ServeHTTP takes credentials by GET with Basic and by POST with the form of
// the OAuth password grant.
func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != RealmPath {
		http.NotFound(w, r)
		return
	}
	name, password, given := r.BasicAuth()
	if r.Method == http.MethodPost {
		name, password = r.PostFormValue("username"), r.PostFormValue("password")
		given = name != ""
	}
	if given {
		s.logins.Add(1)
	}
	asked := parseScopes(r.Form["scope"], r.URL.Query()["scope"])
	w.Header().Set("Content-Type", "application/json")
	if want, known := s.accounts[name]; !known || want != password {
		w.WriteHeader(http.StatusUnauthorized)
		reply(w, refusal(given, asked))
		return
	}
	token, err := s.issue(name, pullOnly(asked))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	issued := time.Now().UTC().Format(time.RFC3339)
	reply(w, map[string]any{"token": token, "access_token": token, "expires_in": int(tokenLife.Seconds()), "issued_at": issued})
}

func reply(w http.ResponseWriter, body any) {
	_ = json.NewEncoder(w).Encode(body) // a client that went away needs no answer
}

// refusal returns the 401's body. Both texts are the real server's.
func refusal(given bool, asked []access) any {
	message := "Invalid username or password"
	if !given {
		message = "Please login to the Red Hat Registry using your Customer Portal credentials. " +
			"Further instructions can be found here: https://access.redhat.com/RegistryAuthentication"
	}
	return map[string]any{"errors": []any{map[string]any{"code": "UNAUTHORIZED", "message": message, "detail": asked}}}
}

// parseScopes reads "repository:NAME:ACTION,ACTION"; a name may hold colons.
// It ignores what is not a scope, as the token specification asks.
func parseScopes(lists ...[]string) []access {
	parsed := []access{}
	seen := make(map[string]bool)
	for _, list := range lists {
		for scope := range strings.FieldsSeq(strings.Join(list, " ")) {
			kind, rest, _ := strings.Cut(scope, ":")
			name, actions, ok := cutLast(rest, ":")
			if ok && !seen[scope] {
				parsed = append(parsed, access{Type: kind, Name: name, Actions: strings.Split(actions, ",")})
			}
			seen[scope] = true
		}
	}
	return parsed
}

// pullOnly returns what an account of ours may do of what it asks for. The
// article's bare "rhel" names no repository, and the real server grants
// nothing for it.
func pullOnly(asked []access) []access {
	granted := []access{}
	for _, a := range asked {
		if a.Type == "repository" && strings.Contains(a.Name, "/") {
			granted = append(granted, access{Type: a.Type, Name: a.Name, Actions: []string{"pull"}})
		}
	}
	return granted
}

// issue signs a token as the real server's looks: RS256, with the public key
// in the header.
func (s *tokenServer) issue(subject string, granted []access) (string, error) {
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"jti": rand.Text(), "iss": tokenIssuer, "aud": tokenService, "sub": subject, "typ": "Bearer", "azp": tokenService,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(tokenLife).Unix(), "access": granted,
	})
	encode := base64.RawURLEncoding.EncodeToString
	token.Header["jwk"] = map[string]string{
		"kty": "RSA", "alg": "RS256", "use": "sig",
		"n": encode(s.key.N.Bytes()), "e": encode(big.NewInt(int64(s.key.E)).Bytes()),
	}
	signed, err := token.SignedString(s.key)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed, nil
}
