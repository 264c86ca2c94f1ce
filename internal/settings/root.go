package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	securejoin "github.com/cyphar/filepath-securejoin"

	"pullpath/internal/hint"
	"pullpath/internal/redact"
)

// maxFile bounds a text file, in bytes. The largest that is written by hand or
// by an operator, a registries.conf of a disconnected cluster, has about 100 KiB;
// ten times that is still read at once.
const maxFile = 1 << 20

// Root is the file system of a host, mounted at a directory. All paths are those
// of the host, absolute and with slashes; links are followed as after chroot, so
// an absolute link stays inside. It remembers what could not be read, and reads
// no more than a host has: [Root.Unread] says what was left out. It is not safe for
// concurrent use.
type Root struct {
	dir     string
	remarks []Remark
	// system is the operating system whose files these are, empty for Linux; here tells that they
	// are this machine's own.
	system System
	here   bool
	// remembered is what readers have worked out of the files.
	remembered map[string]any
	// known are the paths that remarks are about, packages what package lists hold.
	known    map[string]bool
	packages map[string][]Package
	budget   budget
	seen     seen
	// refused are the paths that could not be read, in the order asked, each as often as it
	// was asked for.
	refused []string
}

// seen is what was looked at before: a host is looked at once, as it was at one moment, and
// a dozen clients ask for the same files.
type seen struct {
	places   map[string]place
	contents map[string]content
	names    map[string]listing
	links    map[string]string
	// elements are the names on the way to what links lead to, by their path on this
	// machine: the four hundred links of a directory of certificates lead into one other.
	elements map[string]place
	targets  map[string]target
}

// target is what a link of this machine says.
type target struct {
	path string
	err  error
}

// Lstat implements [securejoin.VFS].
func (s seen) Lstat(name string) (fs.FileInfo, error) {
	p := once(s.elements, filepath.Clean(name), func() place {
		info, err := os.Lstat(name)
		return place{name, info, err}
	})
	return p.info, p.err
}

// Readlink implements [securejoin.VFS].
func (s seen) Readlink(name string) (string, error) {
	t := once(s.targets, filepath.Clean(name), func() target {
		path, err := os.Readlink(name)
		return target{path, err}
	})
	return t.path, t.err
}

// place is where a path of the host lies on this machine, and what is there; a nil info is
// nothing.
type place struct {
	real string
	info fs.FileInfo
	err  error
}

type content struct {
	data []byte
	err  error
}

func newSeen() seen {
	return seen{places: map[string]place{}, contents: map[string]content{}, names: map[string]listing{}, links: map[string]string{},
		elements: map[string]place{}, targets: map[string]target{}}
}

// once returns what is known by a key, and looks where nothing is.
func once[V any](known map[string]V, key string, look func() V) V {
	if v, ok := known[key]; ok {
		return v
	}
	v := look()
	known[key] = v
	return v
}

// OpenRoot returns the host whose files are below dir, "/" for this host. It
// fails if dir is no directory.
func OpenRoot(dir string) (*Root, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("root %s: %w", dir, err)
	}
	info, err := os.Stat(absolute)
	if err != nil {
		return nil, fmt.Errorf("root: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("root %s: not a directory", dir)
	}
	return &Root{dir: absolute, here: absolute == string(filepath.Separator), known: map[string]bool{},
		packages: map[string][]Package{}, seen: newSeen(),
		budget: newBudget(clock{computed, time.Now})}, nil
}

// OpenTree returns the host whose files a user says are below dir. It fails with a hint if
// dir is no directory, or has neither an etc nor what only Windows or macOS has: what was not
// looked at there would read as "not set".
func OpenTree(dir string) (*Root, error) {
	const wanted = "give the directory that holds etc, usr and so on, or Users, or the exports of a Windows or macOS machine"
	r, err := OpenRoot(dir)
	if err != nil {
		return nil, hint.New("--root: "+err.Error(), wanted)
	}
	if r.system = r.kindOf("/"); r.system != "" || r.mayHaveEtc("/") {
		return r, nil
	}
	advice := wanted
	none := func(sub string) bool { return r.IsFile(sub) || !r.mayHaveEtc(sub) && r.kindOf(sub) == "" }
	if below := slices.DeleteFunc(r.Glob("/*"), none); len(below) == 1 {
		advice = "did you mean " + redact.Text(filepath.Join(dir, below[0]), maxRemarkText) + "?"
	}
	return nil, hint.New("--root: "+dir+" has no etc, so it is not the file system of a host", advice)
}

// mayHaveEtc reports whether a directory has an etc, or may have one that cannot be seen:
// what is in it is then among the remarks.
func (r *Root) mayHaveEtc(dir string) bool {
	etc := r.place(path.Join(clean(dir), "etc"))
	return etc.err != nil || etc.info != nil && etc.info.IsDir()
}

// Here reports whether the root is this host's own file system.
func (r *Root) Here() bool { return r.here }

// Remarks returns what could not be read, in the order met, each path once.
// Files that do not exist are not among them.
func (r *Root) Remarks() []Remark { return slices.Clone(r.remarks) }

// ReadFile returns the text of a file, without a byte order mark. The error is
// fs.ErrNotExist if there is none; for every other reason the root also has a
// remark.
func (r *Root) ReadFile(name string) ([]byte, error) {
	data, err := r.readBytes(name, maxFile)
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, r.refuse(Binary, name, "holds NUL bytes, so it is not a text file; not read")
	}
	return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), nil
}

// readBytes returns the content of a file of at most limit bytes. A file counts for the
// budget each time that it is asked for: whoever reads it works on all of it.
func (r *Root) readBytes(name string, limit int64) ([]byte, error) {
	if r.over(true) {
		return nil, errStopped
	}
	c := once(r.seen.contents, fmt.Sprint(limit, clean(name)), func() content {
		data, err := r.readAnew(name, limit)
		return content{data, err}
	})
	r.budget.bytes += int64(len(c.data))
	r.budget.opened++
	r.missed(name, c.err)
	return slices.Clone(c.data), c.err
}

func (r *Root) readAnew(name string, limit int64) ([]byte, error) {
	file, err := r.open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, r.failed(name, err)
	}
	if int64(len(data)) > limit {
		return nil, r.refuse(TooLarge, name, fmt.Sprintf("has more than %d bytes; not read", limit))
	}
	return data, nil
}

// open opens a regular file.
func (r *Root) open(name string) (*os.File, error) {
	real, err := r.real(name)
	if err != nil {
		return nil, r.failed(name, err)
	}
	info := r.stat(name)
	if info == nil {
		return nil, fs.ErrNotExist
	}
	if !info.Mode().IsRegular() {
		return nil, r.refuse(NotAFile, name, "is not a regular file; not read")
	}
	file, err := openRegular(real)
	if err != nil {
		return nil, r.failed(name, err)
	}
	return file, nil
}

// real returns where a path of the host lies on this machine.
func (r *Root) real(name string) (string, error) {
	if r.spent() {
		return "", errStopped
	}
	p := r.place(clean(name))
	return p.real, p.err
}

// place finds where a cleaned path of the host lies, from where its directory lies.
func (r *Root) place(name string) place {
	return once(r.seen.places, name, func() place {
		if name == "/" {
			return lookAt(r.dir)
		}
		above := r.place(path.Dir(name))
		if above.info == nil && above.err == nil {
			return place{real: filepath.Join(above.real, path.Base(name))} // below nothing there is nothing
		}
		if above.err == nil {
			if p := lookAt(filepath.Join(above.real, path.Base(name))); p.err == nil && (p.info == nil || p.info.Mode()&fs.ModeSymlink == 0) {
				return p
			}
		}
		real, err := securejoin.SecureJoinVFS(r.dir, filepath.FromSlash(name), r.seen)
		if err != nil {
			return place{real, nil, err}
		}
		p := lookAt(real)
		return place{real, p.info, nil}
	})
}

// lookAt looks at a path of this machine, and follows no link.
func lookAt(real string) place {
	info, err := os.Lstat(real)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return place{real: real}
	}
	return place{real, info, err}
}

// clean returns name as an absolute path without "." and "..".
func clean(name string) string { return path.Clean("/" + name) }

// failed remembers why name could not be read, unless it does not exist.
func (r *Root) failed(name string, err error) error {
	var reason *fs.PathError
	switch {
	case errors.Is(err, errStopped):
		return err // said once for all
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ESRCH): // ESRCH: the process ended
		return fs.ErrNotExist
	case errors.Is(err, syscall.ELOOP):
		return r.refuse(LinkCycle, name, "its symbolic links form a loop; not read")
	case errors.As(err, &reason):
		err = reason.Err // without the path on this machine
	}
	return r.refuse(Unreadable, name, "could not be read: "+quoted(err.Error()))
}

// refuse remembers a remark about name, once per path, and returns it as error.
func (r *Root) refuse(code Code, name, text string) error {
	name = clean(name)
	if !r.known[name] && len(r.known) < maxEntries {
		r.known[name] = true
		r.remarks = append(r.remarks, Remark{Code: code, Source: name, Text: text})
	}
	return &refusal{code, name + ": " + text}
}

// refusal is the error of a file that is there and is not read.
type refusal struct {
	code Code
	text string
}

func (e *refusal) Error() string { return e.text }

// text returns a file's content and whether it could be read.
func (r *Root) text(name string) (string, bool) {
	data, err := r.ReadFile(name)
	return string(data), err == nil
}

// stat returns the info of what a path leads to, nil if that is nothing.
func (r *Root) stat(name string) fs.FileInfo {
	if r.spent() {
		return nil
	}
	p := r.place(clean(name))
	r.missed(name, p.err)
	return p.info
}

// missed notes a path that this process may not read, or of which it may not even see whether
// anything is there. What the host's own programs cannot read either, as a link that never
// ends, is none: nothing in it decides.
func (r *Root) missed(name string, err error) {
	var refused *refusal
	closed := errors.Is(err, fs.ErrPermission) || errors.As(err, &refused) && refused.code == Unreadable
	if closed && len(r.refused) < maxEntries {
		r.refused = append(r.refused, clean(name))
	}
}

// UnreadBy returns the first path that a reader asked for and could not read; empty where it
// could read all that is there.
func (r *Root) UnreadBy(read func()) string {
	before := len(r.refused)
	read()
	if len(r.refused) == before {
		return ""
	}
	return r.refused[before]
}

// Exists reports whether a path leads to something.
func (r *Root) Exists(name string) bool { return r.stat(name) != nil }

// IsFile reports whether a path leads to something that is no directory.
func (r *Root) IsFile(name string) bool {
	info := r.stat(name)
	return info != nil && !info.IsDir()
}

// ModTime returns when a file was last changed; the zero time if it is not there.
func (r *Root) ModTime(name string) time.Time {
	if info := r.stat(name); info != nil {
		return info.ModTime()
	}
	return time.Time{}
}

// worldReadable reports whether everybody on the host may read the file. The
// directories above it are not looked at.
func (r *Root) worldReadable(name string) bool {
	info := r.stat(name)
	return info != nil && info.Mode().Perm()&0o004 != 0
}

// ReadDir returns the names in a directory, sorted; none if there is no such
// directory.
func (r *Root) ReadDir(name string) []string {
	if r.spent() {
		return nil
	}
	l := once(r.seen.names, clean(name), func() listing { return r.readDirAnew(name) })
	r.missed(name, l.err)
	return slices.Clone(l.names)
}

// listing is the names in a directory, or why they are not known.
type listing struct {
	names []string
	err   error
}

func (r *Root) readDirAnew(name string) listing {
	real, err := r.real(name)
	if err != nil {
		return listing{err: r.failed(name, err)}
	}
	if !r.Exists(name) {
		return listing{}
	}
	names, err := namesIn(real, maxEntries+1)
	if err != nil && r.Exists(name) {
		err = r.failed(name, err)
	}
	if len(names) > maxEntries {
		r.leave("a directory with more than %d entries: %s", maxEntries, quoted(clean(name)))
		names = names[:maxEntries]
	}
	slices.Sort(names)
	return listing{names, err}
}

// namesIn returns the names in a directory, at most so many, in no order.
func namesIn(dir string, most int) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }()
	names, err := d.Readdirnames(most)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return names, err
}

// Glob returns the existing paths that match a shell pattern, sorted. Only the
// pattern's own text can hold metacharacters, names on disk are taken literally;
// a malformed pattern matches nothing.
func (r *Root) Glob(pattern string) []string {
	found := []string{"/"}
	for element := range strings.SplitSeq(strings.Trim(clean(pattern), "/"), "/") {
		var next []string
		for _, dir := range found {
			if next = append(next, r.globElement(dir, element)...); len(next) > maxFound {
				r.leave("more than %d files match %s", maxFound, quoted(pattern))
				next = next[:maxFound]
				break
			}
		}
		found = next
	}
	return found
}

// globElement returns the paths below dir whose last element matches.
func (r *Root) globElement(dir, element string) []string {
	if !strings.ContainsAny(element, `*?[\`) {
		if name := path.Join(dir, element); r.Exists(name) {
			return []string{name}
		}
		return nil
	}
	var found []string
	for _, name := range r.ReadDir(dir) {
		hidden := strings.HasPrefix(name, ".") && !strings.HasPrefix(element, ".")
		if ok, err := path.Match(element, name); err == nil && ok && !hidden {
			found = append(found, path.Join(dir, name))
		}
	}
	return found
}

// Readlink returns where a symbolic link points, as written; "" if name is none.
func (r *Root) Readlink(name string) string {
	name = clean(name)
	parent, err := r.real(path.Dir(name))
	if err != nil {
		return ""
	}
	return once(r.seen.links, filepath.Join(parent, path.Base(name)), func() string {
		target, err := os.Readlink(filepath.Join(parent, path.Base(name)))
		if err != nil {
			return ""
		}
		return target
	})
}

// ReadData returns the bytes of a file that may be no text, at most limit of them; the errors are
// those of [Root.ReadFile].
func (r *Root) ReadData(name string, limit int64) ([]byte, error) { return r.readBytes(name, limit) }

// ReadParts opens a large file of which a reader looks at some places, so that it is never in memory
// as a whole. What is read counts for the budget. The errors are those of [Root.ReadFile]; one of the
// reader means that the file was not read to its end.
func (r *Root) ReadParts(name string, read func(file io.ReaderAt, size int64) error) error {
	if r.over(true) {
		return errStopped
	}
	file, err := r.open(name)
	r.missed(name, err)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return r.failed(name, err)
	}
	counted := &countedFile{file: file}
	err = read(counted, info.Size())
	r.budget.bytes += counted.bytes
	r.budget.opened++
	if err != nil {
		return r.refuse(TooLarge, name, quoted(err.Error())+"; not read to its end")
	}
	return nil
}

// countedFile counts what is read of a file, and ends with the budget.
type countedFile struct {
	file  io.ReaderAt
	bytes int64
}

func (c *countedFile) ReadAt(b []byte, at int64) (int, error) {
	if c.bytes += int64(len(b)); c.bytes > maxTotal {
		return 0, errStopped
	}
	return c.file.ReadAt(b, at)
}

// Remember returns what look returned for a key the first time: what several clients of a host ask
// for is worked out once.
func Remember[V any](r *Root, key string, look func() V) V {
	if r.remembered == nil {
		r.remembered = map[string]any{}
	}
	if v, ok := r.remembered[key].(V); ok {
		return v
	}
	v := look()
	r.remembered[key] = v
	return v
}
