package settings

import (
	"bufio"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Package is an installed package or library.
type Package struct {
	Name    string
	Version string // as the source writes it: "7.88.1-10+deb12u8", "7.76.1-29.el9_4"
	Source  string // the file that tells
}

// PackageVersion returns the version of the first of these packages that is
// installed: from dpkg's database, or from the package lists of a support
// archive. rpm's own database is no text and is not read.
func PackageVersion(root *Root, names ...string) (Package, bool) {
	sources := root.Glob("/var/lib/dpkg/status.d/*")
	sources = append(sources, "/var/lib/dpkg/status")
	for _, source := range sources {
		if p, ok := scanPackages(root, source, func(r io.Reader) (Package, bool) { return fromDpkg(r, names) }); ok {
			return p, true
		}
	}
	for _, source := range append([]string{"/installed-rpms"}, root.Glob("/sos_commands/rpm/*")...) {
		if p, ok := scanPackages(root, source, func(r io.Reader) (Package, bool) { return fromRPMList(r, names) }); ok {
			return p, true
		}
	}
	return Package{}, false
}

// maxPackageList bounds a package list, in bytes: the status file of a desktop
// with all its packages has some 8 MiB.
const maxPackageList = 64 << 20

// maxPackageLine bounds a line of it, in bytes; what is longer ends the search.
const maxPackageLine = 1 << 20

func scanPackages(root *Root, source string, scan func(io.Reader) (Package, bool)) (Package, bool) {
	file, err := root.open(source)
	if err != nil {
		return Package{}, false
	}
	defer file.Close()
	p, ok := scan(io.LimitReader(file, maxPackageList))
	p.Source = clean(source)
	return p, ok
}

// lineScanner returns a scanner for long lines.
func lineScanner(r io.Reader) *bufio.Scanner {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 64<<10), maxPackageLine)
	return scanner
}

// fromDpkg searches paragraphs of deb822 (dpkg(1), FILES). A paragraph of
// status.d, as in distroless images, has no Status.
func fromDpkg(r io.Reader, names []string) (Package, bool) {
	var p Package
	installed := true
	found := func() bool { return installed && p.Version != "" && slices.Contains(names, p.Name) }
	for scanner := lineScanner(r); scanner.Scan(); {
		line := scanner.Text()
		if line == "" {
			if found() {
				return p, true
			}
			p, installed = Package{}, true
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		switch value = strings.TrimSpace(value); field {
		case "Package":
			p.Name = value
		case "Version":
			p.Version = value
		case "Status":
			installed = strings.HasSuffix(value, " installed")
		}
	}
	if found() {
		return p, true
	}
	return Package{}, false
}

// rpmName matches name-version-release.architecture; neither version nor release
// can hold a dash. An epoch may stand before the version.
var rpmName = regexp.MustCompile(`^([^\s/]+)-([^\s-]+)-([^\s-]+)\.(x86_64|aarch64|ppc64le|s390x|i686|noarch)$`)

// fromRPMList searches a list of packages, one a line, followed by a date or
// other columns (sos, plugin rpm: "rpm -qa").
func fromRPMList(r io.Reader, names []string) (Package, bool) {
	for scanner := lineScanner(r); scanner.Scan(); {
		fields := strings.Fields(scanner.Text())
		if len(fields) == 0 {
			continue
		}
		if m := rpmName.FindStringSubmatch(fields[0]); m != nil && slices.Contains(names, m[1]) {
			return Package{Name: m[1], Version: m[2] + "-" + m[3]}, true
		}
	}
	return Package{}, false
}

// libraryDirs are where shared libraries lie, as patterns: with and without a
// merged /usr, of Debian's multiarch and of Fedora's lib64.
var libraryDirs = []string{"/usr/local/lib", "/usr/lib64", "/usr/lib/*-linux-gnu*", "/usr/lib", "/lib64", "/lib/*-linux-gnu*", "/lib"}

// curlVersion is the string that libcurl sends as its own name.
var curlVersion = regexp.MustCompile(`libcurl/([0-9]+\.[0-9]+\.[0-9]+)`)

// maxLibrary bounds a library that is searched for its version, in bytes;
// libcurl has less than 1 MiB.
const maxLibrary = 8 << 20

// CurlVersion returns the version of libcurl, which decides how curl, git and
// dnf read their proxy settings: from a package list, or from the version string
// in the library itself.
func CurlVersion(root *Root) (Package, bool) {
	if p, ok := PackageVersion(root, "libcurl4", "libcurl4t64", "libcurl", "libcurl-minimal", "libcurl3-gnutls", "libcurl3t64-gnutls"); ok {
		return p, true
	}
	for _, dir := range libraryDirs {
		for _, name := range root.Glob(dir + "/libcurl*.so.4") {
			data, err := root.readBytes(name, maxLibrary)
			if err != nil {
				continue
			}
			if m := curlVersion.FindSubmatch(data); m != nil {
				return Package{"libcurl", string(m[1]), name}, true
			}
		}
	}
	return Package{}, false
}

// pythonDirs are where Python's packages lie, as patterns.
var pythonDirs = []string{
	"/usr/local/lib/python3*/site-packages", "/usr/local/lib/python3*/dist-packages",
	"/usr/lib/python3*/site-packages", "/usr/lib64/python3*/site-packages", "/usr/lib/python3*/dist-packages",
}

// PythonVersion returns the version of the host's Python 3, "3.11": the name of
// the directory of its library.
func PythonVersion(root *Root) (Package, bool) {
	for _, pattern := range []string{"/usr/lib64/python3.[0-9]*", "/usr/lib/python3.[0-9]*"} {
		found := root.Glob(pattern + "/os.py")
		if len(found) > 0 {
			last := path.Dir(found[len(found)-1])
			return Package{"python3", strings.TrimPrefix(path.Base(last), "python"), last}, true
		}
	}
	return Package{}, false
}

// PythonPackage returns the version of a Python package such as requests, from
// its metadata ("requests-2.25.1.dist-info/METADATA", or "….egg-info/PKG-INFO").
func PythonPackage(root *Root, name string) (Package, bool) {
	for _, dir := range pythonDirs {
		for _, pattern := range []string{"-*.dist-info/METADATA", "-*.egg-info/PKG-INFO", "-*.egg-info"} {
			for _, source := range root.Glob(dir + "/" + name + pattern) {
				if info := root.stat(source); info == nil || !info.Mode().IsRegular() {
					continue
				}
				text, _ := root.text(source)
				for line := range strings.SplitSeq(text, "\n") {
					if version, ok := strings.CutPrefix(line, "Version: "); ok {
						return Package{name, strings.TrimSpace(version), source}, true
					}
				}
			}
		}
	}
	return Package{}, false
}
