package userfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// place is where a path leads.
type place struct {
	// path is the path with all links resolved.
	path   string
	exists bool
	mode   fs.FileMode
	// inPlace means that the place is an open file, reached by a link below /proc: such a
	// link leads to the file and not to the name that it shows.
	inPlace bool
	// made means that the file was created to find out whether it can be.
	made bool
}

// maxLinks is how many links Linux follows in a path (path_resolution(7)).
const maxLinks = 40

// destination follows the links of a path. What the system does not let this process open
// through them, as links of others in /tmp (proc_sys_fs(5), protected_symlinks), is an
// error.
func destination(path string) (place, error) {
	at := place{path: path}
	info, err := os.Lstat(path)
	for range maxLinks {
		if err != nil || at.inPlace || info.Mode()&fs.ModeSymlink == 0 {
			break
		}
		if err := at.follow(); err != nil {
			return at, err
		}
		info, err = os.Lstat(at.path)
	}
	switch {
	case at.inPlace:
		info, err = os.Stat(path)
	case errors.Is(err, fs.ErrNotExist) && at.path == path:
		return at, nil
	case errors.Is(err, fs.ErrNotExist):
		at.made = true
		return at, followable(path, os.O_CREATE)
	case err == nil && at.path != path && info.Mode().IsRegular():
		err = followable(path, 0)
	}
	switch {
	case err != nil:
		return at, err
	case info.IsDir():
		return at, &fs.PathError{Op: "create", Path: path, Err: errors.New("is a directory")}
	}
	at.exists, at.mode = true, info.Mode()
	return at, nil
}

// follow takes one link.
func (p *place) follow() error {
	dir, err := filepath.EvalSymlinks(filepath.Dir(p.path))
	if err != nil {
		return err
	}
	target, err := os.Readlink(p.path)
	if err != nil {
		return err
	}
	p.inPlace = strings.HasPrefix(dir, "/proc/")
	if !filepath.IsAbs(target) {
		target = filepath.Join(dir, target)
	}
	p.path = target
	return nil
}

// followable reports whether the system opens what a link leads to.
func followable(path string, flags int) error {
	f, err := os.OpenFile(path, os.O_WRONLY|flags, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// regular reports whether a regular file is there, or will be.
func (p place) regular() bool { return !p.exists || p.mode.IsRegular() }

// replaced reports whether a new file takes the place.
func (p place) replaced() bool { return p.regular() && !p.inPlace }

// forget removes a file that was created to find out whether it can be.
func (p place) forget() {
	if p.made {
		_ = os.Remove(p.path)
	}
}
