package evidence

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// flood returns a detail of a type in which every list has so many elements and every
// text is as long as one of the wire can be.
func flood(t reflect.Type, n int) reflect.Value {
	out := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.String:
		out.SetString(strings.Repeat("x", maxKept))
	case reflect.Pointer:
		out.Set(reflect.New(t.Elem()))
		out.Elem().Set(flood(t.Elem(), n))
	case reflect.Slice:
		out.Set(reflect.MakeSlice(t, n, n))
		for i := range n {
			out.Index(i).Set(flood(t.Elem(), min(n, 3)))
		}
	case reflect.Map:
		out.Set(reflect.MakeMap(t))
		for i := range n {
			out.SetMapIndex(reflect.ValueOf(fmt.Sprint("p", i)), flood(t.Elem(), n))
		}
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				out.Field(i).Set(flood(f.Type, n))
			}
		}
	}
	return out
}

// size counts the texts of a value in bytes and the elements of its lists.
func size(v reflect.Value) (bytes, elements int) {
	add := func(v reflect.Value) {
		b, e := size(v)
		bytes, elements = bytes+b, elements+e
	}
	switch v.Kind() {
	case reflect.String:
		return len(v.String()), 0
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			add(v.Elem())
		}
	case reflect.Slice:
		elements = v.Len()
		for i := range v.Len() {
			add(v.Index(i))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			elements++
			add(v.MapIndex(k))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				add(v.Field(i))
			}
		}
	}
	return bytes, elements
}

func wireDetails() []Detail {
	return []Detail{Resolve{}, Dial{}, Tunnel{}, Handshake{}, Request{}}
}

// Whatever a peer sends, a hop keeps so much and says how much more there was, and a run
// of any number of hops keeps no more than its sum.
func TestKeeperBoundsHopAndRun(t *testing.T) {
	for _, of := range wireDetails() {
		d, _ := flood(reflect.TypeOf(of), 500).Interface().(Detail)
		k, sum, hops := NewKeeper(), 0, 2000
		for i := range hops {
			kept, left := k.Keep(d)
			bytes, elements := size(reflect.ValueOf(kept))
			if i == 0 {
				if bytes > keptOfHop+20*maxKept || elements > 2000 {
					t.Errorf("%T keeps %d bytes and %d elements", of, bytes, elements)
				}
				if _, had := size(reflect.ValueOf(d)); had > 600 && len(left) == 0 {
					t.Errorf("%T does not say what it leaves out", of)
				}
			}
			sum += bytes
		}
		if most := keptOfRun + hops*80*keptOfText; sum > most {
			t.Errorf("%T: %d hops keep %d bytes", of, hops, sum)
		}
	}
}

// What honest peers send is kept as it is.
func TestKeeperKeepsWhatIsUsual(t *testing.T) {
	k := NewKeeper()
	var headers []Header
	for i := range 40 {
		headers = append(headers, Header{Name: fmt.Sprint("X-", i), Value: "value"})
	}
	names := make([]string, 100)
	for i := range names {
		names[i] = fmt.Sprintf("host%d.cdn.example.com", i)
	}
	for _, d := range []Detail{
		Request{Code: 401, Headers: headers, Challenges: []Challenge{{Scheme: "Bearer",
			Params: map[string]string{"realm": "https://a.example/token", "service": "s"}}}},
		Handshake{Chain: []Certificate{{Subject: "CN=a", Names: names}, {Subject: "CN=b"}, {Subject: "CN=c"}}},
		Setting{Value: strings.Repeat("host.example,", 500)},
	} {
		if kept, left := k.Keep(d); left != nil || !reflect.DeepEqual(kept, d) {
			t.Errorf("%T is not kept whole: %v", d, left)
		}
	}
}

// What is left out is counted by the field's name, the given detail stays, and the
// parameters that a client goes by come first.
func TestKeeperCounts(t *testing.T) {
	params := map[string]string{"realm": "r", "service": "s"}
	for i := range 100 {
		params[fmt.Sprint("a", i)] = "x"
	}
	given := Request{Headers: make([]Header, 1000), Challenges: []Challenge{{Scheme: "Bearer", Params: params}},
		Token: &Token{Audience: make([]string, 50)}}
	kept, left := NewKeeper().Keep(given)
	r, _ := kept.(Request)
	if len(r.Headers) != MaxHeaders || left["headers"] != 1000-MaxHeaders || left["audience"] != 42 || left["params"] != 102-maxParams {
		t.Errorf("%d headers kept, left out: %v", len(r.Headers), left)
	}
	if r.Challenges[0].Params["realm"] != "r" || r.Challenges[0].Params["service"] != "s" {
		t.Error("the realm is gone")
	}
	if len(given.Headers) != 1000 || len(given.Token.Audience) != 50 {
		t.Error("the detail that was given was changed")
	}
}
