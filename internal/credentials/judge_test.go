package credentials

import (
	"encoding/base64"
	"strings"
	"testing"

	"pullpath/internal/settings"
)

// token returns a sound JWT by form: RS512 with a signature of 4096 bits.
func token(claims string) string {
	raw := base64.RawURLEncoding.EncodeToString
	return raw([]byte(`{"alg":"RS512"}`)) + "." + raw([]byte(claims)) + "." + raw([]byte(strings.Repeat("s", 512)))
}

func TestJudge(t *testing.T) {
	whole := token(`{"sub":"x"}`)
	ecr := base64.StdEncoding.EncodeToString([]byte(`{"payload":"QUJD","datakey":"AQID","version":"2",` +
		`"type":"DATA_KEY","expiration":1795990000}`))
	long := token(`{"sub":"` + strings.Repeat("x", 4000) + `"}`)
	for name, row := range map[string]struct {
		registry, user, secret string
		code                   settings.Code
		text                   string
	}{
		"a service account":                 {"registry.redhat.io", "11009103|build", whole, "", ""},
		"its name in capitals":              {"registry.redhat.io", "11009103|BUILD-Bot", whole, "", ""},
		"a customer login":                  {"registry.redhat.io", "jdoe@corp.example", "p4ssw0rd", "", ""},
		"OpenShift's pull secret":           {"registry.redhat.io", "|uhc-pool-4f6a", whole, "", ""},
		"a robot of quay.io":                {"quay.io", "org+robot", strings.Repeat("A", 64), "", ""},
		"digits elsewhere":                  {"harbor.corp.example", "4711", "p4ssw0rd", "", ""},
		"a secret longer than the terminal": {"registry.redhat.io", "1|a", long, "", ""},
		"ECR's password, JSON in base64":    {"1.dkr.ecr.eu-west-1.amazonaws.com", "AWS", ecr, "", ""},
		"a token of Google's":               {"europe-docker.pkg.dev", "oauth2accesstoken", "ya29.a0AfB_byC", "", ""},
		"a key file of Google's":            {"gcr.io", "_json_key", "{\n \"type\": \"service_account\"\n}\n", "", ""},
		"an app's token of quay.io":         {"quay.io", "$app", "A1B2", "", ""},
		"NVIDIA's token":                    {"nvcr.io", "$oauthtoken", "nvapi-x", "", ""},
		"a refresh token of ACR's":          {"x.azurecr.io", "00000000-0000-0000-0000-000000000000", whole, "", ""},
		"a robot of Harbor's":               {"harbor.corp.example", "robot$team+ci", "p4ssw0rd", "", ""},
		"cut in its header":                 {"registry.redhat.io", "1|a", whole[:20], Malformed, "1 of its 3 parts"},
		"a bare | lost":                     {"registry.redhat.io", "11009103", whole, Malformed, "pipe"},
		"no account part":                   {"registry.redhat.io", "build", whole, Malformed, "account number"},
		"cut by the terminal":               {"registry.redhat.io", "1|a", long[:4095], Malformed, "line mode"},
		"an opaque secret of that length":   {"quay.io", "a", strings.Repeat("A", 4095), Malformed, "exactly 4095 bytes"},
		"cut in its claims":                 {"registry.redhat.io", "1|a", whole[:30], Malformed, "2 of its 3 parts"},
		"cut in its signature":              {"registry.redhat.io", "1|a", whole[:len(whole)-10], Malformed, "signature"},
		"altered":                           {"registry.redhat.io", "1|a", strings.Replace(whole, ".", ".%", 1), Malformed, "not base64"},
		"a line break":                      {"registry.redhat.io", "1|a", whole + "\n", TrailingNewline, "line break"},
		"a blank before":                    {"quay.io", "a", " pw", Malformed, "blank"},
		"a blank in the name":               {"quay.io", "a b", "pw", Malformed, "blank"},
		"quotes":                            {"quay.io", "a", "'p4ss'", Malformed, "quotes"},
		"a variable of the article":         {"quay.io", "$TOKENID", "pw", Malformed, "placeholder"},
		"a placeholder of the article":      {"quay.io", "<username>", "pw", Malformed, "placeholder"},
	} {
		got := Judge(row.registry, NewLogin(Password, row.user, row.secret), "f")
		switch {
		case row.code == "" && len(got) > 0, row.code != "" && len(got) != 1:
			t.Errorf("%s: %v", name, got)
		case row.code != "" && (got[0].Code != row.code || !strings.Contains(got[0].Text, row.text) || got[0].Source != "f"):
			t.Errorf("%s: %v", name, got[0])
		}
		for _, r := range got {
			if strings.Contains(r.Text, row.secret) {
				t.Errorf("%s: %q tells the secret", name, r.Text)
			}
		}
	}
}
