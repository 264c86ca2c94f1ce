package flows

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
)

const (
	// maxAccess bounds how many entries of a token's access claim are kept.
	maxAccess = 16
	// maxClaim bounds one text of a token.
	maxClaim = 200
)

// describeJWT writes down what a token says of itself (RFC 7519; distribution
// spec, auth/jwt.md). Nothing of it is trusted, and a token that is no JWT is left
// alone: its form is between the two servers.
func describeJWT(token string, t *evidence.Token, scribe evidence.Scribe) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return
	}
	var header struct {
		Algorithm string `json:"alg"`
		Key       struct {
			Modulus string `json:"n"`
			Curve   string `json:"crv"`
		} `json:"jwk"`
	}
	var claims struct {
		Issuer    string   `json:"iss"`
		Audience  audience `json:"aud"`
		Subject   string   `json:"sub"`
		Expires   seconds  `json:"exp"`
		NotBefore seconds  `json:"nbf"`
		IssuedAt  seconds  `json:"iat"`
		Access    []struct {
			Type    string   `json:"type"`
			Name    string   `json:"name"`
			Actions []string `json:"actions"`
		} `json:"access"`
	}
	if !decodePart(parts[0], &header) || !decodePart(parts[1], &claims) {
		return
	}
	t.Algorithm, t.KeyBits = scribe.Short(header.Algorithm, maxClaim), len(header.Key.Modulus)*6/8*8
	t.Issuer, t.Subject = scribe.Short(claims.Issuer, maxClaim), redact.User(scribe.Secrets.Scrub(claims.Subject))
	for _, a := range claims.Audience {
		t.Audience = append(t.Audience, scribe.Short(a, maxClaim))
	}
	t.Expires, t.NotBefore, t.Issued = claims.Expires.time(), claims.NotBefore.time(), claims.IssuedAt.time()
	t.Access = []string{}
	for i, a := range claims.Access {
		if i < maxAccess {
			t.Access = append(t.Access, scribe.Short(a.Type+":"+a.Name+":"+strings.Join(a.Actions, ","), maxClaim))
		}
	}
}

func decodePart(part string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(raw, into) == nil
}

// audience is one name or a list of them (RFC 7519 section 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(a))
}

// seconds is a NumericDate (RFC 7519 section 2).
type seconds float64

// time returns the zero time for a claim that is absent or out of any calendar's range.
func (s seconds) time() time.Time {
	if s <= 0 || float64(s) > math.MaxInt32*16 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}
