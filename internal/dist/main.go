// Command dist makes of the binaries what package managers and engines take: archives with the
// licence, an image for two architectures, and the manifests of krew, Homebrew, winget and
// scoop, with the checksums of the archives. The same input gives the same bytes.
//
//	go run ./internal/dist DIR VERSION URL
//
// DIR holds the binaries, and what .ci/dist has staged below it; URL is where the archives will be.
// SOURCE_DATE_EPOCH is the time of everything.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Getenv("SOURCE_DATE_EPOCH")); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

// release is what is given out.
type release struct {
	// dir holds the binaries, stage below it man pages and completions, root the licence.
	dir, stage, root string
	version, url     string
	at               time.Time
}

// run makes everything.
func run(args []string, epoch string) error {
	if len(args) != 3 {
		return fmt.Errorf("write: dist DIR VERSION URL")
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	r := release{dir: args[0], stage: filepath.Join(args[0], "stage"), root: ".", version: args[1], url: args[2],
		at: time.Unix(seconds, 0).UTC()}
	for _, step := range []func() error{r.archives, r.image, r.manifests} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// platform is a system and an architecture.
type platform struct{ os, arch string }

func platforms() []platform {
	return []platform{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"},
		{"windows", "arm64"}}
}

// binary is the file of a platform's binary, archive that of what it is packed into.
func (p platform) binary() string {
	name := "pullpath_" + p.os + "_" + p.arch
	if p.os == "windows" {
		name += ".exe"
	}
	return name
}

func (p platform) archive() string {
	if p.os == "windows" {
		return "pullpath_" + p.os + "_" + p.arch + ".zip"
	}
	return "pullpath_" + p.os + "_" + p.arch + ".tar.gz"
}

// program is what the binary is called once it is unpacked.
func (p platform) program() string {
	if p.os == "windows" {
		return "pullpath.exe"
	}
	return "pullpath"
}
