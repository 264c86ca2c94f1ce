//go:build linux

package testbed

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"
)

const (
	imageName = "ubi9/ubi"
	imageTag  = "latest"

	// Media types of the OCI image specification, v1.
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar+gzip"
)

// image is a complete OCI image, byte by byte as a registry keeps it.
type image struct {
	manifest []byte
	blobs    [][]byte // configuration and layers
}

// descriptor points at a blob from a manifest.
type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int    `json:"size"`
}

// digest returns the name of content in a registry.
func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// smallImage has two layers of different size, so that one is the smallest,
// and no more bytes than it needs: size proves nothing here.
func smallImage(t testing.TB) image {
	t.Helper()
	var made image
	var layers []descriptor
	var diffs []string
	for _, content := range []string{"small\n", "this layer is the larger one of the two\n"} {
		plain := tarball(t, content)
		packed := compress(t, plain)
		made.blobs = append(made.blobs, packed)
		layers = append(layers, descriptor{layerType, digest(packed), len(packed)})
		diffs = append(diffs, digest(plain))
	}
	config := encode(t, map[string]any{
		"architecture": "amd64", "os": "linux", "config": struct{}{},
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffs},
	})
	made.blobs = append(made.blobs, config)
	made.manifest = encode(t, map[string]any{
		"schemaVersion": 2, "mediaType": manifestType,
		"config": descriptor{configType, digest(config), len(config)}, "layers": layers,
	})
	return made
}

// tarball returns an archive of one file.
func tarball(t testing.TB, content string) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	if err := archive.WriteHeader(&tar.Header{Name: fmt.Sprintf("file-%d", len(content)), Mode: 0o644,
		Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func compress(t testing.TB, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	if _, err := writer.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func encode(t testing.TB, value any) []byte {
	t.Helper()
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
