//go:build linux

package testbed_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pullpath/internal/testbed"
)

// TestTheRunsPackets: what --pcap writes is what tshark reads, and only the run's own.
func TestTheRunsPackets(t *testing.T) {
	for _, row := range []struct {
		name    string
		parts   []string
		network func(*testing.T, *testbed.Bed) []string
		flags   []string
		// shown are packets that must be there by a filter of Wireshark's, absent those that must not.
		shown, absent []string
		// told is what diagnose makes of the file, without the run's report.
		told string
	}{
		{"by squid, with its keys", []string{"squid"}, squid(testbed.Squid{}), []string{"--anonymous", "--keylog"},
			[]string{`http.request.method == "CONNECT"`, `http.request.uri == "/v2/"`, `http.response.code == 401`,
				`tls.handshake.certificate`, "dns"},
			[]string{`dns.qry.name contains "stranger"`}, ""},
		{"by squid, without keys", []string{"squid"}, squidAs("build:s3cret"), []string{"--anonymous"},
			[]string{`http.proxy_authorization`, `tls.handshake.type == 1`}, []string{`http.request.uri == "/v2/"`}, ""},
		{"direct, with the devices on the way", nil, direct, []string{"--anonymous", "--trace"},
			[]string{"icmp.type == 11", "tls.handshake.type == 1"}, nil, ""},
		{"direct, egress closed", nil, closed, []string{"--anonymous"},
			[]string{"tcp.flags.syn == 1"}, []string{"tcp.flags.ack == 1 && tcp.dstport == 443"}, "tcp-timeout"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			testbed.Require(t, append(row.parts, "nginx", "docker-registry", "tshark", "curl")...)
			b := testbed.New(t)
			b.ServeOrigin(testbed.Site{})
			b.ServeNames(b.Corp, testbed.CorpAddr, testbed.CorpZone().With(testbed.PublicZone()))
			flags := append(row.network(t, b), row.flags...)
			file := filepath.Join(t.TempDir(), "run.pcapng")
			if last := len(flags) - 1; flags[last] == "--keylog" {
				flags = append(flags, filepath.Join(t.TempDir(), "keys"))
			}
			report := recorded(t, b, append([]string{"--pcap", file, "--public-roots", b.Roots}, flags...))
			c := packetFile{t, file}
			for _, filter := range row.shown {
				if len(c.fields(filter, "frame.number")) == 0 {
					t.Errorf("no packet is %s", filter)
				}
			}
			for _, filter := range append(row.absent, `http.user_agent contains "stranger"`, "!ip") {
				if got := c.fields(filter, "frame.number"); len(got) > 0 {
					t.Errorf("%d packets are %s", len(got), filter)
				}
			}
			c.eachConnectionIsNamed(report)
			if got := c.diagnosed(); got != row.told {
				t.Errorf("diagnose finds %q in it, want %q", got, row.told)
			}
		})
	}
}

// recorded runs a check while somebody else speaks to the same hosts, and returns its report.
func recorded(t *testing.T, b *testbed.Bed, args []string) (got struct {
	Hops []struct {
		ID             int
		Op, Target     string
		Local, Purpose string
	}
}) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), walkTimeout)
	defer cancel()
	stranger, stop := context.WithCancel(ctx)
	others := b.Command(stranger, b.Client, "sh", "-c", `while :; do
		curl -s -m 1 -A stranger -o /dev/null http://`+testbed.CorpAddr+`:3128/
		curl -s -m 1 -A stranger -o /dev/null http://stranger.example/; done`)
	if err := others.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { stop(); _ = others.Wait() }()
	cmd := b.Command(ctx, b.Client, testbed.PullPath(t), append([]string{"check", "-o", "json"}, args...)...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	var status *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &status) || cmd.ProcessState.ExitCode() > 1 {
		t.Fatalf("check: %v: %s", err, said.Bytes())
	}
	if !strings.Contains(said.String(), "keep it as you keep a password") {
		t.Errorf("it does not say what is in the file: %s", said.Bytes())
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("no report: %v", err)
	}
	return got
}

// packetFile is a file as tshark reads it.
type packetFile struct {
	t    *testing.T
	path string
}

// fields returns a field of each packet that a filter passes.
func (f packetFile) fields(filter string, names ...string) [][]string {
	f.t.Helper()
	args := []string{"-r", f.path, "-Y", filter, "-T", "fields"}
	for _, name := range names {
		args = append(args, "-e", name)
	}
	cmd := exec.CommandContext(f.t.Context(), "tshark", args...)
	cmd.Env = append(os.Environ(), "HOME="+f.t.TempDir(), "LANG=C")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		f.t.Fatalf("tshark: %v: %s", err, said.Bytes())
	}
	var rows [][]string
	for line := range strings.Lines(string(out)) {
		rows = append(rows, strings.Split(strings.TrimRight(line, "\n"), "\t"))
	}
	return rows
}

// diagnosed returns the root causes that the reader of captures finds.
func (f packetFile) diagnosed() string {
	f.t.Helper()
	var said bytes.Buffer
	cmd := testbed.Here(f.t.Context(), testbed.PullPath(f.t), "diagnose", "-o", "json", f.path)
	cmd.Stderr = &said
	var got struct {
		Verdict struct {
			Causes []string `json:"root_causes"`
		}
	}
	out, err := cmd.Output()
	var status *exec.ExitError
	if err != nil && !errors.As(err, &status) {
		f.t.Fatal(err)
	}
	if err := json.Unmarshal(out, &got); err != nil {
		f.t.Fatalf("%v: %s", err, said.Bytes())
	}
	return strings.Join(got.Verdict.Causes, " ")
}

// named is a comment that names a target and a hop.
var named = regexp.MustCompile(`^(\S+:\d+|all targets): hop \d+ `)

// eachConnectionIsNamed: every connection begins with its first packet, which names its hop, and
// every hop of the path that had a connection has one in the file.
func (f packetFile) eachConnectionIsNamed(report struct {
	Hops []struct {
		ID             int
		Op, Target     string
		Local, Purpose string
	}
}) {
	f.t.Helper()
	locals, streams := map[string]bool{}, map[string]bool{}
	for _, row := range f.fields("tcp", "tcp.stream", "tcp.flags.syn", "tcp.flags.ack", "frame.comment", "ip.src", "tcp.srcport") {
		if streams[row[0]] {
			continue
		}
		streams[row[0]] = true
		locals[row[4]+":"+row[5]] = true
		if row[1] != "1" || row[2] != "0" || !named.MatchString(row[3]) {
			f.t.Errorf("connection %s begins with %q", row[0], row)
		}
	}
	for _, row := range f.fields("dns.flags.response == 0", "frame.comment") {
		if !named.MatchString(row[0]) {
			f.t.Errorf("a question has the comment %q", row[0])
		}
	}
	for _, h := range report.Hops {
		if h.Op == "dial" && h.Local != "" && !locals[h.Local] {
			f.t.Errorf("hop %d to %s from %s is not in the file", h.ID, h.Target, h.Local)
		}
	}
}
