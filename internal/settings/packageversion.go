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
// archive. rpm's own database is not text and is not read.
func PackageVersion(root *Root, names ...string) (Package, bool) {
	sources := root.Glob("/var/lib/dpkg/status.d/*")
	sources = append(sources, "/var/lib/dpkg/status")
	for _, source := range sources {
		if p, ok := root.packageIn(source, fromDpkg, names); ok {
			return p, true
		}
	}
	for _, source := range append([]string{"/installed-rpms"}, root.Glob("/sos_commands/rpm/*")...) {
		if p, ok := root.packageIn(source, fromRPMList, names); ok {
			return p, true
		}
	}
	return Package{}, false
}

// maxPackageList bounds a package list, in bytes: the status file of a desktop
// with all its packages has about 8 MiB. What comes after it is not searched.
const maxPackageList = 16 << 20

// maxPackages bounds the packages of a list; Debian has about 70,000 in all.
const maxPackages = 100_000

// maxPackageLine bounds a line of it, in bytes; what is longer ends the search.
const maxPackageLine = 1 << 20

// packageIn returns the first package of a list that has one of these names. A list is
// read once: each client asks for its own packages.
func (r *Root) packageIn(source string, read func(io.Reader) []Package, names []string) (Package, bool) {
	list, known := r.packages[source]
	if !known {
		list = r.packageList(source, read)
		r.packages[source] = list
	}
	for _, p := range list {
		if slices.Contains(names, p.Name) {
			p.Source = clean(source)
			return p, true
		}
	}
	return Package{}, false
}

// packageList reads a package list.
func (r *Root) packageList(source string, read func(io.Reader) []Package) []Package {
	file, err := r.open(source)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	counted := &counting{r: io.LimitReader(file, maxPackageList)}
	list := read(counted)
	r.budget.bytes += counted.bytes
	if counted.bytes == maxPackageList || len(list) > maxPackages {
		r.leave("a package list larger than is read: %s", quoted(clean(source)))
	}
	return list
}

// counting counts what is read.
type counting struct {
	r     io.Reader
	bytes int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.bytes += int64(n)
	return n, err
}

// lineScanner returns a scanner for long lines.
func lineScanner(r io.Reader) *bufio.Scanner {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 64<<10), maxPackageLine)
	return scanner
}

// fromDpkg reads the packages of deb822 paragraphs that are installed (dpkg(1), FILES). A
// paragraph of status.d, as in distroless images, has no Status.
func fromDpkg(r io.Reader) []Package {
	var out []Package
	var p Package
	installed := true
	end := func() {
		if installed && p.Version != "" {
			out = append(out, p)
		}
		p, installed = Package{}, true
	}
	for scanner := lineScanner(r); scanner.Scan() && len(out) <= maxPackages; {
		line := scanner.Text()
		if line == "" {
			end()
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
	end()
	return out
}

// rpmName matches name-version-release.architecture; neither version nor release
// can hold a dash. An epoch may stand before the version.
var rpmName = regexp.MustCompile(`^([^\s/]+)-([^\s-]+)-([^\s-]+)\.(x86_64|aarch64|ppc64le|s390x|i686|noarch)$`)

// fromRPMList reads a list of packages, one a line, followed by a date or other columns
// (sos, plugin rpm: "rpm -qa").
func fromRPMList(r io.Reader) []Package {
	var out []Package
	for scanner := lineScanner(r); scanner.Scan() && len(out) <= maxPackages; {
		fields := strings.Fields(scanner.Text())
		if len(fields) == 0 {
			continue
		}
		if m := rpmName.FindStringSubmatch(fields[0]); m != nil {
			out = append(out, Package{Name: m[1], Version: m[2] + "-" + m[3]})
		}
	}
	return out
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
