package packets

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// link is an interface as the file has it.
type link struct {
	name  string
	ether bool
}

// writer writes pcapng, a whole block at a time.
type writer struct {
	to      io.Writer
	buf     bytes.Buffer
	ng      *pcapgo.NgWriter
	written int64
}

// newWriter begins a file with its first interface.
func newWriter(to io.Writer, program string, first link) (*writer, error) {
	w := &writer{to: to}
	section := pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Hardware: runtime.GOARCH, OS: runtime.GOOS, Application: program}}
	var err error
	if w.ng, err = pcapgo.NewNgWriterInterface(&w.buf, first.described(), section); err != nil {
		return nil, err
	}
	return w, w.flush()
}

func (l link) described() pcapgo.NgInterface {
	out := pcapgo.NgInterface{Name: l.name, OS: runtime.GOOS, SnapLength: snapLength, LinkType: layers.LinkTypeRaw}
	if l.ether {
		out.LinkType = layers.LinkTypeEthernet
	}
	return out
}

// flush hands on what was written as one piece: a process that is killed leaves no half block.
func (w *writer) flush() error {
	if err := w.ng.Flush(); err != nil {
		return err
	}
	n, err := w.buf.WriteTo(w.to)
	w.written += n
	return err
}

func (w *writer) addInterface(l link) (int, error) {
	id, err := w.ng.AddInterface(l.described())
	if err != nil {
		return 0, err
	}
	return id, w.flush()
}

func (w *writer) packet(ci gopacket.CaptureInfo, data []byte, comment string) error {
	var options pcapgo.NgPacketOptions
	if comment != "" {
		options.Comments = []string{comment}
	}
	if err := w.ng.WritePacketWithOptions(ci, data, options); err != nil {
		return err
	}
	return w.flush()
}

// annotations are what a file gets when the run is over.
type annotations struct {
	program string
	links   []link
	// comments are by the place of a packet, and others has the places of those that are left out.
	comments map[int]string
	others   map[int]bool
	// secrets are those of TLS connections. They stand before the packets, where readers look for them.
	secrets []byte
}

// write writes what one file has into another, with the annotations.
func (a annotations) write(to io.Writer, from io.Reader) error {
	w, err := newWriter(to, a.program, a.links[0])
	if err != nil {
		return err
	}
	for _, l := range a.links[1:] {
		if _, err := w.addInterface(l); err != nil {
			return err
		}
	}
	if len(a.secrets) > 0 {
		if err := w.ng.WriteDecryptionSecretsBlock(pcapgo.DSB_SECRETS_TYPE_TLS, a.secrets); err != nil {
			return err
		}
	}
	r, err := pcapgo.NewNgReader(from, pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		return err
	}
	for place := 0; ; place++ {
		data, ci, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return w.flush()
		}
		if err == nil && !a.others[place] {
			err = w.packet(ci, data, a.comments[place])
		}
		if err != nil {
			return err
		}
	}
}

// target is the file that a recording ends in.
type target struct {
	path string
	// live is written while the run is under way. It is the file itself, or for a pipe or a
	// device a file that nobody sees.
	live *os.File
	// into is the pipe or device; nil for a regular file.
	into *os.File
}

// fileMode is the mode of the file: it may hold a login in the clear.
const fileMode = 0o600

// openTarget opens the file, in the place of one that was there.
func openTarget(path string) (*target, error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return nil, fmt.Errorf("open %s: it is a directory", path)
	}
	if err == nil && !info.Mode().IsRegular() {
		into, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		live, err := os.CreateTemp("", "pullpath-*.pcapng")
		if err != nil {
			_ = into.Close()
			return nil, err
		}
		return &target{path: path, live: live, into: into}, os.Remove(live.Name())
	}
	live, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, fileMode)
	if err != nil {
		return nil, err
	}
	if err = live.Chmod(fileMode); err == nil {
		err = live.Truncate(0)
	}
	if err != nil {
		_ = live.Close()
		return nil, err
	}
	return &target{path: path, live: live}, nil
}

// close puts the complete file in its place: by a rename, so that at no time there is a part
// of it, or into the pipe or device.
func (t *target) close(write func(to io.Writer, from io.Reader) error) error {
	defer func() { _ = t.live.Close() }()
	if _, err := t.live.Seek(0, io.SeekStart); err != nil {
		return err
	}
	from := bufio.NewReader(t.live)
	if t.into != nil {
		err := write(t.into, from)
		return errors.Join(err, t.into.Close())
	}
	at, err := filepath.EvalSymlinks(t.path)
	if err != nil {
		return err
	}
	whole, err := os.CreateTemp(filepath.Dir(at), ".pullpath-*") // its mode is 0600
	if err != nil {
		return err
	}
	out := bufio.NewWriter(whole)
	if err = write(out, from); err == nil {
		err = out.Flush()
	}
	if closed := whole.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(whole.Name(), at)
	}
	if err != nil {
		_ = os.Remove(whole.Name())
	}
	return err
}

// discard closes the file of a recording that was not made.
func (t *target) discard() {
	_ = t.live.Close()
	if t.into != nil {
		_ = t.into.Close()
	}
}
