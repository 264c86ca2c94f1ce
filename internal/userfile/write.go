package userfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Mode is which mode a file gets that is written.
type Mode struct {
	// New is the mode of a file that did not exist, less the umask.
	New fs.FileMode
	// Exact gives the file New whatever the umask says: others are meant to read it.
	Exact bool
	// Keep leaves a file that was there its own; without it, it gets New as well.
	Keep bool
}

// File is a file to be written: nothing of it is there before [File.Commit]. It is not
// safe for concurrent use.
type File struct {
	text bytes.Buffer
	at   place
	mode fs.FileMode
	// temp is the new file in the same directory. It is nil where into is written
	// instead: a device, a pipe, or a file whose directory takes no new one.
	temp, into *os.File
}

// Create prepares to write a file and fails where that is not possible. The old file
// stays until the new one is complete. A link stays, and its target is replaced. What is
// not a regular file is opened, as other tools do, and not replaced; for a pipe it waits
// until somebody reads it.
func Create(path string, mode Mode) (*File, error) {
	at, err := destination(path)
	if err != nil {
		return nil, err
	}
	f := &File{at: at, mode: mode.New}
	if at.exists && mode.Keep {
		f.mode = at.mode.Perm()
	}
	if !at.replaced() {
		f.into, err = os.OpenFile(path, os.O_WRONLY, 0)
		return f, err
	}
	if f.temp, err = newInDir(at.path, f.mode); err == nil {
		if mode.Exact {
			err = f.temp.Chmod(f.mode)
		}
		if err == nil {
			err = private(f.temp, f.mode)
		}
		if err != nil {
			f.Discard()
		}
		return f, err
	}
	if at.exists && errors.Is(err, fs.ErrPermission) {
		f.into, err = os.OpenFile(at.path, os.O_WRONLY, 0)
	}
	if err != nil {
		at.forget()
		return nil, about(path, err)
	}
	return f, nil
}

// newBeside makes a file in the directory in which another is or will be.
func newInDir(path string, mode fs.FileMode) (*os.File, error) {
	const tries = 100 // of 2^32 names
	var err error
	for range tries {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".pullpath-%08x", rand.Uint32()))
		var f *os.File
		if f, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode); !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
	return nil, err
}

// about returns an error about the file that was named, not the one beside it.
func about(path string, err error) error {
	var named *fs.PathError
	var linked *os.LinkError
	switch {
	case errors.As(err, &named):
		return &fs.PathError{Op: "create", Path: path, Err: named.Err}
	case errors.As(err, &linked):
		return &fs.PathError{Op: "replace", Path: path, Err: linked.Err}
	}
	return err
}

// Write keeps what will be in the file. It does not fail.
func (f *File) Write(text []byte) (int, error) { return f.text.Write(text) }

// Commit writes the file and puts it into its place. After an error a regular file is as
// it was, save for one that cannot be replaced and whose device is full.
func (f *File) Commit() error {
	if f.temp == nil {
		into := f.into
		f.into = nil
		return f.fill(into)
	}
	temp := f.temp
	f.temp = nil
	err := f.fill(temp)
	if err == nil {
		if err = os.Rename(temp.Name(), f.at.path); err == nil {
			return nil
		}
	}
	_ = os.Remove(temp.Name())
	var linked *os.LinkError
	if f.at.exists && errors.As(err, &linked) { // a mount, or another's file in /tmp
		if into, denied := os.OpenFile(f.at.path, os.O_WRONLY, 0); denied == nil {
			return f.fill(into)
		}
	}
	f.at.forget()
	return about(f.at.path, err)
}

// fill writes all into a file and closes it.
func (f *File) fill(into *os.File) error {
	if into == nil {
		return errors.New("the file was closed")
	}
	var err error
	if f.at.regular() {
		err = into.Truncate(0)
	}
	if err == nil {
		_, err = into.Write(f.text.Bytes())
	}
	if closed := into.Close(); err == nil {
		err = closed
	}
	return err
}

// Discard gives up a file that was not committed.
func (f *File) Discard() {
	if f.temp != nil {
		_ = f.temp.Close()
		_ = os.Remove(f.temp.Name())
		f.at.forget()
	}
	if f.into != nil {
		_ = f.into.Close()
	}
	f.temp, f.into = nil, nil
}

// Replace writes a whole file as [Create] and [File.Commit] do.
func Replace(path string, text []byte, mode Mode) error {
	f, err := Create(path, mode)
	if err != nil {
		return err
	}
	_, _ = f.Write(text)
	return f.Commit()
}
