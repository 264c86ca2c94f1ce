package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// ociFile is the archive of the image: an OCI layout with an index for both architectures
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md). podman load, skopeo
// copy oci-archive: and ctr images import read it.
const ociFile = "pullpath_image.oci.tar"

// nobody is the user of the image: nobody's number, for there is no base whose users one could
// name.
const nobody = "65534:65534"

// image makes the image of the binary and nothing else, without an engine.
func (r release) image() error {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arch := range []string{"amd64", "arm64"} {
		img, err := r.imageOf(platform{"linux", arch})
		if err != nil {
			return fmt.Errorf("image for %s: %w", arch, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{MediaType: types.OCIManifestSchema1,
			Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	dir, err := os.MkdirTemp("", "pullpath-image-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	at, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	// The name under which engines show it.
	name := map[string]string{"org.opencontainers.image.ref.name": r.version,
		"io.containerd.image.name": "localhost/pullpath:" + tag(r.version)}
	if err := at.AppendIndex(index, layout.WithAnnotations(name)); err != nil {
		return err
	}
	return r.write(ociFile, func(w io.Writer) error { return r.tarOf(w, dir) })
}

// tag makes a tag of a version: a + may not stand in one.
func tag(version string) string {
	return string(bytes.Map(func(c rune) rune {
		if c == '+' || c == '~' {
			return '-'
		}
		return c
	}, []byte(version)))
}

func (r release) imageOf(p platform) (v1.Image, error) {
	data, err := os.ReadFile(filepath.Join(r.dir, p.binary()))
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	t := tar.NewWriter(&packed)
	for _, h := range []*tar.Header{{Name: "pullpath", Size: int64(len(data)), Mode: 0o755, ModTime: r.at, Typeflag: tar.TypeReg}} {
		if err := t.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := t.Write(data); err != nil {
			return nil, err
		}
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if img, err = mutate.AppendLayers(img, layer); err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = p.os, p.arch, v1.Time{Time: r.at}
	config.Config = v1.Config{Entrypoint: []string{"/pullpath"}, User: nobody, Labels: map[string]string{
		"org.opencontainers.image.title": "pullpath", "org.opencontainers.image.version": r.version,
		"org.opencontainers.image.licenses": "Apache-2.0"}}
	config.History = nil
	return mutate.ConfigFile(img, config)
}

// tarOf packs a directory in the order of its names.
func (r release) tarOf(w io.Writer, dir string) error {
	t := tar.NewWriter(w)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := t.WriteHeader(&tar.Header{Name: filepath.ToSlash(name), Size: int64(len(data)), Mode: 0o644, ModTime: r.at,
			Typeflag: tar.TypeReg}); err != nil {
			return err
		}
		_, err = t.Write(data)
		return err
	})
	if err != nil {
		return err
	}
	return t.Close()
}
