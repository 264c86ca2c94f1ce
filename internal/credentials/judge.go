package credentials

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"pullpath/internal/settings"
)

// terminalLine is how many bytes of a pasted line a terminal hands over in its
// line mode (Linux, drivers/tty/n_tty.c, N_TTY_BUF_SIZE 4096 less the line's
// end). The article: "the secret value may not be entered correctly if you try to
// paste it into curl's interactive password prompt".
const terminalLine = 4095

// Judge returns what is wrong with the form of a login for a registry, wherever it
// came from. Case is never blamed: the names of Red Hat's service accounts are
// case-insensitive (article 3560571, comments). A sound login has no remark.
func Judge(registry string, l Login, source string) []settings.Remark {
	var out []settings.Remark
	add := func(code settings.Code, variable, text string) {
		out = append(out, settings.Remark{Code: code, Source: source, Variable: variable, Text: text})
	}
	secret := l.Secret()
	if l.User == keyFileUser {
		return nil // the secret is a file of JSON, in which blanks and line breaks mean nothing
	}
	switch trimmed := strings.TrimRight(secret, "\r\n"); {
	case trimmed != secret:
		add(TrailingNewline, "secret", "the secret ends in a line break, and every client sends it along")
		secret = trimmed
	case strings.TrimSpace(secret) != secret:
		add(Malformed, "secret", "the secret begins or ends with a blank, and every client sends it along")
	}
	if text := cutSecret(secret); text != "" {
		add(Malformed, "secret", text)
	}
	if l.Kind == Password {
		for _, text := range nameProblems(registry, l.User, secret) {
			add(Malformed, "name", text)
		}
		for _, text := range literals("secret", secret) {
			add(Malformed, "secret", text)
		}
	}
	return out
}

// cutSecret says that a secret was cut.
func cutSecret(secret string) string {
	problem := ""
	if jwtShaped(secret) {
		problem = jwtProblem(secret)
	}
	switch {
	case problem != "" && len(secret) == terminalLine:
		return fmt.Sprintf("the secret is a JWT of exactly %d bytes and %s: a terminal's line mode cut it there", terminalLine, problem)
	case problem != "":
		return fmt.Sprintf("the secret has the form of a JWT and %s: it was cut or altered; it has %d bytes", problem, len(secret))
	case len(secret) == terminalLine && !jwtShaped(secret):
		return fmt.Sprintf("the secret has exactly %d bytes, which is where a terminal's line mode cuts a paste", terminalLine)
	}
	return ""
}

// keyFileUser is the name with which Google's registries take a service account's key file as
// the secret (docs.cloud.google.com/artifact-registry/docs/docker/authentication).
const keyFileUser = "_json_key"

// jwtShaped: a JWT's header is a JSON object in base64, and a point stands behind it (RFC 7515
// section 7.1). Other secrets are JSON in base64 as well, ECR's for one: where no point was
// seen, the object has to name its algorithm, as a header must.
func jwtShaped(secret string) bool {
	header, _, pointed := strings.Cut(secret, ".")
	if !strings.HasPrefix(header, "eyJ") {
		return false
	}
	object, _ := base64.RawURLEncoding.DecodeString(header[:len(header)/4*4])
	return pointed || bytes.Contains(object, []byte(`"alg"`))
}

// jwtProblem returns which part of a JWT does not decode, empty for a sound one.
// Nothing of it is verified.
func jwtProblem(secret string) string {
	parts := strings.Split(secret, ".")
	if len(parts) != 3 {
		return fmt.Sprintf("has %d of its 3 parts", len(parts))
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	for i, name := range []string{"header", "claims"} {
		data, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return "its " + name + " are not base64"
		}
		if i == 0 && json.Unmarshal(data, &header) != nil || !json.Valid(data) {
			return "its " + name + " are no JSON"
		}
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !signatureLength(header.Algorithm, len(signature)) {
		return "its signature is not whole"
	}
	return ""
}

// signatureLength holds a signature to its algorithm (RFC 7518 section 3.1): RSA
// ones have the length of the key, 2048 to 4096 bits, ECDSA and HMAC ones a
// length of their own. Others are let pass.
func signatureLength(algorithm string, n int) bool {
	lengths := map[string][]int{"ES256": {64}, "ES384": {96}, "ES512": {132}, "HS256": {32}, "HS384": {48}, "HS512": {64}}
	if strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS") {
		return slices.Contains([]int{256, 384, 512}, n)
	}
	known, ok := lengths[algorithm]
	return !ok || slices.Contains(known, n)
}

// redHat returns the registries whose service accounts have names of the form
// ACCOUNT|NAME and JWTs as secrets (access.redhat.com/RegistryAuthentication,
// article 3560571).
func redHat(registry string) bool {
	return slices.Contains([]string{"registry.redhat.io", "registry.connect.redhat.com", "sso.redhat.com"}, strings.ToLower(registry))
}

var (
	digitsOnly = regexp.MustCompile(`^[0-9]+$`)
	variable   = regexp.MustCompile(`^\$\{?[A-Za-z_][A-Za-z0-9_]*\}?$|^<[a-z _-]+>$`)
)

// nameProblems returns what is wrong with a name. A name that begins with | is
// sound: OpenShift's pull secrets have such.
func nameProblems(registry, user, secret string) []string {
	out := literals("name", user)
	if strings.ContainsFunc(user, unicode.IsSpace) {
		out = append(out, "the name has a blank in it")
	}
	switch {
	case !redHat(registry) || strings.Contains(user, "|"):
	case digitsOnly.MatchString(user):
		out = append(out, "the name is an account number alone: a shell took the | for a pipe, and the part behind it is lost")
	case jwtShaped(secret):
		out = append(out, "the secret is a service account's, and the name lacks its account number: such a name is ACCOUNT|NAME")
	}
	return out
}

// names are those that a registry itself gives a login, and that look like a variable: of an
// identity token, and of quay.io's and NVIDIA's tokens (quay/quay, auth/credential_consts.py;
// docs.nvidia.com/nim/speech/latest/get-started/ngc-access-setup.html).
func names() []string { return []string{tokenUser, "$token", "$oauthtoken", "$app"} }

// literals are texts that a shell or a reader should have replaced.
func literals(what, value string) []string {
	switch {
	case variable.MatchString(value) && !slices.Contains(names(), value):
		return []string{"the " + what + " is the literal text of a placeholder: nothing was put in its place"}
	case len(value) > 1 && (value[0] == '"' || value[0] == '\'') && value[0] == value[len(value)-1]:
		return []string{"quotes stand around the " + what + " and are part of it"}
	}
	return nil
}
