package crossing_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"pullpath/internal/capture/draw"
	"pullpath/internal/crossing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func place(t *testing.T, name, packets string) *crossing.Place {
	t.Helper()
	p, err := crossing.Read(t.Context(), name, bytes.NewReader(draw.PCAP(t, packets)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const (
	inside = `
		0.00 10.0.0.5:40001 > 203.0.113.9:443 S mss=1460
		0.02 203.0.113.9:443 > 10.0.0.5:40001 SA ttl=61 mss=1460
		0.03 10.0.0.5:40001 > 203.0.113.9:443 PA hello=registry.redhat.io
`
	outside = `
		5.00 192.0.2.7:61000 > 203.0.113.9:443 S ttl=62 mss=1460
		5.02 203.0.113.9:443 > 192.0.2.7:61000 SA ttl=63 mss=1460
		5.03 192.0.2.7:61000 > 203.0.113.9:443 PA ttl=62 hello=registry.redhat.io
`
)

// What is between two places shows in what one has and the other has not.
func TestCompare(t *testing.T) {
	for name, row := range map[string]struct {
		inside, outside string
		want            []string
		not             string
	}{
		"all comes through": {inside + "\n0.05 203.0.113.9:443 > 10.0.0.5:40001 A ttl=61", outside, nil, "lost"},
		"the reset is made between": {inside + "\n0.04 203.0.113.9:443 > 10.0.0.5:40001 RA ttl=63",
			outside + "\n5.04 192.0.2.7:61000 > 203.0.113.9:443 RA ttl=63",
			[]string{"made: the reset in the server's name in in (frame 4, hop limit 63) is not in out",
				"made: the reset in the client's name in out (frame 4"}, "lost"},
		"the reset is the server's": {inside + "\n0.05 203.0.113.9:443 > 10.0.0.5:40001 RA ttl=61",
			outside + "\n5.04 203.0.113.9:443 > 192.0.2.7:61000 RA ttl=63", []string{"changed: the reset is in both"}, "made"},
		"the SYN does not come through": {`
			0.5 10.0.0.5:40002 > 203.0.113.10:443 S seq+=7
			1.0 10.0.0.5:40001 > 203.0.113.9:443 S
			2.0 10.0.0.5:40001 > 203.0.113.9:443 S`, `
			0.5 10.0.0.5:40002 > 203.0.113.10:443 S seq+=7
			2.0 192.0.2.1:53 > 192.0.2.2:53 dns 1 A? x = 192.0.2.3`,
			[]string{"lost: not one packet of it comes to out"}, "made"},
		"the SYN-ACK does not come back": {"0.0 10.0.0.5:40001 > 203.0.113.9:443 S", `
			0.0 10.0.0.5:40001 > 203.0.113.9:443 S
			0.1 203.0.113.9:443 > 10.0.0.5:40001 SA`, []string{"lost: the server's SYN-ACK is in out (frame 2)"}, "made"},
		"the answer is cut": {inside + "\n0.06 203.0.113.9:443 > 10.0.0.5:40001 PA len=100",
			outside + "\n5.05 203.0.113.9:443 > 192.0.2.7:61000 PA len=1460\n5.06 203.0.113.9:443 > 192.0.2.7:61000 PA len=100",
			[]string{"lost: 1460 of 1560 bytes of the server"}, "made"},
		"the size is changed": {inside, strings.ReplaceAll(outside, "S ttl=62 mss=1460", "S ttl=62 mss=1380"),
			[]string{"changed: the largest segment that the client announces is changed from 1460 to 1380 bytes"}, "lost"},
		"another speaks for the client": {inside, strings.Replace(outside, "5.03 192.0.2.7:61000 > 203.0.113.9:443 PA ttl=62",
			"5.03 192.0.2.7:61000 > 203.0.113.9:443 PA ttl=62 other", 1),
			[]string{"changed: the bytes of the client differ from byte"}, "lost"},
		"an answer is made": {`
			0.0 10.0.0.5:5000 > 192.0.2.53:53 dns 7 A? quay.io
			0.1 192.0.2.53:53 > 10.0.0.5:5000 dns 7 A? quay.io = 198.51.100.1`, `
			0.0 10.0.0.5:5000 > 192.0.2.53:53 dns 7 A? quay.io
			0.1 192.0.2.53:53 > 10.0.0.5:5000 dns 7 A? quay.io = 203.0.113.9`,
			[]string{"made: the answer in in, [198.51.100.1], is another than in out, [203.0.113.9]"}, "lost"},
	} {
		t.Run(name, func(t *testing.T) {
			r := crossing.Compare(place(t, "in", row.inside), place(t, "out", row.outside))
			var got []string
			for _, c := range r.Crossings {
				for _, m := range c.Remarks {
					got = append(got, fmt.Sprintf("%s: %s", m.Kind, m.Text))
				}
			}
			text := strings.Join(got, "\n")
			if len(row.want) == 0 && text != "" {
				t.Errorf("remarks:\n%s", text)
			}
			for _, w := range row.want {
				if !strings.Contains(text, w) {
					t.Errorf("no %q in:\n%s", w, text)
				}
			}
			if strings.Contains(text, row.not+":") {
				t.Errorf("%s in:\n%s", row.not, text)
			}
		})
	}
}
