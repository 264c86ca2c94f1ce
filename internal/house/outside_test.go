package house

import (
	"bytes"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// public are the packages that others can use.
var public = []string{"resolve", "tunnel", "tlsinspect", "flows", "mockproxy"}

// TestOutsideCanNameEveryType: each type of an internal package that is in an exported
// signature of a public package has an alias in one of them.
func TestOutsideCanNameEveryType(t *testing.T) {
	var loaded []*types.Package
	named := map[types.Object]bool{}
	load := exported(t)
	for _, name := range public {
		p, err := load.Import("pullpath/" + name)
		if err != nil {
			t.Fatal(err)
		}
		loaded = append(loaded, p)
		for _, o := range exportedOf(p) {
			if alias, ok := o.(*types.TypeName); ok && alias.IsAlias() {
				if target, ok := types.Unalias(o.Type()).(*types.Named); ok {
					named[target.Obj()] = true
				}
			}
		}
	}
	for _, p := range loaded {
		w := walker{own: p, seen: map[types.Type]bool{}, needs: func(o types.Object, from string) {
			if !named[o] {
				t.Errorf("%s: %s needs %s.%s, which has no alias in %s", p.Path(), from, o.Pkg().Path(), o.Name(), strings.Join(public, ", "))
			}
			named[o] = true // once is enough
		}}
		for _, o := range exportedOf(p) {
			w.walk(o.Type(), o.Name())
		}
	}
}

func exportedOf(p *types.Package) []types.Object {
	var out []types.Object
	for _, name := range p.Scope().Names() {
		if o := p.Scope().Lookup(name); o.Exported() {
			out = append(out, o)
		}
	}
	return out
}

// exported reads packages from what the compiler exports of them.
func exported(t *testing.T) types.Importer {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}"}
	for _, name := range public {
		args = append(args, "./"+name)
	}
	list := exec.Command("go", args...)
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for line := range bytes.Lines(out) {
		path, file, _ := strings.Cut(strings.TrimSpace(string(line)), "=")
		files[path] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if files[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(files[path])
	})
}

// walker goes through the types of a package's exported signatures.
type walker struct {
	own   *types.Package
	seen  map[types.Type]bool
	needs func(o types.Object, from string)
}

// walk looks into types of the package itself; of others their names are enough.
func (w *walker) walk(t types.Type, from string) {
	t = types.Unalias(t)
	if w.seen[t] {
		return
	}
	w.seen[t] = true
	switch t := t.(type) {
	case *types.Named:
		w.named(t, from)
	case interface{ Elem() types.Type }: // a pointer, slice, array, channel or map
		w.walk(t.Elem(), from)
		if m, ok := t.(*types.Map); ok {
			w.walk(m.Key(), from)
		}
	case *types.Signature:
		for v := range t.Params().Variables() {
			w.walk(v.Type(), from)
		}
		for v := range t.Results().Variables() {
			w.walk(v.Type(), from)
		}
	case *types.Struct:
		for f := range t.Fields() {
			if f.Exported() {
				w.walk(f.Type(), from+"."+f.Name())
			}
		}
	case *types.Interface:
		for m := range t.ExplicitMethods() {
			w.walk(m.Type(), from+"."+m.Name())
		}
	}
}

func (w *walker) named(t *types.Named, from string) {
	o := t.Obj()
	switch {
	case o.Pkg() == nil:
	case o.Pkg() == w.own:
		w.walk(t.Underlying(), from)
		for m := range t.Methods() {
			if m.Exported() {
				w.walk(m.Type(), from+"."+m.Name())
			}
		}
	case strings.HasPrefix(o.Pkg().Path(), "pullpath/internal/"):
		w.needs(o, from)
	}
}
