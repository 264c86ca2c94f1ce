//go:build linux

package clients

import (
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/route"
)

// vector is one case: variables and a URL.
type vector struct {
	ID, URL string
	Env     map[string]string
}

// chosen returns the rows besides all of M (both spellings of NO_PROXY) and P (which
// variable counts): those on which two families, or two versions of one, differ,
// one for each rule, since every row costs each client a run.
func chosen() []string {
	return strings.Fields(`
		N04 N06 N08 N09 N11 N12    domains with and without dot and star
		N17 N19                    ports
		N25 N32 N39 N42            IPv4
		N43 N44 N47                IPv6
		N52 N60                    spelling of the name
		N55 N56 N82                what separates entries
		N63 N74 N92                localhost, a URL, an international name
		S01 S03 S31                no scheme, no port
		S08 S10 S14                schemes
		S19 S21 S27                what cannot be parsed
		C07 C09 C14                passwords that are not encoded
	`)
}

// all asks about every vector there is: for a look at a new client, in minutes.
var all = flag.Bool("all", false, "ask the clients about all vectors")

// outside have no place in the house: one is about a proxy whose name does not
// resolve, one about a port where nobody listens.
func outside() []string { return []string{"P22", "P23"} }

// sample reads package route's vectors and picks; a chosen row that is not there
// fails.
func sample(t *testing.T) []vector {
	t.Helper()
	data, err := os.ReadFile("../../route/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors, Tables []vector }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	names := slices.DeleteFunc(chosen(), func(word string) bool { return !isID(word) })
	var out []vector
	for _, v := range append(file.Vectors, file.Tables...) {
		at := slices.Index(names, v.ID)
		if at >= 0 {
			names = slices.Delete(names, at, at+1)
		}
		if at >= 0 || (*all || strings.Contains("MP", v.ID[:1])) && !slices.Contains(outside(), v.ID) {
			out = append(out, v)
		}
	}
	if len(names) > 0 {
		t.Fatalf("the vectors lack %q", names)
	}
	return out
}

// isID tells the id of a row from a word about it.
func isID(word string) bool {
	return len(word) > 2 && strings.Contains("NSC", word[:1]) && word[1] >= '0' && word[1] <= '9'
}

// target returns the vector's URL.
func (v vector) target(t *testing.T) *url.URL {
	t.Helper()
	u, err := url.Parse(v.URL)
	if err != nil {
		t.Fatalf("%s: %v", v.ID, err)
	}
	return u
}

// variables returns the vector's for package route.
func (v vector) variables() route.Environment {
	var out route.Environment
	for name, value := range v.Env {
		out = append(out, route.Variable{Name: name, Value: value, Source: "environment"})
	}
	return out
}

// environ returns the same for a process.
func (v vector) environ() []string {
	var out []string
	for name, value := range v.Env {
		out = append(out, name+"="+value)
	}
	return out
}
