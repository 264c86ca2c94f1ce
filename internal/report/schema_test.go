package report

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"pullpath/internal/evidence"
)

const schemaFile = "../../docs/report.schema.json"

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func reportOf(t *testing.T, s sample) []byte {
	t.Helper()
	return render(t, func(b *bytes.Buffer) error { return JSON(b, s.trace, s.result) })
}

func decode(t *testing.T, data []byte) map[string]any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return value.(map[string]any)
}

func TestReportsFollowTheSchema(t *testing.T) {
	schema := compileSchema(t)
	for _, s := range samples() {
		if s.name == "hostile" { // its codes are no codes
			continue
		}
		if err := schema.Validate(decode(t, reportOf(t, s))); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
}

// at walks into a decoded report by keys and places.
func at(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			value = value.(map[string]any)[step]
		case int:
			value = value.([]any)[step]
		}
	}
	return value
}

// Each change to a valid report must be refused, at the place where it was made.
func TestSchemaRefuses(t *testing.T) {
	schema := compileSchema(t)
	valid := reportOf(t, connectDenied())
	drop := func(key string, path ...any) func(map[string]any) {
		return func(doc map[string]any) { delete(at(doc, path...).(map[string]any), key) }
	}
	set := func(key string, to any, path ...any) func(map[string]any) {
		return func(doc map[string]any) { at(doc, path...).(map[string]any)[key] = to }
	}
	const deniedHop = 8 // the refused CONNECT
	for name, mutate := range map[string]func(map[string]any){
		"no schema": drop("schema"), "another schema": set("schema", "pullpath.report/v2"),
		"no verdict": drop("verdict"), "no findings": drop("findings"), "findings null": set("findings", nil),
		"hops null": set("hops", nil), "targets null": set("targets", nil), "no run": drop("run"),
		"started is no time": set("started", "yesterday"), "negative duration": set("duration_ms", json.Number("-1")),
		"addresses null":          set("addresses", nil, "vantage"),
		"no clock offset":         drop("clock_offset_ms", "vantage"),
		"credentials of no kind":  set("credentials", "some", "run"),
		"port 0":                  set("port", json.Number("0"), "targets", 0),
		"no status":               drop("status", "targets", 0),
		"status incomplete":       set("status", "incomplete", "targets", 0),
		"role proxy of no enum":   set("role", "cache", "targets", 0),
		"route without its proxy": drop("proxy", "targets", 0, "route"),
		"route of no kind":        set("kind", "socks", "targets", 0, "route"),
		"hop without op":          drop("op", "hops", 0),
		"no such op":              set("op", "ping", "hops", 0),
		"no such state":           set("state", "fine", "hops", 0),
		"no such purpose":         set("purpose", "fun", "hops", 0),
		"hop 0":                   set("id", json.Number("0"), "hops", 0),
		"ok with a failure":       set("state", "ok", "hops", deniedHop),
		"failed without one":      drop("failure", "hops", deniedHop),
		"because of an ok hop":    set("because", json.Number("1"), "hops", 0),
		"kind of another op":      set("kind", "nxdomain", "hops", deniedHop, "failure"),
		"no such kind":            set("kind", "bad", "hops", deniedHop, "failure"),
		"detail of another op":    set("detail", map[string]any{"address": "a"}, "hops", deniedHop),
		"code is no code":         set("code", "Bad Code", "findings", 0),
		"no such severity":        set("severity", "fatal", "findings", 0),
		"no such strength":        set("strength", "sure", "findings", 0),
		"no such layer":           set("layer", "ip", "findings", 0),
		"no such audience":        set("audience", "boss", "findings", 0),
		"no hops in a finding":    drop("hops", "findings", 0),
		"verdict skipped":         set("status", "skipped", "verdict"),
		"root causes null":        set("root_causes", nil, "verdict"),
	} {
		doc := decode(t, valid)
		mutate(doc)
		if schema.Validate(doc) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	doc := decode(t, valid)
	doc["added_later"] = true
	if err := schema.Validate(doc); err != nil {
		t.Errorf("a key that was added: %v", err)
	}
}

// constants returns the values of a package's string constants, by their type,
// and by the first word of their name where they have none.
func constants(t *testing.T, dir string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(gotoken.NewFileSet(), dir+"/"+f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				collect(out, spec)
			}
			return true
		})
	}
	return out
}

func collect(out map[string][]string, spec *ast.ValueSpec) {
	value, ok := spec.Values[0].(*ast.BasicLit)
	if !ok || value.Kind != gotoken.STRING {
		return
	}
	text, _ := strconv.Unquote(value.Value)
	key := ""
	if name, ok := spec.Type.(*ast.Ident); ok {
		key = name.Name
	} else {
		for _, prefix := range []string{"Status", "Anchor"} {
			if strings.HasPrefix(spec.Names[0].Name, prefix) {
				key = prefix
			}
		}
	}
	out[key] = append(out[key], text)
}

func enumAt(doc any, path ...any) []string {
	var out []string
	for _, v := range at(doc, append(path, "enum")...).([]any) {
		out = append(out, v.(string))
	}
	return out
}

// The schema's enumerations and the constants in Go are the same, both ways.
func TestSchemaKnowsTheConstants(t *testing.T) {
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	schema := decode(t, data)
	seen, judged := constants(t, "../evidence"), constants(t, "../diagnosis")
	both := slices.Concat(enumAt(schema, "$defs", "target_status"), enumAt(schema, "$defs", "verdict_status"))
	slices.Sort(both)
	for name, pair := range map[string][2][]string{
		"op": {enumAt(schema, "$defs", "op"), seen["Op"]}, "state": {enumAt(schema, "$defs", "state"), seen["State"]},
		"purpose": {enumAt(schema, "$defs", "purpose"), seen["Purpose"]}, "role": {enumAt(schema, "$defs", "role"), seen["Role"]},
		"kind": {enumAt(schema, "$defs", "kind"), seen["Kind"]}, "severity": {enumAt(schema, "$defs", "severity"), judged["Severity"]},
		"strength": {enumAt(schema, "$defs", "strength"), judged["Strength"]}, "layer": {enumAt(schema, "$defs", "layer"), judged["Layer"]},
		"audience": {enumAt(schema, "$defs", "audience"), judged["Audience"]}, "status": {slices.Compact(both), judged["Status"]},
		"anchor": {enumAt(schema, "$defs", "anchor", "properties", "kind"), append(seen["Anchor"], "")},
	} {
		same(t, name, pair[0], pair[1])
	}
	for i, op := range enumAt(schema, "$defs", "op") {
		var kinds []string
		for _, k := range evidence.KindsOf(evidence.Op(op)) {
			kinds = append(kinds, string(k))
		}
		same(t, "kinds of "+op, enumAt(schema, "$defs", "hop", "allOf", i, "then", "properties", "failure", "properties", "kind"), kinds)
	}
}

func same(t *testing.T, name string, schema, code []string) {
	t.Helper()
	schema, code = slices.Sorted(slices.Values(schema)), slices.Sorted(slices.Values(code))
	if len(code) == 0 || !slices.Equal(schema, code) {
		t.Errorf("%s: schema has %q, Go has %q", name, schema, code)
	}
}
