package product

import (
	"strings"
	"testing"

	"pullpath/internal/evidence"
)

func TestParseOwn(t *testing.T) {
	for _, row := range []struct{ name, text, problem string }{
		{"one of each",
			"signatures:\n- {product: A, header: X-A, value: '^b', says: denied}\n- {product: B, status: ' 499 '}\n- {product: C, body: stop}\n",
			""},
		{"none", "signatures: []\n", "0 signatures"},
		{"no list", "product: A\n", "no list of signatures"},
		{"no name", "signatures:\n- {header: X-A}\n", "no product"},
		{"nothing to match", "signatures:\n- {product: A}\n", "neither header, status nor body"},
		{"value alone", "signatures:\n- {product: A, body: x, value: y}\n", "a value without its header"},
		{"a cause of its own", "signatures:\n- {product: A, body: x, says: moonlight}\n", "not a cause"},
		{"no pattern", "signatures:\n- {product: A, status: '('}\n", "status: error parsing regexp"},
	} {
		got, err := ParseOwn([]byte(row.text))
		if row.problem == "" && (err != nil || len(got) != 3) || row.problem != "" &&
			(err == nil || !strings.Contains(err.Error(), row.problem)) {
			t.Errorf("%s: %v, want %q", row.name, err, row.problem)
		}
	}
}

// A site's own signature names the product and says why; without it, or where it
// does not match, nothing is named.
func TestOwnSignatureDecides(t *testing.T) {
	own := Own([]evidence.Signature{{Product: "Corp Filter", Header: "X-Corp-Filter", Value: "^no way", Says: "cannot-reach"}})
	answer := evidence.Tunnel{StatusLine: "HTTP/1.1 502 Bad", Code: 502,
		Headers: []evidence.Header{{Name: "x-corp-filter", Value: "no way out"}}}
	if m, ok := Best(OfTunnel(answer, own...)); !ok || m.Name != "Corp Filter" {
		t.Errorf("named %q", m.Name)
	}
	if got := Refusal(answer, own...); got != CannotReach {
		t.Errorf("says %q", got)
	}
	if len(OfTunnel(answer)) > 0 || Refusal(answer) != None {
		t.Error("known without the signature")
	}
	answer.Headers[0].Value = "fine"
	if len(OfTunnel(answer, own...)) > 0 {
		t.Error("matches another value")
	}
}
