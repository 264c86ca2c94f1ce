package oracle

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// daemon builds the program that pulls as Docker's daemon does, once. Its module is of its own:
// the daemon wants other releases than the libraries of the other clients.
var daemon = sync.OnceValues(func() (string, error) {
	path := filepath.Join(os.TempDir(), "oracle-dockerd-"+time.Now().Format("150405.000000"))
	out, err := exec.Command("go", "build", "-C", "dockerd", "-o", path, ".").CombinedOutput()
	if err != nil {
		err = errors.New(err.Error() + ": " + string(out))
	}
	return path, err
})

// wholeByDockerd pulls by the daemon's own packages. It reads the proxy and the roots from its
// environment, as the daemon does.
func wholeByDockerd(ctx context.Context, t *testing.T, s scene) error {
	path, err := daemon()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{}
	if s.user != "" {
		args = append(args, "-user", s.user)
	}
	if s.files[daemonJSON] != "" {
		conf := filepath.Join(t.TempDir(), "daemon.json")
		if err := os.WriteFile(conf, []byte(s.files[daemonJSON]), 0o600); err != nil {
			return err
		}
		args = append(args, "-config", conf)
	}
	cmd := exec.CommandContext(ctx, path, append(args, s.image())...)
	cmd.Env = []string{"HTTPS_PROXY=" + s.via, "HTTP_PROXY=" + s.via, "SSL_CERT_FILE=" + s.bundle, "SSL_CERT_DIR=/none", "HOME=" + t.TempDir()}
	cmd.Stdin, cmd.WaitDelay = strings.NewReader(s.password), time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return errors.New(strings.TrimSpace(said.String()) + " (" + err.Error() + ")")
	}
	return nil
}
