package mockproxy

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"pullpath/internal/fault"
)

const (
	// service is what Red Hat's challenge names.
	service = "docker-registry"
	// maxForm bounds a token request's form; a login of 64 KiB fits in.
	maxForm = 128 << 10
)

// access is one entry of a token's access claim (distribution spec, jwt.md).
type access struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Actions []string `json:"actions"`
}

type claims struct {
	jwt.RegisteredClaims
	Access []access `json:"access"`
}

// tokens answers as the article shows: 200 with token and access_token, 401
// with a JSON error.
func (n *Network) tokens() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !n.isRealm(r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		user, password, given := r.BasicAuth()
		scopes := r.URL.Query()["scope"]
		if r.Method == http.MethodPost { // a form (distribution spec, auth/oauth.md)
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
			user, password, given = r.PostFormValue("username"), r.PostFormValue("password"), r.PostFormValue("grant_type") == "password"
			if r.PostFormValue("grant_type") == "refresh_token" {
				given = true
				if r.PostFormValue("refresh_token") == fault.AccountIdentity {
					user, password = fault.AccountUser, fault.AccountPassword
				}
			}
			scopes = r.PostForm["scope"]
		}
		w.Header().Set("Content-Type", "application/json")
		if !given || !strings.EqualFold(user, fault.AccountUser) || password != fault.AccountPassword {
			unauthorized(w, given, grant(scopes))
			return
		}
		n.issueToken(w, scopes)
	})
}

func unauthorized(w http.ResponseWriter, given bool, detail []access) {
	message := "Please login to the Red Hat Registry using your Customer Portal credentials. " +
		"Further instructions can be found here: https://access.redhat.com/RegistryAuthentication"
	if given {
		message = "Invalid username or password"
	}
	w.WriteHeader(http.StatusUnauthorized)
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": []any{
		map[string]any{"code": "UNAUTHORIZED", "message": message, "detail": detail}}})
}

// grant returns what the scopes ask for; without a scope an empty list, as the
// article's own token has.
func grant(scopes []string) []access {
	out := []access{}
	for _, s := range strings.Fields(strings.Join(scopes, " ")) {
		parts := strings.Split(s, ":")
		if len(parts) == 3 {
			out = append(out, access{Type: parts[0], Name: parts[1], Actions: strings.Split(parts[2], ",")})
		}
	}
	return out
}

// sign makes a token whose header carries the key, as Red Hat's does.
func (n *Network) sign(granted []access) (string, error) {
	now := n.Now().Add(n.world.TokenClock)
	t := jwt.NewWithClaims(jwt.SigningMethodES256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: n.tokenIssuer(), Audience: jwt.ClaimStrings{service}, Subject: "mock",
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(n.tokenLife())),
		}, Access: granted})
	point, err := n.tokenKey.PublicKey.Bytes()
	if err != nil {
		return "", fmt.Errorf("encode token key: %w", err)
	}
	half := (len(point) - 1) / 2
	t.Header["jwk"] = map[string]string{"kty": "EC", "crv": "P-256",
		"x": base64.RawURLEncoding.EncodeToString(point[1 : 1+half]), "y": base64.RawURLEncoding.EncodeToString(point[1+half:])}
	return t.SignedString(n.tokenKey)
}

// tokenLife is how long a token holds, which its answer says as expires_in.
func (n *Network) tokenLife() time.Duration { return cmp.Or(n.world.TokenLife, fault.TokenLife) }

// tokenIssuer names the token server in tokens: the realm of the first registry without
// the protocol, as Keycloak has it.
func (n *Network) tokenIssuer() string {
	for _, h := range n.world.AllHosts() {
		if h.Role == "registry" {
			issuer, _, _ := strings.Cut(n.realm(h), "/protocol/")
			return issuer
		}
	}
	return ""
}

// check reads a Bearer token; nil when it is none of ours or not valid now.
func (n *Network) check(authorization string) *claims {
	raw, ok := strings.CutPrefix(authorization, "Bearer ")
	if !ok {
		return nil
	}
	var c claims
	_, err := jwt.ParseWithClaims(raw, &c, func(*jwt.Token) (any, error) { return &n.tokenKey.PublicKey, nil },
		jwt.WithValidMethods([]string{"ES256"}), jwt.WithTimeFunc(n.Now))
	if err != nil {
		return nil
	}
	return &c
}
