package evidence

import (
	"reflect"
	"slices"
	"strings"
)

// What is kept of a peer's words is bounded three times: each list by its length, each
// hop by its size, and a run by the sum. A peer then makes no report that nobody can
// open, and what is left out is counted in the hop.
const (
	// keptOfHop is how many bytes of lists a hop keeps. A CDN's chain with a hundred names
	// on its leaf has ten thousand, an answer's head a few.
	keptOfHop = 48 << 10
	// keptOfRun is that of all hops together: with the names of fields and the blanks of
	// JSON it becomes less than 16 MiB of report.
	keptOfRun = 6 << 20
	// keptOfText is how much of one text stays, in bytes, when that is used up: enough for
	// a status line.
	keptOfText = 64
	// perElement is what an element of a list takes besides its texts: the names of its
	// fields.
	perElement = 48
	// usualLimit is how many elements of a list are kept that limits does not name.
	usualLimit = 64
)

// limits returns how many elements of a list are kept. What real peers send is well
// below.
func limits() map[string]int {
	return map[string]int{
		// Origins and proxies send up to three dozen fields, with one challenge for each of
		// five schemes, and a challenge has up to six parameters.
		"Request.Headers": MaxHeaders, "Tunnel.Headers": MaxHeaders,
		"Request.Challenges": maxChallenges, "Tunnel.Challenges": maxChallenges, "Leg.Challenges": maxChallenges, "Challenge.Params": maxParams,
		"Request.Errors": 8, "Request.Platforms": 32, "Body.Markers": 32,
		// A token is for one service or two, and grants a handful of repositories.
		"Token.Audience": 8, "Token.Access": 16,
		// A look-up asks two questions for each name of the search list, which has six.
		"Resolve.Questions": 32, "Resolve.Addresses": 32, "Question.Records": 32, "Question.Answers": 32, "Question.Aliases": 16,
		// Certificates name one place or two for each purpose; a CDN's leaf has a hundred
		// names.
		"Handshake.Chain": 12, "Certificate.Names": 100, "Certificate.AIA": 4, "Certificate.CRL": 4, "Certificate.Policies": 8,
		"Certificate.SubjectOrg": 4, "Certificate.IssuerOrg": 4, "CertificateRequest.Authorities": 8, "Handshake.Warnings": 8,
		"Timestamps.Logs": 16,
	}
}

// MaxHeaders is how many header fields of an answer a report keeps.
const MaxHeaders = 64

// Keeper bounds what a run keeps of its peers' words. It is not for use by several
// goroutines at once.
type Keeper struct {
	left   int
	limits map[string]int
}

// NewKeeper returns the one of a run that has kept nothing yet.
func NewKeeper() *Keeper { return &Keeper{left: keptOfRun, limits: limits()} }

// Keep returns what is kept of a hop's detail, and how many of what were left out, by the
// names of the report's fields; nil for nothing. The detail that was given stays as it
// is. Settings are this host's own words, and are kept whole.
func (k *Keeper) Keep(d Detail) (Detail, map[string]int) {
	if d == nil || d.op() == OpSetting {
		return d, nil
	}
	p := &portion{limits: k.limits, left: min(keptOfHop, k.left), out: map[string]int{}}
	before := p.left
	kept := p.value(reflect.ValueOf(d), "", "")
	k.left = max(0, k.left-(before-max(p.left, 0)))
	if len(p.out) == 0 {
		return d, nil
	}
	return kept.Interface().(Detail), p.out //nolint:errcheck // it has the type of the detail
}

// portion is what one hop may keep.
type portion struct {
	limits map[string]int
	left   int
	out    map[string]int
}

// value copies a value as far as the portion goes. The place is Type.Field, the field its
// name in the report.
func (p *portion) value(v reflect.Value, place, field string) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		return p.text(v)
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(p.value(v.Elem(), place, field))
		return out
	case reflect.Slice:
		return p.list(v, place, field)
	case reflect.Map:
		return p.params(v, place, field)
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				out.Field(i).Set(p.value(v.Field(i), v.Type().Name()+"."+f.Name, name))
			}
		}
		return out
	}
	return v
}

// text keeps a text whole while there is room, and its beginning after that.
func (p *portion) text(v reflect.Value) reflect.Value {
	s := v.String()
	if len(s) > keptOfText && len(s) > p.left {
		out := reflect.New(v.Type()).Elem()
		out.SetString(strings.ToValidUTF8(s[:keptOfText], "") + "…")
		p.left -= keptOfText
		p.out["text"]++
		return out
	}
	p.left -= len(s)
	return v
}

// list keeps as many elements as its limit and the room allow, and one in any case: the
// first challenge, the leaf.
func (p *portion) list(v reflect.Value, place, field string) reflect.Value {
	if v.IsNil() {
		return v
	}
	limit := usualLimit
	if own, ok := p.limits[place]; ok {
		limit = own
	}
	out := reflect.MakeSlice(v.Type(), 0, min(v.Len(), limit))
	for i := range v.Len() {
		if i == limit || i > 0 && p.left < perElement {
			p.out[field] += v.Len() - i
			break
		}
		p.left -= perElement
		out = reflect.Append(out, p.value(v.Index(i), place, field))
	}
	return out
}

// params keeps a challenge's parameters, in the order of their names, those first that
// clients go by.
func (p *portion) params(v reflect.Value, place, field string) reflect.Value {
	if v.IsNil() {
		return v
	}
	out := reflect.MakeMap(v.Type())
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		if x, y := goesBy(a.String()), goesBy(b.String()); x != y {
			if x {
				return -1
			}
			return 1
		}
		return strings.Compare(a.String(), b.String())
	})
	for _, key := range keys {
		if out.Len() == p.limits[place] || out.Len() > 0 && p.left < perElement || len(key.String()) > keptOfText {
			p.out[field]++
			continue
		}
		p.left -= perElement
		out.SetMapIndex(key, p.value(v.MapIndex(key), place, field))
	}
	return out
}

// goesBy tells the parameters of a challenge by which a client finds its way (RFC 6750
// section 3, distribution spec).
func goesBy(name string) bool {
	return slices.Contains([]string{"realm", "service", "scope", "error"}, name)
}
