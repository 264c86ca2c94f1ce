package main

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed templates
var templates embed.FS

// packed is an archive, for the templates.
type packed struct{ OS, Arch, Archive, Program, Sum string }

// manifests writes what package managers read, with the checksums of the archives.
func (r release) manifests() error {
	sums, listed := map[string]string{}, []packed{}
	for _, p := range platforms() {
		data, err := os.ReadFile(filepath.Join(r.dir, p.archive()))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		sums[p.os+"_"+p.arch] = hex.EncodeToString(sum[:])
		listed = append(listed, packed{p.os, p.arch, p.archive(), p.program(), hex.EncodeToString(sum[:])})
	}
	set, err := template.New("").Funcs(template.FuncMap{"upper": strings.ToUpper}).ParseFS(templates, "templates/*")
	if err != nil {
		return err
	}
	data := struct {
		Version, Number, URL string
		Sums                 map[string]string
		Platforms            []packed
	}{r.version, strings.TrimPrefix(r.version, "v"), r.url, sums, listed}
	for from, to := range map[string]string{"krew.yaml": "krew.yaml", "homebrew.rb": "pullpath.rb", "scoop.json": "scoop.json",
		"winget.yaml": "winget.yaml"} {
		if err := r.write(to, func(w io.Writer) error { return set.ExecuteTemplate(w, from, data) }); err != nil {
			return err
		}
	}
	return nil
}
