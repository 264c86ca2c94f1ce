//go:build linux

package hostile

import (
	"net/http"
	"strings"
	"testing"
)

// TestSecretsOfPeersStay: what a peer gives of its own secrets, another answer repeats.
func TestSecretsOfPeersStay(t *testing.T) {
	const signature, session, state = "0f3a9c1b7e5d2846SIGNEDvalue", "SESSIONsecret012345678", "COOKIEsecret0123456789"
	redirecting := registryBut(func(r *http.Request) []byte {
		if r.Header.Get("Authorization") == "" || !strings.Contains(r.URL.Path, "/blobs/") {
			return nil
		}
		return answer("302 Found", "", "Location: https://"+blobHost+"/b?X-Amz-Signature="+signature+
			"&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261130")
	})
	refusing := speak(func(*http.Request) []byte {
		return answer("403 Forbidden", "<Error><SignatureProvided>"+signature+
			"</SignatureProvided><AWSAccessKeyId>AKIAIOSFODNN7EXAMPLE</AWSAccessKeyId></Error>",
			"Content-Type: application/xml", "Server: "+signature)
	})
	onwards := speak(func(*http.Request) []byte {
		return answer("302 Found", "", "Location: https://"+otherHost+"/err/"+signature+"/x?m="+signature)
	})
	cookies := speak(func(*http.Request) []byte {
		return answer("403 Forbidden", "your session "+state+" is over", "Set-Cookie: SID="+state+"; Path=/", "Content-Type: text/plain")
	})
	asking := speak(func(*http.Request) []byte {
		return answer("401 Unauthorized", "{}", apiVersion,
			`WWW-Authenticate: Bearer realm="https://`+authHost+`/token?session=`+session+`",service="x"`)
	})
	echoing := speak(func(r *http.Request) []byte {
		return answer("403 Forbidden", "no: "+r.URL.Query().Get("session"), "Content-Type: text/plain")
	})
	page := speak(func(*http.Request) []byte {
		return answer("200 OK", `<html>{"token":"`+token+`","id_token":"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqb2UifQ.c2ln"}`,
			"Content-Type: text/html")
	})
	args := []string{"check", target, "--anonymous"}
	try(t, []attempt{
		{name: "an object store repeats the signature", args: args, net: &network{registry: redirecting, blob: refusing}, exit: []int{1},
			lacks: []string{signature, "AKIAIOSFODNN7EXAMPLE"}},
		{name: "a second redirect has it in its path", args: args, net: &network{registry: redirecting, blob: onwards}, exit: []int{1},
			lacks: []string{signature}},
		{name: "a session cookie in a page", args: args, net: &network{registry: cookies}, exit: []int{1}, lacks: []string{state}},
		{name: "a session in the realm", args: args, net: &network{registry: asking, auth: echoing}, exit: []int{1}, lacks: []string{session}},
		{name: "a token answer that is sent as a page", args: args, net: &network{auth: page}, exit: []int{1},
			lacks: []string{token, "eyJhbGciOiJSUzI1NiJ9", "eyJzdWIiOiJqb2UifQ"}},
	})
}

// TestPeersCannotBlankWords: a peer that calls plain words its cookie has nothing taken
// out of the report.
func TestPeersCannotBlankWords(t *testing.T) {
	blanking := speak(func(*http.Request) []byte {
		return answer("403 Forbidden for today", "connection reset by peer", "Set-Cookie: a=Forbidden for today", "Set-Cookie: b="+registryHost,
			"Set-Cookie: c=text/plain", "Content-Type: text/plain")
	})
	try(t, []attempt{{name: "words as cookies", args: []string{"check", target, "--anonymous"},
		net: &network{registry: blanking}, exit: []int{1},
		says: []string{"Forbidden for today", registryHost, "connection reset by peer"}}})
}

// TestScenariosStayBoundedWhenTheyGrow: what stands for a certificate is short, and the
// certificate is not.
func TestScenariosStayBoundedWhenTheyGrow(t *testing.T) {
	many := "network:\n  files:\n    /etc/ca.pem: |\n" + strings.Repeat("      "+strings.Repeat("@interceptor-ca@", 300)+"\n", 400)
	bypass := "network:\n  env:\n    HTTPS_PROXY: http://proxy.corp.example:3128\n    NO_PROXY: \"*\"\n"
	try(t, []attempt{
		{name: "120,000 certificates", args: []string{"mock", "--scenario", "{dir}/s.yaml", "--", "true"}, plain: true,
			files: map[string]string{"s.yaml": many}, exit: []int{2}},
		{name: "a proxy that is gone around", args: []string{"mock", "--scenario", "{dir}/s.yaml", "--", "true"}, plain: true,
			files: map[string]string{"s.yaml": bypass},
			exit:  []int{0}, says: []string{"NO_PROXY"}},
	})
}
