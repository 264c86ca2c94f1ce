package grid

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/refusal"
)

// sayingWorld is the World in which a refusal is met at its place.
func sayingWorld(s fault.Saying) fault.World {
	f := fault.HTTP{Says: s.Name}
	w := fault.World{Title: s.Name, Direct: true, Targets: []string{fault.Image + ":" + fault.ImageTag}}
	switch s.At {
	case fault.AtLogin:
		f.Host, f.Login = "sso.redhat.com", "basic"
	case fault.AtOpening:
		f.Host, f.Path, f.Whole, f.Login = "registry.redhat.io", "/v2/", true, fault.NoLogin
	case fault.AtImage:
		f.Host, f.Path = "registry.redhat.io", "/v2/ubi9"
	case fault.AtStore:
		f.Host = fault.BlobHost
	case fault.AtStoreWithToken:
		f.Host, f.Path = "registry.redhat.io", "/store"
		w.Faults = append(w.Faults, fault.HTTP{Host: "registry.redhat.io", Path: "/v2/ubi9/ubi/blobs", Status: 307,
			To: "https://registry.redhat.io/store{path}"})
	}
	w.Faults = append(w.Faults, f)
	return w
}

// fitting is what a finding about a refusal is, and what its advice has and has not.
type fitting struct {
	code        diagnosis.Code
	has, hasNot string
}

// fits has for each meaning the row that takes it, and the advice that the sentence allows: to
// log in does not help whom the server has locked out, nor a firewall whose account has no right.
var fits = map[refusal.Meaning]fitting{
	refusal.RateLimit:      {"http-rate-limited", `\bwait\b`, `firewall|password|clock`},
	refusal.LockedOut:      {"auth-locked-out", `\bwait\b`, `\b(log|logs|logged) in\b|check name and secret`},
	refusal.LoginExpired:   {"auth-credentials-expired", `log in`, `firewall|proxy|clock|entitled`},
	refusal.LoginRefused:   {"auth-credentials-rejected", `login|log in|log out|name and secret|account`, `firewall|proxy|clock`},
	refusal.AccessDenied:   {"registry-access-denied", `right|allow|account|enable|entitled|role|terms`, `firewall|proxy|clock|password`},
	refusal.AddressDenied:  {"http-blocked-by-origin", `address`, `log in|password|token|clock`},
	refusal.NotFound:       {"registry-not-found", `name|push|tag|copy`, `log in|password|firewall|clock`},
	refusal.UpstreamFailed: {"registry-mirror-upstream", `upstream`, `firewall`},
	refusal.URLExpired:     {"blob-url-rejected", `clock`, `log in|password`},
	refusal.URLAltered:     {"blob-url-rejected", `rewrites`, `log in|password`},
	refusal.SecondLogin:    {"blob-url-rejected", `Authorization`, `log in|password|clock`},
	refusal.ClockOff:       {"blob-url-rejected", `clock`, `log in|password`},
	refusal.StoreDenied:    {"blob-access-denied", `policy|account|billing|key|address|sign its`, `log in|password|clock`},
}

// Each refusal that is known is met in a World of its own: the row of its meaning alone takes it,
// in the sender's words, and the advice does not contradict them.
func TestKnownRefusalsAreRead(t *testing.T) {
	t.Parallel()
	if testing.Short() || raced {
		t.Skip("it walks a World for each refusal")
	}
	for _, s := range fault.Sayings() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			w := walk(sayingWorld(s))
			if w.err != nil {
				t.Fatal(w.err)
			}
			known := meant(w)
			want, ok := fits[known.Means]
			if got := visible(w.result); !ok || !slices.Equal(got, []string{string(want.code)}) {
				t.Fatalf("%q is said by %s: want %s, got %v\n%s", known.Means, s.Who, want.code, got, failedHops(w.trace))
			}
			for _, f := range w.result.Unmasked() {
				if f.Code == string(want.code) {
					adviceFits(t, f, want, known)
				}
			}
		})
	}
}

// meant is the sentence that was read on the path.
func meant(w walked) refusal.Sentence {
	for _, h := range w.trace.Hops {
		if s, ok := refusal.Known(evidence.DetailOf[evidence.Request](h)); ok && h.OnPath() {
			return s
		}
	}
	return refusal.Sentence{}
}

func adviceFits(t *testing.T, f diagnosis.Finding, want fitting, known refusal.Sentence) {
	t.Helper()
	advice := f.Remedy
	if f.Or != nil {
		advice += "; " + f.Or.Remedy
	}
	if !regexp.MustCompile(want.has).MatchString(advice) || regexp.MustCompile(want.hasNot).MatchString(advice) {
		t.Errorf("the advice does not fit %q: %s", known.Means, advice)
	}
	if known.Means == refusal.RateLimit && known.Login && strings.Contains(advice, "log in,") {
		t.Errorf("somebody who is logged in is told to log in: %s", advice)
	}
	if known.Operator && (f.Audience != diagnosis.RegistryOperator || strings.Contains(advice, "private endpoint")) {
		t.Errorf("%s names what its operator has to change, and %s is asked: %s", known.Code, f.Audience, advice)
	}
	shown := strings.ToLower(f.Seen + " " + f.Explanation)
	for _, part := range known.All {
		if !known.Page && !strings.Contains(shown, strings.ToLower(strings.TrimSpace(part))) {
			t.Errorf("the sender's words are not shown: %q in %s", part, shown)
		}
	}
}
