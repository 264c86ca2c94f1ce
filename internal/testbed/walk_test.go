//go:build linux

package testbed_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"pullpath/internal/testbed"
)

// walkTimeout ends a walk that hangs. pullpath's own limit (--timeout, 30 s) is held
// elsewhere, in a test of its own; here a machine that is busy with other tests may
// stretch the start of a program many times over.
const walkTimeout = 3 * time.Minute

// walk is one network and what pullpath must say about it: the verdict and
// exactly these findings that no other explains away.
type walk struct {
	name  string
	parts []string
	// network starts what the network needs besides the outside and returns
	// the flags for it.
	network func(t *testing.T, b *testbed.Bed) (flags []string)
	names   testbed.Zone // of the client's name server; nil: inside and outside names
	image   bool         // the target is the image, not the profile's hosts
	targets []string     // in place of the profile's hosts
	badUser bool         // log in with a wrong password
	site    testbed.Site // what the outside looks like

	exit    int
	status  string
	finding []expected
	noLogin bool // the account's password must not reach the token server
}

// expected is one unmasked finding.
type expected struct {
	code   string
	target string // the only one; empty: not looked at
	said   string // a part of its evidence or of what it means
}

const deniedHost = "sso.redhat.com"

var proxyUser = map[string]string{"build": "s3cret"}

var walks = []walk{
	{
		name: "direct", network: direct, exit: 0, status: "pass",
	},
	{
		name: "direct, a whole pull", network: direct, image: true, exit: 0, status: "pass",
	},
	{
		name: "direct, wrong password", network: direct, badUser: true,
		exit: 1, status: "fail", finding: []expected{{code: "auth-credentials-rejected"}},
	},
	{
		name: "direct, egress closed", network: closed,
		exit: 1, status: "fail", finding: []expected{{code: "tcp-timeout"}},
	},
	{
		name: "squid allows", parts: []string{"squid"}, network: squid(testbed.Squid{}), exit: 0, status: "pass",
	},
	{
		name: "squid allows, a whole pull", parts: []string{"squid"}, network: squid(testbed.Squid{}), image: true,
		exit: 0, status: "pass",
	},
	{
		name: "squid resolves, the client cannot", parts: []string{"squid"}, network: squid(testbed.Squid{}),
		names: testbed.CorpZone(), exit: 0, status: "pass", finding: []expected{{code: "dns-left-to-proxy"}},
	},
	{
		name: "squid denies the SSO", parts: []string{"squid"}, network: quick(squid(testbed.Squid{Deny: []string{deniedHost}})),
		exit: 1, status: "fail", finding: []expected{{code: "proxy-connect-denied", target: deniedHost + ":443"}}, noLogin: true,
	},
	{
		name: "squid wants a password", parts: []string{"squid"}, network: quick(squid(testbed.Squid{Users: proxyUser})),
		exit: 1, status: "fail", finding: []expected{{code: "proxy-auth-required"}}, noLogin: true,
	},
	{
		name: "squid gets the password", parts: []string{"squid"}, network: squidAs("build:s3cret"),
		exit: 0, status: "pass",
	},
	{
		name: "squid gets a wrong password", parts: []string{"squid"}, network: quick(squidAs("build:guess")),
		exit: 1, status: "fail", finding: []expected{{code: "proxy-auth-rejected"}}, noLogin: true,
	},
	{
		name: "squid intercepts, its root is unknown", parts: []string{"squid"}, network: intercepted(false),
		exit: 1, status: "fail", finding: []expected{{code: "tls-intercepted-untrusted"}}, noLogin: true,
	},
	{
		name: "squid intercepts, its root is trusted", parts: []string{"squid"}, network: intercepted(true),
		exit: 0, status: "warn", finding: []expected{{code: "tls-intercepted-trusted"}},
	},
	{
		name: "squid intercepts, its root is given to the check alone", parts: []string{"squid"}, network: interceptedByGiven,
		exit: 0, status: "warn", finding: []expected{{code: "tls-intercepted-trusted"},
			{code: "tls-trusted-in-this-run-only", said: "--cacert adds it for this run"}},
	},
	{
		name: "tinyproxy allows", parts: []string{"tinyproxy"}, network: tinyproxy(testbed.Tinyproxy{}),
		exit: 0, status: "pass",
	},
	{
		name: "tinyproxy denies the SSO", parts: []string{"tinyproxy"}, network: quick(tinyproxy(testbed.Tinyproxy{Deny: []string{deniedHost}})),
		exit: 1, status: "fail", finding: []expected{{code: "proxy-connect-denied", target: deniedHost + ":443"}}, noLogin: true,
	},
	{
		name: "no proxy where it should be", network: nobody,
		exit: 1, status: "fail", finding: []expected{{code: "proxy-refused"}}, noLogin: true,
	},
}

func direct(_ *testing.T, b *testbed.Bed) []string {
	b.OpenEgress()
	return nil
}

// closed returns a black hole; a short patience keeps the test short.
// A SYN is sent again after one second (RFC 6298), and the packets are to show it.
func closed(*testing.T, *testbed.Bed) []string { return []string{"--hop-timeout", "2s"} }

func nobody(*testing.T, *testbed.Bed) []string {
	return []string{"-x", "http://" + testbed.CorpAddr + ":3128"}
}

func squid(s testbed.Squid) func(*testing.T, *testbed.Bed) []string {
	return func(_ *testing.T, b *testbed.Bed) []string { return []string{"-x", b.StartSquid(s)} }
}

func squidAs(userinfo string) func(*testing.T, *testbed.Bed) []string {
	return func(_ *testing.T, b *testbed.Bed) []string {
		proxy := b.StartSquid(testbed.Squid{Users: proxyUser})
		return []string{"-x", strings.Replace(proxy, "://", "://"+userinfo+"@", 1)}
	}
}

func intercepted(trusted bool) func(*testing.T, *testbed.Bed) []string {
	return func(t *testing.T, b *testbed.Bed) []string {
		gateway := testbed.NewInterceptor(t)
		if trusted {
			b.Trust(b.WriteFile("gateway.pem", gateway.CertPEM()))
		}
		return []string{"-x", b.StartSquid(testbed.Squid{Bump: gateway})}
	}
}

// interceptedByGiven is Squid with a CA that the check is given and the client lacks.
func interceptedByGiven(t *testing.T, b *testbed.Bed) []string {
	gateway := testbed.NewInterceptor(t)
	return []string{"-x", b.StartSquid(testbed.Squid{Bump: gateway}), "--cacert", b.WriteFile("gateway.pem", gateway.CertPEM())}
}

func tinyproxy(p testbed.Tinyproxy) func(*testing.T, *testbed.Bed) []string {
	return func(_ *testing.T, b *testbed.Bed) []string { return []string{"-x", b.StartTinyproxy(p)} }
}

// TestWalk runs the built binary through real networks.
func TestWalk(t *testing.T) {
	if _, err := os.Stat("../../cmd/pullpath/main.go"); errors.Is(err, os.ErrNotExist) {
		t.Skip("cmd/pullpath is not there yet")
	}
	t.Cleanup(func() { writePacketsPage(t) })
	for _, w := range slices.Concat(walks, proxyWalks(), inspectWalks(), requestWalks()) {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			testbed.Require(t, append(w.parts, "nginx", "docker-registry", "tshark")...)
			w.run(t)
		})
	}
}

func (w walk) run(t *testing.T) {
	b := testbed.New(t)
	origin := b.ServeOrigin(w.site)
	if w.names == nil {
		w.names = testbed.CorpZone().With(testbed.PublicZone())
	}
	b.ServeNames(b.Corp, testbed.CorpAddr, w.names)

	args := []string{"check", "-o", "json", "--public-roots", b.Roots, "-u", origin.User, "--password-stdin"}
	args = append(args, w.network(t, b)...)
	if w.image {
		args = append(args, origin.Image)
	}
	args = append(args, w.targets...)
	password := origin.Password
	if w.badUser {
		password = "not-" + password
	}
	stop := b.Capture(b.Client)
	got, exit := check(t, b, args, password)
	file := stop()
	w.fromPackets(t, got, file)
	agreesWithTShark(t, file)
	if exit != w.exit || got.Verdict.Status != w.status {
		t.Errorf("verdict %q, exit %d; want %q, %d: %s", got.Verdict.Status, exit, w.status, w.exit, got.Verdict.Summary)
	}
	w.compare(t, got)
	if logins := origin.Logins(); w.noLogin && logins > 0 {
		t.Errorf("the token server saw the password %d times, want never", logins)
	}
}

// compare reports missing and extra findings, and those at another target.
func (w walk) compare(t *testing.T, got report) {
	t.Helper()
	var want, codes []string
	for _, e := range w.finding {
		want = append(want, e.code)
	}
	for _, f := range got.Findings {
		if f.MaskedBy == "" && !slices.Contains(codes, f.Code) {
			codes = append(codes, f.Code)
		}
	}
	slices.Sort(want)
	slices.Sort(codes)
	if !slices.Equal(codes, want) {
		t.Errorf("unmasked findings %q, want %q", codes, want)
	}
	for _, e := range w.finding {
		for _, f := range got.Findings {
			if f.Code == e.code && f.MaskedBy == "" && e.target != "" && !slices.Equal(f.Targets, []string{e.target}) {
				t.Errorf("%s names %q, want only %s", f.Code, f.Targets, e.target)
			}
			if f.Code == e.code && f.MaskedBy == "" && !strings.Contains(f.Seen+" "+f.Explanation, e.said) {
				t.Errorf("%s does not say %q: %s %s", f.Code, e.said, f.Seen, f.Explanation)
			}
		}
	}
}

// hop is the part of a look-up that the tests check.
type hop struct {
	State  string
	Detail struct {
		Name, Server string
		Addresses    []string
	}
}

// report is the part of pullpath.report/v1 that is asserted.
type report struct {
	Schema  string `json:"schema"`
	Verdict struct {
		Status  string `json:"status"`
		Summary string `json:"summary"`
	} `json:"verdict"`
	Hops     []hop
	Findings []struct {
		Code     string   `json:"code"`
		Layer    string   `json:"layer"`
		Severity string   `json:"severity"`
		Targets  []string `json:"targets"`
		MaskedBy string   `json:"masked_by"`
		// Seen is the evidence, in one sentence.
		Seen string `json:"seen"`
		// Explanation is the conclusion from the evidence.
		Explanation string `json:"explanation"`
	} `json:"findings"`
}

// check runs pullpath in the client's house. On failure the test shows all
// that it said.
func check(t *testing.T, b *testbed.Bed, args []string, password string) (got report, exit int) {
	t.Helper()
	return checkBy(t, b, testbed.PullPath(t), args, password)
}

// checkBy is check by another build and with further variables; every report that is
// made comes back. The program is built before, which may take longer than a walk.
func checkBy(t *testing.T, b *testbed.Bed, program string, args []string, password string, env ...string) (got report, exit int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), walkTimeout)
	defer cancel()
	cmd := b.Command(ctx, b.Client, program, args...)
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdin = strings.NewReader(password + "\n")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("pullpath %q:\n%s%s", args, said.Bytes(), out.Bytes())
		}
	})
	var status *exec.ExitError
	if err != nil && !errors.As(err, &status) || ctx.Err() != nil {
		t.Fatalf("pullpath: %v", errors.Join(err, ctx.Err()))
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("no report: %v", err)
	}
	if got.Schema != "pullpath.report/v1" {
		t.Fatalf("schema %q", got.Schema)
	}
	comesBack(t, program, out.Bytes())
	return got, cmd.ProcessState.ExitCode()
}
