//go:build linux

package testbed_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/capture"
	"pullpath/tlsinspect"
)

// seenInPackets is what two readers of one capture must agree on.
type seenInPackets struct {
	connections int
	// again counts segments that were sent more than once, SYNs included.
	again int
	// names are those of ClientHellos, answers those of look-ups with what came, alerts the numbers
	// of alerts in clear.
	names, answers, alerts map[string]bool
}

func newSeen() seenInPackets {
	return seenInPackets{names: map[string]bool{}, answers: map[string]bool{}, alerts: map[string]bool{}}
}

func (s seenInPackets) String() string {
	list := func(m map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(m)), " ") }
	return fmt.Sprintf("%d connections\nnames %s\nanswers %s\nalerts %s", s.connections, list(s.names), list(s.answers), list(s.alerts))
}

// fewApart is how many segments the two may call differently: tshark takes one that comes late for
// sent again or for out of order by its estimate of the round trip, of which a busy machine has none.
const fewApart = 2

// agreesWithTShark compares what is read of a capture with what tshark reads.
func agreesWithTShark(t *testing.T, file string) {
	t.Helper()
	ours, theirs := readByUs(t, file), readByTShark(t, file)
	if apart := ours.again - theirs.again; ours.String() != theirs.String() || apart > fewApart || -apart > fewApart {
		t.Errorf("read of the capture:\n%d sent again, %s\ntshark reads:\n%d sent again, %s", ours.again, ours, theirs.again, theirs)
	}
}

func readByUs(t *testing.T, file string) seenInPackets {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out := newSeen()
	_, err = capture.Read(t.Context(), in, capture.Options{}, capture.Found{
		Connection: func(c *capture.Connection) {
			out.connections++
			out.again += c.Up.Again + c.Up.EndsAgain + c.Down.Again + c.Down.EndsAgain + max(c.SYNs-1, 0)
			heard, _ := tlsinspect.Overhear(insideTunnel(c.Up.Head), insideTunnel(c.Down.Head), tlsinspect.Options{})
			if heard.Detail.ServerName != "" {
				out.names[heard.Detail.ServerName] = true
			}
			for _, a := range []*tlsinspect.Alerted{heard.ByClient, heard.ByServer} {
				if a != nil {
					out.alerts[fmt.Sprint(a.Number)] = true
				}
			}
		},
		Question: func(q *capture.Question) {
			for _, a := range q.Answers {
				for _, addr := range a.Addresses {
					out.answers[q.Name+"="+addr.String()] = true
				}
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// insideTunnel is what is said behind the dialogue with a proxy.
func insideTunnel(stream []byte) []byte {
	for _, begins := range []string{"\x16\x03", "\x15\x03"} {
		if i := bytes.Index(stream, []byte(begins)); i >= 0 {
			return stream[i:]
		}
	}
	return nil
}

// readByTShark asks tshark for the same, in one pass.
func readByTShark(t *testing.T, file string) seenInPackets {
	t.Helper()
	fields := []string{"tcp.stream", "tcp.analysis.retransmission", "tls.handshake.extensions_server_name", "tls.alert_message.desc",
		"dns.flags.response", "dns.qry.name", "dns.a", "dns.aaaa"}
	args := []string{"-r", file, "-Y", "tcp || dns", "-T", "fields", "-E", "separator=|"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	raw, err := exec.Command("tshark", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	out, streams := newSeen(), map[string]bool{}
	for line := range strings.Lines(string(raw)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "|")
		if f[0] != "" {
			streams[f[0]] = true
		}
		if f[1] != "" {
			out.again++
		}
		if f[2] != "" {
			out.names[f[2]] = true
		}
		if f[3] != "" {
			out.alerts[f[3]] = true
		}
		if f[4] == "1" || f[4] == "True" {
			for _, addr := range strings.FieldsFunc(f[6]+","+f[7], func(r rune) bool { return r == ',' }) {
				out.answers[strings.ToLower(f[5])+"="+addr] = true
			}
		}
	}
	out.connections = len(streams)
	return out
}
