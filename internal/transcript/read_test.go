package transcript_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
	"pullpath/internal/transcript"
)

const refused = `Error response from daemon: Get "https://quay.io/v2/": dial tcp 54.210.1.2:443: connect: connection refused`

// What a terminal, an editor, a mail or a log puts round a message does not matter.
func TestWrappings(t *testing.T) {
	t.Parallel()
	quote := func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`) }
	wide := func(s string) string {
		var out bytes.Buffer
		out.Write([]byte{0xff, 0xfe})
		for _, u := range utf16.Encode([]rune(s)) {
			out.Write([]byte{byte(u), byte(u >> 8)})
		}
		return out.String()
	}
	for name, text := range map[string]string{
		"plain":            refused,
		"CRLF":             "Using default tag: latest\r\n" + refused + "\r\n",
		"colours":          "\x1b[31m" + refused + "\x1b[0m\n",
		"UTF-16":           wide(refused + "\r\n"),
		"byte order mark":  "\ufeff" + refused,
		"typographic":      strings.ReplaceAll(refused, `"`, "”"),
		"no-break space":   strings.ReplaceAll(refused, "daemon: ", "daemon:\u00a0"),
		"logfmt":           `time="2024-05-01T08:00:00Z" level=error msg="pull failed" error="` + quote(refused) + `" image=quay.io/a/b`,
		"quoted twice":     `level=warning msg="` + quote(`error="`+quote(refused)+`"`) + `"`,
		"docker's JSON":    `{"log":"` + quote(refused) + `\n","stream":"stderr","time":"2024-05-01T08:00:00Z"}`,
		"zap's JSON":       `{"level":"error","ts":1714550400,"msg":"pull failed","error":"` + quote(refused) + `"}`,
		"journal":          "May 01 08:00:00 node1 dockerd[812]: " + refused,
		"klog":             `E0501 08:00:00.000000     812 remote_image.go:180] "PullImage failed" err="` + quote(refused) + `"`,
		"kubectl describe": "  Warning  Failed     3m53s (x4 over 5m)   kubelet            Failed to pull image \"quay.io/a/b:1\": " + refused,
		"kubectl's JSON": "{\n    \"items\": [\n        {\n            \"message\": \"Failed to pull image: " + quote(refused) + "\",\n" +
			"            \"reason\": \"Failed\"\n        }\n    ]\n}\n",
		"wrapped":         strings.Replace(refused, `/v2/": `, `/v2/":`+"\n  ", 1),
		"journal's bytes": `{"MESSAGE":[` + strings.Trim(strings.ReplaceAll(fmt.Sprint([]byte("\x1b[31m"+refused)), " ", ","), "[]") + `]}`,
		"PowerShell": "PS C:\\> docker pull quay.io/a/b\ndocker : " + strings.Replace(refused, "connection refused", "connection \nrefused", 1) +
			"\nAt line:1 char:1\n+ docker pull quay.io/a/b\n+ ~~~~~~\n    + CategoryInfo          : NotSpecified: (" + refused +
			":String) [], RemoteException\n    + FullyQualifiedErrorId : NativeCommandError\n",
		"a meter before": "\r  0     0    0     0    0     0      0      0 --:--:--  0:00:10 --:--:--     0\r" + refused,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := causes(t, text)
			if len(got) != 1 || got[0] != "tcp-refused" {
				t.Errorf("got %v of %q", got, text)
			}
		})
	}
}

// No secret of a text is in the trace, whatever form it has.
func TestSecretsAreCut(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-S3cr3t"
	for _, text := range []string{
		"> Authorization: Basic " + secret + "\n", "> Proxy-Authorization: Basic " + secret + "\n", "Authorization: Bearer " + secret,
		"curl -u joe:" + secret + " -v https://quay.io/v2/", "curl --proxy-user=joe:" + secret + " https://quay.io/v2/",
		"docker login -u joe -p " + secret + " quay.io", "podman login --password=" + secret + " quay.io",
		"* Uses proxy env variable https_proxy == 'http://joe:" + secret + "@proxy.corp.example:3128'",
		"HTTPS_PROXY=http://joe:" + secret + "@proxy.corp.example:3128", `{"token":"` + secret + `","expires_in":300}`,
		`{"access_token": "` + secret + `"}`, `{"auths":{"quay.io":{"auth":"` + secret + `"}}}`, "< Set-Cookie: sid=" + secret + "; path=/",
		"Cookie: a=b; sid=" + secret, "password=" + secret + "&service=x", "X-Registry-Auth: " + secret,
		`level=debug msg="token" token=eyJhbGciOiJSUzI1NiJ9.` + secret, "--creds joe:" + secret, "client_secret=" + secret,
		"machine quay.io login joe password " + secret, "  password " + secret, "REGISTRY_PASSWORD=" + secret,
		"CI_REGISTRY_PASSWORD: " + secret, `  password = "` + secret + `"`, "AWS_SESSION_TOKEN=" + secret, "Password: " + secret,
		"aws_secret_access_key = " + secret, `curl -H 'PRIVATE-TOKEN: ` + secret + `' https://gitlab.corp.example/`,
		`curl --header 'Authorization: Bearer ` + secret + `' https://quay.io/v2/`, "map[Authorization:[Bearer " + secret + "] Accept:[x]]",
		`{"headers":{"Authorization":["Basic ` + secret + `"]}}`, "echo " + secret + " | docker login -u joe --password-stdin quay.io",
		"docker login -u joe --password-stdin <<< " + secret, "<password>" + secret + "</password>", `"proxyPassword": "` + secret + `"`,
		"proxy-user: joe:" + secret, "WWW-Authenticate: Negotiate " + secret, "https://x.blob.example/a?sig=" + secret + "&se=1",
		`parse "http://joe:` + secret + `/x@proxy.corp.example:3128": invalid port ":` + secret + `" after host`,
		`parse "http://joe:p@` + secret + `@proxy.corp.example:3128": invalid URL escape`,
		"curl: (5) Unsupported proxy syntax in 'http://joe:" + secret + " x@proxy.corp.example:3128'",
		`invalid port ":` + secret + `" after host`, "Environment=HTTPS_PROXY=http://joe:" + secret + "@proxy.corp.example:3128",
		`$env:HTTPS_PROXY="http://joe:` + secret + `@proxy.corp.example:3128"`, "openssl s_client -pass pass:" + secret,
		"Auth:&AuthConfig{Username:joe,Password:" + secret + ",Auth:,ServerAddress:,}",
		// Encoded, the login stays one.
		"  auth: " + base64.StdEncoding.EncodeToString([]byte("joe:"+secret)),
		"  .dockerconfigjson: " + base64.StdEncoding.EncodeToString([]byte(`{"auths":{"quay.io":{"password":"`+secret+`"}}}`)),
	} {
		trace, err := read(t, text+"\n"+refused+" "+secret+"\n")
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if len(trace.Texts.Secrets) == 0 {
			t.Errorf("%q: nothing says that there was a secret", text)
		}
		for _, h := range trace.Hops {
			if kept := fmt.Sprintf("%+v %+v %+v", h, h.Origin, h.Failure); strings.Contains(kept, secret) {
				t.Errorf("%q: the secret is kept: %s", text, kept)
			}
		}
	}
}

// What stands in a secret's place is none.
func TestPlaceholdersAreNoSecrets(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"> Authorization: Basic <REDACTED>", "curl -u $USER:$PASS https://quay.io/v2/", "password=****",
		"http://joe:xxxxx@proxy:3128", "authorization server did not include a token in the response",
		"skopeo copy docker://quay.io:5000/team/app@sha256:0123 dir:x", `secret="team/regcred" err="secret not found"`,
		"failed to fetch anonymous token: unexpected status", "unauthorized: authentication required"} {
		if trace, err := read(t, text+"\n"+refused); err != nil || len(trace.Texts.Secrets) > 0 {
			t.Errorf("%q: %v, %v", text, err, trace.Texts.Secrets)
		}
	}
}

// Attempts that say the same are one, with its number.
func TestAttemptsAreOne(t *testing.T) {
	t.Parallel()
	trace, err := read(t, strings.Repeat(refused+"\n", 7))
	if err != nil || len(trace.Hops) != 1 || trace.Hops[0].Origin.Times != 7 {
		t.Fatalf("%v, %d hops", err, len(trace.Hops))
	}
}

func TestBadTexts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"empty":   {"", "empty"},
		"binary":  {"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00", "not a text"},
		"no form": {"The quick brown fox jumps over the lazy dog.\n", "no form"},
		"a cat":   {strings.Repeat("meow ", 1000), "no form"},
	} {
		if _, err := read(t, c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestAReaderThatFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	_, err := transcript.Read(t.Context(), nil, []transcript.Source{{Name: "x", Data: io.MultiReader(strings.NewReader(refused),
		failing{broken})}},
		evidence.Scribe{Secrets: &redact.Secrets{}}, nil)
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// endless gives a text of so many bytes without holding it.
type endless struct {
	unit string
	left int
	at   int
	n    int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	line := e.unit
	if strings.Contains(line, "%d") {
		line = fmt.Sprintf(line, e.n)
	}
	n := copy(p, line[e.at:])
	e.at += n
	if e.at == len(line) {
		e.at, e.n = 0, e.n+1
	}
	e.left -= n
	return n, nil
}

// A text of any length takes bounded memory: lines of a log, one line, and attempts that all
// differ.
func TestMemoryIsBounded(t *testing.T) {
	for name, unit := range map[string]string{
		"lines":    "May 01 08:00:00 node1 kernel: something that happens all day long\n",
		"one line": "x",
		"attempts": `Get "https://h%d.example/v2/": dial tcp 10.0.0.1:443: connect: connection refused` + "\n",
	} {
		size := 4 << 20
		if name == "one line" {
			unit = strings.Repeat("x", 4096)
		}
		text := io.MultiReader(strings.NewReader(refused+"\n"), &endless{unit: unit, left: size})
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		trace, err := transcript.Read(t.Context(), nil, []transcript.Source{{Name: "x", Data: text}},
			evidence.Scribe{Secrets: &redact.Secrets{}}, nil)
		if err != nil {
			t.Fatal(name, err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		const most = 16 << 20 // a quarter of what a run may take in all
		if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > most {
			t.Errorf("%s: %d bytes stay", name, kept)
		}
		if name == "attempts" && trace.Texts.LeftOut == 0 {
			t.Errorf("%s: nothing says that attempts were left out", name)
		}
		runtime.KeepAlive(trace)
	}
}

// FuzzRead: a text never ends the program, and what comes of it keeps the laws of evidence.
func FuzzRead(f *testing.F) {
	for _, text := range []string{refused, "* Trying 192.0.2.1:443...\ncurl: (7) x", "> CONNECT a:443 HTTP/1.1\n< HTTP/1.1 403 Forbidden\n<\n",
		`{"error":"Get \"https://a/v2/\": EOF"}`, "level=error msg=\"\\\"", "(Mirrors also failed: [a: b] [c: d]): e", "\xff\xfea\x00",
		"dial tcp [::1]:: x", "lookup  on : no such host", "curl: (60) ", "== Info: \n0000: HTTP/1.1\n", "* Connected to (nil) () port "} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		trace, err := read(t, text)
		if err == nil {
			if err := trace.Check(); err != nil {
				t.Error(err)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	line := `May 01 08:00:00 node1 containerd[812]: level=info msg="trying next host" error="failed to do request: ` +
		`Head \"https://quay.io/v2/a/b/manifests/%d\": dial tcp 54.210.1.2:443: i/o timeout" host=quay.io` + "\n"
	noise := "May 01 08:00:00 node1 systemd[1]: Started Session 4711 of User root.\n"
	var text bytes.Buffer
	for i := 0; text.Len() < 1<<20; i++ {
		text.WriteString(strings.Repeat(noise, 10))
		fmt.Fprintf(&text, line, i)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		_, err := transcript.Read(b.Context(), nil, []transcript.Source{{Name: "x", Data: bytes.NewReader(text.Bytes())}},
			evidence.Scribe{Secrets: &redact.Secrets{}}, nil)
		if err != nil {
			b.Fatal(err)
		}
	}
}

// logLines are lines of a node's log, in klog's form, JSON, logfmt and a web server's, most of them of
// nothing that failed.
var logLines = []struct {
	weight int
	form   string
}{
	{20, `I0301 10:00:%02d.123456    1234 kuberuntime_manager.go:448] "No sandbox for pod can be found. Need to start a new one" pod="a-%d"`},
	{3, `E0301 10:00:%02d.223456    1234 remote_image.go:171] "PullImage from image service failed" err="rpc error: code = Unknown desc = ` +
		`failed to resolve reference \"quay.io/team/app:%d\": failed to do request: Head \"https://quay.io/v2/team/app/manifests/1\": dial tcp ` +
		`192.0.2.7:443: i/o timeout" image="quay.io/team/app:1"`},
	{20, `{"level":"info","ts":"2026-03-01T10:00:%02dZ","caller":"controller/x.go:12","msg":"reconciling","object":"a-%d","duration":"1.2s"}`},
	{3, `{"level":"error","ts":"2026-03-01T10:00:%02dZ","msg":"Reconciler error","error":"chart pull error: failed to do request: Head ` +
		`\"https://r.example/v2/charts/app-%d/manifests/1\": tls: failed to verify certificate: x509: certificate signed by unknown authority"}`},
	{20, `time="2026-03-01T10:00:%02d.000000000Z" level=info msg="PullImage \"quay.io/team/app:%d\""`},
	{3, `time="2026-03-01T10:00:%02d.000000000Z" level=error msg="PullImage \"quay.io/team/app:%d\" failed" error="failed: unexpected ` +
		`status from HEAD request to https://quay.io/v2/team/app/manifests/1: 502 Bad Gateway"`},
	{20, `Mar 01 10:00:%02d node1 systemd[1]: Started Session %d of User root.`},
	{3, `Mar 01 10:00:%02d node1 dockerd[812]: time="2026-03-01T10:00:00Z" level=warning msg="Error getting v2 registry: Get ` +
		`\"https://registry-1.docker.io/v2/\": proxyconnect tcp: dial tcp 192.0.2.3:3128: connect: connection refused %d"`},
	{20, `192.0.2.5 - - [01/Mar/2026:10:00:%02d +0000] "GET /v2/team/app-%d/manifests/1 HTTP/1.1" 200 512 "-" "containerd/1.7"`},
	{20, `2026-03-01T10:00:%02d.000Z DEBUG http status=200 path=/v2/team/app-%d/blobs/sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`},
}

// BenchmarkLog reads a megabyte of a node's log, of which no two lines are the same.
func BenchmarkLog(b *testing.B) {
	var text bytes.Buffer
	for i := 0; text.Len() < 1<<20; {
		for _, l := range logLines {
			for range l.weight {
				fmt.Fprintf(&text, l.form+"\n", i%60, i)
				i++
			}
		}
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		_, err := transcript.Read(b.Context(), nil, []transcript.Source{{Name: "x", Data: bytes.NewReader(text.Bytes())}},
			evidence.Scribe{Secrets: &redact.Secrets{}}, func(string) bool { return false })
		if err != nil {
			b.Fatal(err)
		}
	}
}
