package evidence

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/internal/cost"
	"pullpath/internal/redact"
)

const canary = "kQ7wVn2ZtLx9Rb4HsYc6"

// unsealedFields returns the text fields that [Seal] leaves alone, with the reason why no
// peer writes into them what it likes.
func unsealedFields() map[string]string {
	const word, number, kernel = "a word of this program", "a number that this program writes", "an address that the kernel or netip writes"
	const plan = "a host of the plan, or one that was refused if a secret stood in it"
	return map[string]string{
		"Challenge.Problem": "words of ours alone",
		"Hop.Op":            word, "Hop.Role": word, "Hop.Purpose": word, "Hop.Probe": word, "Hop.State": word,
		"Hop.Target": plan, "Hop.Peer": kernel,
		"Hop.Local": kernel, "Failure.Kind": word, "Trace.Schema": word, "Trace.Seed": number, "Tool.Version": word,
		"Vantage.OS": word, "Vantage.Source": word, "TextFile.Forms": word, "Vantage.Addresses": kernel, "TrustStore.Client": word,
		"Run.Profile": "a name of the user's", "Run.Client": word, "Run.Credentials": word, "Run.Ended": word, "Run.NotModelled": word,
		"Run.AuthFlow": word, "APIError.Form": word,
		"Signature.Says": word, "Target.ID": plan, "Endpoint.Host": plan, "Target.Role": word, "Target.FoundBy": word,
		"Target.Status": word, "Route.Kind": word,
		"Setting.Dialect": word, "Setting.Decision": word, "Setting.Outcome": word, "Setting.Client": word,
		"StoredLogin.Rules": word, "StoredLogin.Found": word, "StoredLogin.Cause": word,
		"UnusedVariable.Code": word, "SettingProblem.Code": word, "NearMiss.Code": word, "SettingRemark.Code": word,
		"Resolve.Transport": word, "Resolve.Addresses": kernel, "Question.Type": word, "Question.Rcode": word, "Question.Transport": word,
		"Question.Flags":        word,
		"AddressRecord.Address": kernel, "Rival.Rcode": word, "Rival.Addresses": kernel,
		"Dial.Address": kernel, "Dial.Errno": word, "ICMP.Name": word, "ICMP.Sender": kernel,
		"Trail.Said": word, "TrailStep.Answer": word, "TrailStep.Sender": kernel,
		"Tunnel.UserAgent": word, "Tunnel.AuthSent": word, "Tunnel.AuthAsked": word, "Tunnel.Connection": word, "Tunnel.Remarks": word,
		"Leg.AuthSent": word, "Leg.Connection": word, "SOCKS.ResolvedBy": word, "SOCKS.Address": kernel, "ProxyLog.Says": word,
		"Body.Markers": "one of the texts that were looked for", "Handshake.Version": word, "Handshake.Cipher": word, "Handshake.Curve": word,
		"Handshake.Groups": word, "Run.GoRelease": word, "Request.Range": word,
		"Certificate.Key": word, "Certificate.Serial": number, "Certificate.SHA256": number, "Certificate.SPKI": number,
		"Certificate.Policies":           number,
		"Certificate.SignatureAlgorithm": word, "Anchor.Kind": word, "Anchor.SPKI": number, "ClientTrust.Client": word,
		"Completion.SHA256": number, "Judgement.Store": word, "Judgement.Aspect": word,
		"Request.Method": word, "Request.UserAgent": word, "Request.AuthSent": word, "Request.Withheld": word, "Request.Step": word,
		"Request.Expected": word, "Transfer.Range": word, "Digest.Got": number,
	}
}

// details has one of each type that a hop may carry.
func details() []Detail {
	return []Detail{Setting{}, Resolve{}, Dial{}, Tunnel{}, Handshake{}, Request{}}
}

// filled makes a value of a type in which every text, in whatever depth, is text.
func filled(t reflect.Type, text string) reflect.Value {
	v := reflect.New(t).Elem()
	switch {
	case t == reflect.TypeFor[time.Time]():
	case t == reflect.TypeFor[Detail]():
		return filled(reflect.TypeFor[Request](), text)
	case t.Kind() == reflect.String:
		v.SetString(text)
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).IsExported() {
				v.Field(i).Set(filled(t.Field(i).Type, text))
			}
		}
	case t.Kind() == reflect.Slice:
		v = reflect.Append(v, filled(t.Elem(), text))
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		v.Elem().Set(filled(t.Elem(), text))
	case t.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(t))
		v.SetMapIndex(filled(t.Key(), text), filled(t.Elem(), text))
	}
	return v
}

// leftIn adds the fields in which a text still stands, by type and name. The names of
// map entries are their field's.
func leftIn(v reflect.Value, field, text string, found map[string]bool) {
	switch v.Kind() {
	case reflect.String:
		if strings.Contains(v.String(), text) {
			found[field] = true
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				leftIn(v.Field(i), v.Type().Name()+"."+f.Name, text, found)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			leftIn(v.Index(i), field, text, found)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			leftIn(k, field, text, found)
			leftIn(v.MapIndex(k), field, text, found)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			leftIn(v.Elem(), field, text, found)
		}
	}
}

// Every text of the evidence is gone through, or is listed with a reason. A new field
// is safe without a line here; one that is left alone needs one.
func TestSealReachesEveryText(t *testing.T) {
	secrets := &redact.Secrets{}
	secrets.Add(canary)
	scribe := Scribe{Secrets: secrets}
	text := "said " + canary + " here"
	left, all := map[string]bool{}, map[string]bool{}
	trace, _ := filled(reflect.TypeFor[Trace](), text).Interface().(Trace)
	leftIn(reflect.ValueOf(trace), "", canary, all)
	leftIn(reflect.ValueOf(Seal(scribe, trace)), "", canary, left)
	for _, d := range details() {
		d, _ := filled(reflect.TypeOf(d), text).Interface().(Detail)
		leftIn(reflect.ValueOf(d), "", canary, all)
		leftIn(reflect.ValueOf(Seal(scribe, d)), "", canary, left)
	}
	for field, why := range unsealedFields() {
		if !all[field] {
			t.Errorf("%s is listed and is no text of the evidence", field)
		} else if !left[field] {
			t.Errorf("%s is listed (%s) and is gone through", field, why)
		}
	}
	for field := range left {
		if unsealedFields()[field] == "" {
			t.Errorf("%s keeps a secret and is not listed", field)
		}
	}
	if len(all) < 150 {
		t.Errorf("only %d text fields were found", len(all))
	}
}

func TestSealLeavesTheRestAlone(t *testing.T) {
	secrets := &redact.Secrets{}
	secrets.Add("server", canary)
	secrets.Keep("registry.example.com")
	in := Request{URL: "https://registry.example.com/v2/", Headers: []Header{{"Server", "nginx"}, {"X-" + canary, "a"}}, Platforms: []string{},
		Challenges: []Challenge{{Scheme: "Basic"}}, Body: &Body{Text: "the server"}}
	got := Seal[Detail](Scribe{Secrets: secrets}, in)
	want := Request{URL: in.URL, Headers: []Header{{"Server", "nginx"}, {"X-REDACTED", "a"}}, Platforms: []string{},
		Challenges: []Challenge{{Scheme: "Basic"}}, Body: &Body{Text: "the REDACTED"}}
	if !reflect.DeepEqual(got, Detail(want)) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if in.Headers[1].Name != "X-"+canary || in.Body.Text != "the server" {
		t.Error("what was shared is changed")
	}
	failed := Fail(Timeout, "no "+canary, errStray{})
	if f := (Scribe{Secrets: secrets}).SealFailure(failed); f.Text != "no REDACTED" || !errors.Is(f, errStray{}) {
		t.Errorf("%+v", f)
	}
	var none Scribe
	if got := Seal[Detail](none, in); !reflect.DeepEqual(got, Detail(in)) {
		t.Errorf("without secrets: %+v", got)
	}
}

type errStray struct{}

func (errStray) Error() string { return "stray" }

func TestScribeTakesSecretsOutFirst(t *testing.T) {
	secrets := &redact.Secrets{}
	secrets.AddPair("joe", "pass<word>more Secret/9")
	s := Scribe{Secrets: secrets, Markers: []string{"squid"}}
	long := strings.Repeat("x", 505) + "pass<word>more Secret/9"
	for name, text := range map[string]string{
		"text at the cut": s.Text(long), "header value": s.Header("Server", long).Value,
		"header name":  s.Header("X-pass%3Cword%3Emore%20Secret%2F9", "").Name,
		"location":     s.URL("https://h.example/p/pass%3Cword%3Emore%20Secret%2F9"),
		"first bytes":  s.FirstBytes([]byte(strings.Repeat("y", 90) + "pass<word>more Secret/9")),
		"cut by peers": s.FirstBytes([]byte("220 pass<word>mo")),
		"title":        s.Body([]byte("<html><title>pass&lt;word&gt;more Secret/9</title>"), "", false).Title,
		"page":         s.Body([]byte("<html><p>pa<b></b>ss&lt;word&gt;more  Secret/9</p>"), "", false).Text,
		"stripped":     s.Body([]byte("<html><p>pass<word>more Secret/9</p>"), "", false).Text,
		"cut body":     s.Body([]byte("you are pass<word>more"), "", true).Text,
	} {
		for _, part := range []string{"more", "Secret", "pass<", "pass%3C", "pass&"} {
			if strings.Contains(text, part) {
				t.Errorf("%s: %q", name, text)
			}
		}
	}
	got := s.Challenges(`Bearer realm="https://a.example/pass<word>more Secret\/9",service="pass<word>more Secret/9",error_description="no"`)
	if len(got) != 1 || strings.Contains(got[0].Params["realm"]+got[0].Params["service"], "word") ||
		got[0].Params["error_description"] != "no" {
		t.Errorf("%+v", got)
	}
	if names := s.Each([]string{"a", "pass<word>more Secret/9", "c"}, 2, 50); !slices.Equal(names, []string{"a", "REDACTED"}) {
		t.Errorf("%q", names)
	}
}

func TestHostName(t *testing.T) {
	for in, want := range map[string]string{"Auth.Example.com.": "auth.example.com", "[::1]": "::1", "0:0:0::1": "::1",
		"::ffff:10.0.0.1": "10.0.0.1", "a..": "a.", ".": "", "": ""} {
		if got := HostName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestHostPlace(t *testing.T) {
	for in, want := range map[string]string{
		"localhost": ThisHost, "LOCALHOST.": ThisHost, "a.localhost": ThisHost, "127.8.9.1": ThisHost, "[::1]": ThisHost, "0.0.0.0": ThisHost,
		"::ffff:127.0.0.1": ThisHost,
		"169.254.7.9":      LinkLocal, "fe80::1": LinkLocal, "fe80::1%eth0": LinkLocal, "169.254.169.254": Metadata, "fd00:ec2::254": Metadata,
		"100.100.100.200":    Metadata,
		"64:ff9b::a9fe:a9fe": Metadata, "metadata.google.internal": Metadata, "2130706433": OddNumber, "127.1": OddNumber, "0x7f.1": OddNumber,
		"a.0x7f":   OddNumber,
		"10.0.0.1": "", "192.168.1.1": "", "fd00::1": "", "registry.example.com": "", "localhost.example.com": "", "h1": "", "": "",
	} {
		if got := HostPlace(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// A page is gone through once: ten times as much takes ten times the work.
func TestBodyIsLinear(t *testing.T) {
	for _, piece := range []string{"<!--<script></script>", "<script>", "<title>", "<head><script></head>", "<a <a ", "<!--", "&lt",
		"<noscript><p>", "<textarea>", "<p>x</p>", "<", "a@"} {
		work := func(n int) float64 {
			page := []byte("<html>" + strings.Repeat(piece, n))
			return testing.AllocsPerRun(1, func() { Scribe{}.Body(page, "text/html", false) })
		}
		if small, large := work(500), work(5000); large > 20*small+500 {
			t.Errorf("%q: %.0f allocations, then %.0f for ten times as much", piece, small, large)
		}
	}
}

func FuzzBody(f *testing.F) {
	for _, piece := range []string{"<!--<script></script>", "<title>a</title>", "<head><script>x</script>y</head>z",
		"<noscript><p>q</p></noscript>", "&lt;&#60", "\xff<p>", "<plaintext><b>"} {
		f.Add([]byte(piece), "<html>", true)
	}
	f.Fuzz(func(t *testing.T, data []byte, before string, truncated bool) {
		secrets := &redact.Secrets{}
		secrets.Add(canary)
		s := Scribe{Secrets: secrets, Markers: []string{"squid"}}
		page := append([]byte(before+canary), data...)
		var b *Body
		cost.Linear(t, len(page), func() { b = s.Body(page, "text/html", truncated) })
		if strings.Contains(b.Title+b.Text, canary) {
			t.Errorf("%q, %q", b.Title, b.Text)
		}
		if n, m := len([]rune(b.Title)), len([]rune(b.Text)); n > maxTitle || m > maxKept {
			t.Errorf("%d and %d characters", n, m)
		}
		if text := s.FirstBytes(data); len([]rune(text)) > 4*MaxFirstBytes {
			t.Errorf("%d characters of first bytes", len(text))
		}
	})
}

func FuzzChallenges(f *testing.F) {
	f.Add(`Bearer realm="https://a/t",service="`, `", Basic realm=x`)
	f.Add("Digest nonce=", ",qop")
	f.Add("", " a=b")
	f.Fuzz(func(t *testing.T, before, after string) {
		if len(before)+len(after) > 1<<16 {
			t.Skip()
		}
		secrets := &redact.Secrets{}
		secrets.Add(canary)
		s := Scribe{Secrets: secrets}
		kept := 0
		var challenges []Challenge
		cost.Linear(t, len(before)+len(after), func() { challenges = s.Challenges(before + canary + after) })
		for _, c := range challenges {
			text := c.Scheme
			for name, v := range c.Params {
				text += " " + name + "=" + v
			}
			kept += len(text)
			if strings.Contains(strings.ToLower(text), strings.ToLower(canary)) {
				t.Errorf("%q keeps %q", before+canary+after, text)
			}
		}
		if most := 12 * (len(before) + len(after) + len(canary) + 64); kept > most {
			t.Errorf("%d bytes are kept, at most %d are right", kept, most)
		}
		h := s.Header(before+canary, after+canary)
		if strings.Contains(strings.ToLower(h.Name+h.Value), strings.ToLower(canary)) {
			t.Errorf("%+v", h)
		}
	})
}
