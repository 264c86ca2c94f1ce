//go:build linux

package wine

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stores has a company's CA in the registry of the running system, put there as group policy puts it,
// and an engine that is not given it.
func (w windows) stores(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Corp Root"},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	var blob []byte
	for _, word := range []int{32, 1, len(der)} { // the property that holds the certificate
		blob = binary.LittleEndian.AppendUint32(blob, uint32(word))
	}
	text := fmt.Sprintf("REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\Root\\Certificates\\AA]\r\n"+
		"\"Blob\"=hex:%s\r\n", strings.ReplaceAll(fmt.Sprintf("% x", append(blob, der...)), " ", ","))
	if err := os.WriteFile(filepath.Join(w.dir, "policy.reg"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, status, err := w.run(t, "wine", "reg", "import", "policy.reg"); err != nil || status != 0 {
		t.Fatalf("reg import: %v %d %s", err, status, out)
	}
	users, err := filepath.Glob(filepath.Join(w.dir, "prefix/drive_c/users/*"))
	if err != nil || len(users) == 0 {
		t.Fatal("there are no users", err)
	}
	for _, home := range users {
		file := filepath.Join(home, ".config/containers/podman/machine/wsl/m.json")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, status := w.pullpath(t, "settings", "quay.io")
	flat := strings.Join(strings.Fields(out), " ")
	const said = "Corp Root: this host trusts it (the root store of group policy), and podman machine is not given it"
	if status != 0 || !strings.Contains(flat, said) {
		t.Errorf("%d %s", status, out)
	}
}

// interrupted ends a check by Ctrl-C, which Wine makes of an interrupt of this system.
func (w windows) interrupted(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_ = silent.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	cmd := exec.CommandContext(t.Context(), "wine", filepath.Join(w.dir, "pullpath.exe"), "check", "-x", "http://"+silent.Addr().String(),
		"--no-probes", "--anonymous", "--timeout", "100s", "--hop-timeout", "90s", "quay.io")
	var out strings.Builder
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = w.dir, w.env, &out, &out, time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 2 || !strings.Contains(out.String(), "the run was interrupted") {
		t.Errorf("status %d: %s", status, out.String())
	}
}
