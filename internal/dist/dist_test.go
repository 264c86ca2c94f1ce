package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// released makes a release of files that stand for the binaries.
func released(t *testing.T) string {
	t.Helper()
	t.Chdir(filepath.Join("..", ".."))
	dir := t.TempDir()
	for _, p := range platforms() {
		put(t, dir, p.binary(), "binary of "+p.os+" "+p.arch)
	}
	for _, name := range []string{"stage/man/pullpath.1", "stage/pullpath.bash", "stage/_pullpath", "stage/pullpath.fish"} {
		put(t, dir, name, name)
	}
	if err := run([]string{dir, "v1.2.3", "https://releases.example"}, "1700000000"); err != nil {
		t.Fatal(err)
	}
	return dir
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// untar returns the files of an archive.
func untar(t *testing.T, in io.Reader) map[string]string {
	t.Helper()
	out := map[string]string{}
	for r := tar.NewReader(in); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil || h.Uid != 0 || h.Uname != "" || h.ModTime.Unix() != 1700000000 {
			t.Errorf("%s: %v, %+v", h.Name, err, h)
		}
		out[h.Name] = string(data)
	}
}

func TestArchives(t *testing.T) {
	dir := released(t)
	z, err := gzip.NewReader(bytes.NewReader(content(t, dir, "pullpath_linux_arm64.tar.gz")))
	if err != nil {
		t.Fatal(err)
	}
	files := untar(t, z)
	if files["pullpath"] != "binary of linux arm64" || !strings.Contains(files["LICENSE"],
		"Apache License") || files["man/man1/pullpath.1"] == "" ||
		files["completions/_pullpath"] == "" {
		t.Errorf("%v", files)
	}
	data := content(t, dir, "pullpath_windows_amd64.zip")
	unzipped, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range unzipped.File {
		names = append(names, f.Name)
	}
	if !slices.Contains(names, "pullpath.exe") || !slices.Contains(names, "LICENSE") {
		t.Errorf("%q", names)
	}
}

// The image is one that the library finds valid, for both architectures, and runs as nobody.
func TestImage(t *testing.T) {
	dir := released(t)
	at := t.TempDir()
	for name, text := range untar(t, bytes.NewReader(content(t, dir, ociFile))) {
		put(t, at, name, text)
	}
	index, err := layout.ImageIndexFromPath(at)
	if err != nil {
		t.Fatal(err)
	}
	outer, err := index.IndexManifest()
	if err != nil || len(outer.Manifests) != 1 {
		t.Fatalf("%v %+v", err, outer)
	}
	inner, err := index.ImageIndex(outer.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(inner); err != nil {
		t.Error(err)
	}
	m, err := inner.IndexManifest()
	if err != nil || len(m.Manifests) != 2 {
		t.Fatalf("%v %+v", err, m)
	}
	for _, d := range m.Manifests {
		img, err := inner.Image(d.Digest)
		if err != nil {
			t.Fatal(err)
		}
		c, err := img.ConfigFile()
		if err != nil || c.Config.User != nobody || !slices.Equal(c.Config.Entrypoint,
			[]string{"/pullpath"}) || c.Architecture != d.Platform.Architecture {
			t.Errorf("%v %+v", err, c)
		}
	}
}

// Each manifest names each archive with its checksum.
func TestManifests(t *testing.T) {
	dir := released(t)
	for name, platforms := range map[string][]string{"krew.yaml": {"linux_amd64.tar.gz", "darwin_arm64.tar.gz", "windows_amd64.zip"},
		"pullpath.rb": {"linux_amd64.tar.gz", "linux_arm64.tar.gz", "darwin_amd64.tar.gz", "darwin_arm64.tar.gz"},
		"scoop.json":  {"windows_amd64.zip", "windows_arm64.zip"}, "winget.yaml": {"windows_amd64.zip", "windows_arm64.zip"}} {
		text := content(t, dir, name)
		for _, p := range platforms {
			sum := sha256.Sum256(content(t, dir, "pullpath_"+p))
			url := "https://releases.example/pullpath_" + p
			if lower := strings.ToLower(string(text)); !strings.Contains(lower, hex.EncodeToString(sum[:])) || !strings.Contains(lower, url) {
				t.Errorf("%s lacks %s with its checksum:\n%s", name, p, text)
			}
		}
		var doc any
		switch filepath.Ext(name) {
		case ".json":
			if err := json.Unmarshal(text, &doc); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case ".yaml":
			if err := yaml.Unmarshal(text, &doc); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !strings.Contains(string(text), "1.2.3") || strings.Contains(string(text), "vv1") {
			t.Errorf("%s has another version", name)
		}
	}
}

// The same input gives the same bytes.
func TestSameBytes(t *testing.T) {
	sums := func(dir string) map[string]string {
		out := map[string]string{}
		names, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			if data, err := os.ReadFile(n); err == nil {
				out[filepath.Base(n)] = string(data)
			}
		}
		return out
	}
	var first map[string]string
	t.Run("once", func(t *testing.T) { first = sums(released(t)) })
	t.Run("again", func(t *testing.T) {
		for name, data := range sums(released(t)) {
			if first[name] != data {
				t.Errorf("%s differs", name)
			}
		}
	})
	if len(first) < 17 {
		t.Errorf("%d files", len(first))
	}
}

func TestTag(t *testing.T) {
	if got := tag("v1.0.0+dirty~1"); got != "v1.0.0-dirty-1" {
		t.Error(got)
	}
}
