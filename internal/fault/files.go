package fault

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What the made-up host may have in files. The largest of the catalogue has a dozen; a
// daemon with its process, units and drop-ins some fifty.
const (
	// MaxFiles bounds their number.
	MaxFiles = 500
	// MaxFileBytes bounds them all together: a scenario file is not larger.
	MaxFileBytes = 8 << 20
	// certificateBytes is how long the CA is that stands for [InterceptorCA], or longer.
	certificateBytes = 1 << 10
	// maxFileName is the longest path that Linux opens, and maxElement the longest name
	// that its file systems keep (path_resolution(7), limits.h), in bytes.
	maxFileName = 4095
	maxElement  = 255
)

// checkFiles looks at the files of the client's host: they are written below a folder of
// their own, so nothing may lead out of it, and all have to fit beside each other.
func (w World) checkFiles() error {
	if len(w.Files) > MaxFiles {
		return &Misplaced{"files", fmt.Errorf("%d files; at most %d are made", len(w.Files), MaxFiles)}
	}
	total := 0
	for name, text := range inOrder(w.Files) {
		if err := FileName(name); err != nil {
			return &Misplaced{"files", err}
		}
		for dir := path.Dir(name); dir != "/"; dir = path.Dir(dir) {
			if _, file := w.Files[dir]; file {
				return &Misplaced{"files", fmt.Errorf("%q lies below %q, which is a file", name, dir)}
			}
		}
		if total += len(text) + certificateBytes*strings.Count(text, InterceptorCA); total > MaxFileBytes {
			return &Misplaced{"files", fmt.Errorf("more than %d bytes in them", MaxFileBytes)}
		}
	}
	return nil
}

// FileName returns why a text cannot be the path of a file of the made-up host: it is
// absolute there, has no parts that lead elsewhere, and one spelling.
func FileName(name string) error {
	hidden := func(r rune) bool { return !unicode.IsPrint(r) }
	switch {
	case len(name) > maxFileName:
		return fmt.Errorf("a file name of %d bytes; the longest path has %d", len(name), maxFileName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, hidden):
		return fmt.Errorf("%q: a file name has no control characters", name)
	case !path.IsAbs(name):
		return fmt.Errorf("%q is not a path below the host's root; write /etc/environment, for instance", name)
	case name == "/" || path.Clean(name) != name || strings.Contains(name, `\`):
		return fmt.Errorf("%q is not a file below the host's root, or not in its plain spelling", name)
	}
	for element := range strings.SplitSeq(name, "/") {
		if len(element) > maxElement {
			return errors.New("a file name with a part longer than a file system keeps")
		}
	}
	return nil
}
