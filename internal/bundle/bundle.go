// Package bundle finds saved reports in what people have of many hosts: files, directories,
// patterns, archives, and a stream with a report on each line. It hands them on one by one, so
// that thousands take the memory of a few.
package bundle

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"pullpath/internal/hint"
)

// Item is a report as it was found, or why it could not be read.
type Item struct {
	// Name is the path, for what lies in an archive behind the archive's own.
	Name string
	// Data is what was read: JSON, or a page that carries it.
	Data []byte
	Err  error
	// Order counts what was found, from 1.
	Order int
}

const (
	// MaxReport bounds one report, in bytes, as a report that is read by itself.
	MaxReport = 64 << 20
	// maxItems bounds how many are found: twenty times the largest cluster that Kubernetes is
	// tested for (https://kubernetes.io/docs/setup/best-practices/cluster-large).
	maxItems = 100_000
	// mark is the beginning by which a report is known among the files of an archive. It stands
	// in the first lines of what this tool writes.
	mark, markWithin = "pullpath.report/v1", 4 << 10
)

// Each calls yield with each report that the arguments lead to, in their order; "-" is stdin
// with a report on each line. It ends when yield returns false. The error is about an argument
// that leads nowhere.
func Each(args []string, stdin io.Reader, yield func(Item) bool) error {
	r := &reader{yield: yield}
	for _, arg := range args {
		if err := r.argument(arg, stdin); err != nil || r.ended {
			return err
		}
	}
	return nil
}

// reader hands on what it finds.
type reader struct {
	yield func(Item) bool
	found int
	ended bool
}

func (r *reader) give(i Item) {
	r.found++
	i.Order = r.found
	if r.found > maxItems {
		i = Item{Name: i.Name, Order: r.found, Err: fmt.Errorf("more than %d reports; the rest is not read", maxItems)}
	}
	if !r.ended && !r.yield(i) || r.found > maxItems {
		r.ended = true
	}
}

func (r *reader) argument(arg string, stdin io.Reader) error {
	if arg == "-" {
		r.lines(stdin)
		return nil
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return r.directory(arg)
	case err == nil:
		r.file(arg)
		return nil
	case !strings.ContainsAny(arg, "*?["):
		return fmt.Errorf("%s: read report: %w", arg, err)
	}
	names, err := filepath.Glob(arg)
	if err != nil || len(names) == 0 {
		return hint.New(fmt.Sprintf("no file matches %s", arg), "name files, a directory, an archive, or - for one report on each line")
	}
	for _, name := range names {
		if err := r.argument(name, stdin); err != nil || r.ended {
			return err
		}
	}
	return nil
}

// directory reads every report below a directory: each file that is named as one.
func (r *reader) directory(dir string) error {
	before := r.found
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case r.ended:
			return fs.SkipAll
		case err != nil:
			r.give(Item{Name: name, Err: err})
		case d.Type().IsRegular() && (namedAsReport(name) || isArchive(name)):
			r.file(name)
		}
		return nil
	})
	if err == nil && r.found == before {
		return hint.New(dir+" has no reports", "reports are files named .json, .json.gz or .html, or archives with them")
	}
	return err
}

func namedAsReport(name string) bool {
	return slices.ContainsFunc([]string{".json", ".json.gz", ".html"}, func(end string) bool { return strings.HasSuffix(name, end) })
}

func isArchive(name string) bool {
	return slices.ContainsFunc([]string{".tar", ".tar.gz", ".tgz", ".ndjson", ".ndjson.gz"}, func(end string) bool {
		return strings.HasSuffix(name, end)
	})
}

// file reads a report, or what holds several.
func (r *reader) file(name string) {
	f, err := os.Open(name)
	if err != nil {
		r.give(Item{Name: name, Err: err})
		return
	}
	defer func() { _ = f.Close() }()
	var in io.Reader = f
	plain := name
	if trimmed, packed := strings.CutSuffix(strings.Replace(name, ".tgz", ".tar.gz", 1), ".gz"); packed {
		if in, err = gzip.NewReader(bufio.NewReader(f)); err != nil {
			r.give(Item{Name: name, Err: err})
			return
		}
		plain = trimmed
	}
	switch {
	case strings.HasSuffix(plain, ".tar"):
		r.archive(name, bufio.NewReader(in))
	case strings.HasSuffix(plain, ".ndjson"):
		r.lines(in)
	default:
		size := int64(0)
		if info, err := f.Stat(); err == nil && plain == name {
			size = info.Size()
		}
		r.give(one(name, in, size))
	}
}

// one reads one report to its end. Its size is what is expected, 0 for what is not known.
func one(name string, in io.Reader, size int64) Item {
	var text bytes.Buffer
	text.Grow(int(min(max(size, 0), MaxReport)) + bytes.MinRead)
	_, err := text.ReadFrom(io.LimitReader(in, MaxReport+1))
	if err == nil && text.Len() > MaxReport {
		err = fmt.Errorf("larger than %d MiB", MaxReport>>20)
	}
	if err != nil {
		return Item{Name: name, Err: err}
	}
	return Item{Name: name, Data: text.Bytes()}
}

// archive reads the reports of a tar archive. Its other files, of which a support archive has
// thousands, are passed over.
func (r *reader) archive(name string, in io.Reader) {
	t := tar.NewReader(in)
	for !r.ended {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.give(Item{Name: name, Err: fmt.Errorf("the archive is broken: %w", err)})
			return
		}
		if h.Typeflag != tar.TypeReg || !namedAsReport(h.Name) {
			continue
		}
		r.member(path.Join(filepath.ToSlash(name), h.Name), t, h.Size)
	}
}

// member reads a file of an archive, of a size, if it is a report.
func (r *reader) member(name string, in io.Reader, size int64) {
	if strings.HasSuffix(name, ".gz") {
		packed, err := gzip.NewReader(in)
		if err != nil {
			return // another's file
		}
		in, size = packed, 0
	}
	buffered := bufio.NewReaderSize(in, markWithin)
	head, _ := buffered.Peek(markWithin)
	page := bytes.HasPrefix(bytes.TrimSpace(head), []byte("<"))
	if page && strings.HasSuffix(name, ".html") || bytes.Contains(head, []byte(mark)) {
		i := one(name, buffered, size)
		if !page || bytes.Contains(i.Data, []byte(mark)) {
			r.give(i)
		}
	}
}

// lines reads a stream with a report on each line. A report that was written with line breaks,
// as -o json does, is read too: it ends where the next one begins.
func (r *reader) lines(in io.Reader) {
	buffered := bufio.NewReaderSize(in, 64<<10)
	for n := 1; !r.ended; n++ {
		data, err := document(buffered)
		if len(data) > 0 {
			r.give(Item{Name: fmt.Sprintf("report %d of the stream", n), Data: data})
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.give(Item{Name: fmt.Sprintf("report %d of the stream", n), Err: err})
			}
			return
		}
	}
}

// document reads one value of JSON: from its first brace to the one that closes it.
func document(in *bufio.Reader) ([]byte, error) {
	var out []byte
	depth, quoted, escaped := 0, false, false
	for {
		c, err := in.ReadByte()
		if err != nil {
			return out, err
		}
		if len(out) == 0 && c != '{' {
			if strings.ContainsRune(" \t\r\n\x1e", rune(c)) {
				continue
			}
			rest, err := in.ReadBytes('\n') // no report: what its reader says of it
			return append([]byte{c}, rest...), err
		}
		if out = append(out, c); len(out) > MaxReport {
			return nil, fmt.Errorf("larger than %d MiB", MaxReport>>20)
		}
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return out, nil
			}
		}
	}
}
