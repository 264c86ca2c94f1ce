package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// member is a file of an archive.
type member struct {
	name, from string
	mode       int64
}

// archives packs each binary with the licence, the manual and the completions.
func (r release) archives() error {
	for _, p := range platforms() {
		members, err := r.members(p)
		if err != nil {
			return err
		}
		pack := r.tar
		if p.os == "windows" {
			pack = r.zip
		}
		if err := r.write(p.archive(), func(w io.Writer) error { return pack(w, members) }); err != nil {
			return err
		}
	}
	return nil
}

func (r release) members(p platform) ([]member, error) {
	out := []member{{p.program(), filepath.Join(r.dir, p.binary()), 0o755}, {"LICENSE", filepath.Join(r.root, "LICENSE"), 0o644},
		{"README.md", filepath.Join(r.root, "README.md"), 0o644}}
	if p.os != "windows" {
		pages, err := filepath.Glob(filepath.Join(r.stage, "man", "*.1"))
		if err != nil {
			return nil, err
		}
		slices.Sort(pages)
		for _, page := range pages {
			out = append(out, member{"man/man1/" + filepath.Base(page), page, 0o644})
		}
	}
	for _, name := range []string{"pullpath.bash", "_pullpath", "pullpath.fish"} {
		out = append(out, member{"completions/" + name, filepath.Join(r.stage, name), 0o644})
	}
	return out, nil
}

// write writes a file of the release.
func (r release) write(name string, content func(io.Writer) error) (err error) {
	f, err := os.Create(filepath.Join(r.dir, name))
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	return content(f)
}

// tar packs files without anything of this machine: no owner, no time but the release's.
func (r release) tar(w io.Writer, members []member) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	for _, m := range members {
		data, err := os.ReadFile(m.from)
		if err != nil {
			return err
		}
		h := &tar.Header{Name: m.name, Size: int64(len(data)), Mode: m.mode, ModTime: r.at, Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if _, err := t.Write(data); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	return z.Close()
}

func (r release) zip(w io.Writer, members []member) error {
	z := zip.NewWriter(w)
	for _, m := range members {
		data, err := os.ReadFile(m.from)
		if err != nil {
			return err
		}
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate, Modified: r.at}
		h.SetMode(os.FileMode(m.mode))
		f, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := f.Write(data); err != nil {
			return err
		}
	}
	return z.Close()
}
