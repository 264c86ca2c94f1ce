package settings

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestGoVersionOfThisTest(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root, err := OpenRoot(filepath.Dir(self))
	if err != nil {
		t.Fatal(err)
	}
	b, ok := GoVersion(root, "/"+filepath.Base(self))
	if !ok || b.Toolchain != runtime.Version() || b.Path != "/"+filepath.Base(self) {
		t.Errorf("%v %+v", ok, b)
	}
	other := host(t, map[string]string{"/usr/bin/curl": "#!/bin/sh\n", "/bin": "-> usr/bin"})
	if b, ok := GoVersion(other, "/usr/bin/curl"); ok {
		t.Errorf("%+v", b)
	}
	if got := FindProgram(other, "curl"); got != "/usr/bin/curl" {
		t.Errorf("found %q", got)
	}
	if got := FindProgram(other, "dockerd"); got != "" {
		t.Errorf("found %q", got)
	}
	if got := (GoBinary{Debug: "urlstrictcolons=0,x=1"}).GODEBUG("urlstrictcolons"); got != "0" {
		t.Errorf("GODEBUG %q", got)
	}
}

func TestVersions(t *testing.T) {
	debian := host(t, map[string]string{"/var/lib/dpkg/status": `Package: curl
Status: deinstall ok config-files
Version: 7.74.0

Package: libcurl4
Status: install ok installed
Description: x
 more: y
Version: 7.88.1-10+deb12u8

Package: wget
Status: install ok installed
Version: 1.21.3-1+b2
`})
	distroless := host(t, map[string]string{"/var/lib/dpkg/status.d/libssl3": "Package: libssl3\nVersion: 3.0.15\n"})
	sos := host(t, map[string]string{
		"/sos_commands/rpm/sh_-c_rpm_-qa": "curl-minimal-7.76.1-29.el9_4.x86_64   Tue Nov  5 09:00:00 2024\nlibcurl-7.76.1-29.el9_4.x86_64 Tue\n",
	})
	library := host(t, map[string]string{"/usr/lib/x86_64-linux-gnu/libcurl.so.4": "-> libcurl.so.4.8.0",
		"/usr/lib/x86_64-linux-gnu/libcurl.so.4.8.0": "\x7fELF\x00libcurl/8.5.0\x00"})
	for _, r := range []struct {
		root  *Root
		names []string
		want  Package
	}{
		{debian, []string{"curl"}, Package{}},
		{debian, []string{"curl", "libcurl4"}, Package{"libcurl4", "7.88.1-10+deb12u8", "/var/lib/dpkg/status"}},
		{debian, []string{"wget"}, Package{"wget", "1.21.3-1+b2", "/var/lib/dpkg/status"}},
		{distroless, []string{"libssl3"}, Package{"libssl3", "3.0.15", "/var/lib/dpkg/status.d/libssl3"}},
		{sos, []string{"curl"}, Package{}},
		{sos, []string{"libcurl"}, Package{"libcurl", "7.76.1-29.el9_4", "/sos_commands/rpm/sh_-c_rpm_-qa"}},
		{library, []string{"libcurl"}, Package{}},
	} {
		got, ok := PackageVersion(r.root, r.names...)
		if got != r.want || ok != (r.want.Name != "") {
			t.Errorf("%v: %+v, %v", r.names, got, ok)
		}
	}
	if p, _ := CurlVersion(library); p != (Package{"libcurl", "8.5.0", "/usr/lib/x86_64-linux-gnu/libcurl.so.4"}) {
		t.Errorf("%+v", p)
	}
}

func TestPythonVersions(t *testing.T) {
	root := host(t, map[string]string{
		"/usr/lib64/python3.9/os.py":                                          "",
		"/usr/lib/python3.9/site-packages/requests-2.25.1.dist-info/METADATA": "Metadata-Version: 2.1\nName: requests\nVersion: 2.25.1\n",
		"/usr/lib/python3.9/site-packages/idna-3.egg-info":                    "Name: idna\nVersion: 3\n",
	})
	if p, ok := PythonVersion(root); !ok || p != (Package{"python3", "3.9", "/usr/lib64/python3.9"}) {
		t.Errorf("%+v", p)
	}
	if p, _ := PythonPackage(root, "requests"); p.Version != "2.25.1" {
		t.Errorf("%+v", p)
	}
	if p, _ := PythonPackage(root, "idna"); p.Version != "3" {
		t.Errorf("%+v", p)
	}
	if p, ok := PythonPackage(root, "httpx"); ok {
		t.Errorf("%+v", p)
	}
}
