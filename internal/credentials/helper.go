package credentials

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"pullpath/internal/program"
	"pullpath/internal/redact"
	"pullpath/internal/settings"
)

// Helpers runs credential helpers (docker-credential-helpers, README, "the
// protocol").
type Helpers interface {
	// Get asks a helper for the login of a server. No login is not an error. The text
	// of an error holds no secret.
	Get(ctx context.Context, helper, server string) (user, secret string, found bool, err error)
	// Installed reports whether a program is in PATH.
	Installed(program string) bool
}

const (
	helperPrefix = "docker-credential-"
	// tokenUser stands for the name of an identity token.
	tokenUser = "<token>"
	// notStored is how a helper says that it has none (credentials/error.go).
	notStored = "credentials not found in native keychain"
)

// Empty are helpers of a made-up host: those named are installed and have nothing
// stored.
type Empty []string

// Installed implements [Helpers].
func (e Empty) Installed(program string) bool {
	return slices.Contains(e, strings.TrimPrefix(program, helperPrefix))
}

// Get implements [Helpers].
func (e Empty) Get(_ context.Context, helper, _ string) (user, secret string, found bool, err error) {
	if !e.Installed(helper) {
		err = fmt.Errorf("%s%s is not in PATH", helperPrefix, shownKey(helper))
	}
	return "", "", false, err
}

// helperName is the form of a helper's name. A path is refused: it could run any
// program that the file's author likes.
var helperName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Programs runs helpers as programs of this host.
type Programs struct {
	// Timeout limits one call; 0 takes ten seconds: a helper may ask a keychain
	// that asks its user, and this run has nobody to ask.
	Timeout time.Duration
}

const (
	helperTimeout = 10 * time.Second
	// maxHelperError bounds what is shown of its stderr, in runes: one sentence.
	maxHelperError = 200
)

// Installed implements [Helpers].
func (Programs) Installed(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// Get implements [Helpers].
func (p Programs) Get(ctx context.Context, helper, server string) (user, secret string, found bool, err error) {
	if !helperName.MatchString(helper) {
		return "", "", false, fmt.Errorf("%s is not the name of a helper", redact.Text(helper, maxHelperError))
	}
	if err := ctx.Err(); err != nil {
		return "", "", false, fmt.Errorf("%s%s was not asked: no time is left", helperPrefix, helper)
	}
	limit := p.Timeout
	if limit <= 0 {
		limit = helperTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	name := helperPrefix + helper
	out, err := program.Run(ctx, name, []string{"get"}, server)
	switch {
	case err == nil:
		return readHelper([]byte(out.Stdout))
	case errors.Is(err, exec.ErrNotFound):
		return "", "", false, fmt.Errorf("%s is not in PATH", name)
	case ctx.Err() != nil:
		return "", "", false, fmt.Errorf("%s gave no answer in time", name)
	case strings.TrimSpace(out.Stdout) == notStored:
		return "", "", false, nil
	}
	text := fmt.Sprintf("%s failed (%v)", name, err)
	if said := shownComplaint(out.Stderr); said != "" {
		text += ": " + said
	}
	return "", "", false, errors.New(text)
}

// readHelper decodes a helper's answer.
func readHelper(out []byte) (user, secret string, found bool, err error) {
	var doc struct{ Username, Secret string }
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&doc); err != nil {
		return "", "", false, errors.New("the helper's answer is not JSON")
	}
	return doc.Username, doc.Secret, true, nil
}

// askHelper asks a helper as every client does. It reports whether there is a
// login.
func (s *search) askHelper(helper, server string, o Origin) bool {
	o.Helper = helper
	if s.host.Helpers == nil {
		s.at(o.File, "names the helper "+shownKey(helper)+", which was not run")
		s.helperFailed(o.File, shownKey(helper)+" was not run, for these are not this host's files")
		return false
	}
	user, secret, found, err := s.host.Helpers.Get(s.ctx, helper, server)
	switch {
	case err != nil:
		s.at(o.File, "its helper failed")
		s.helperFailed(o.File, err.Error())
		return false
	case !found || user == "" && secret == "":
		s.at(o.File, "its helper "+helperPrefix+helper+" has no login for "+s.registry)
		return false
	case user == tokenUser:
		s.use(NewLogin(IdentityToken, "", secret), o)
	default:
		s.use(NewLogin(Password, user, secret), o)
	}
	s.at(o.File, loginFound+", by its helper")
	return true
}

// helperFailed stops the look-up at a file whose helper gave no answer.
func (s *search) helperFailed(file, text string) {
	s.failure = settings.Remark{Code: HelperFailed, Source: file, Text: text}
	s.stop(HelperFailed, file+" asks a helper: "+text)
}
