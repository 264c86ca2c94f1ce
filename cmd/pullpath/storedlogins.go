package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"pullpath/flows"
	"pullpath/internal/credentials"
	"pullpath/internal/fault"
	"pullpath/internal/settings"
)

// helpersTimeout bounds all credential helpers of a run together: a keychain
// that waits for its user must not hold up a check that has nobody to ask. Of a
// shorter run they get half, so that there is time for the walk, which tells of them.
const helpersTimeout = 10 * time.Second

// helpersTime is what the helpers of a run may take of the time that it has left.
func helpersTime(left time.Duration) time.Duration { return min(helpersTimeout, left/2) }

// storedLogins takes what the client under test has stored for the registries,
// unless a login was given or none is wanted. A given one is looked at alone.
func (o *checkOptions) storedLogins(run *budget, around *surroundings, config *flows.Config, plan flows.Plan) error {
	tool := config.Client.Tool
	if o.recall(around, config) {
		return nil
	}
	if config.User != "" {
		if err := o.belongsToOne(around, config, plan); err != nil {
			return err
		}
		config.Logins = flows.GivenLogin(tool, config.User, config.Password, o.givenBy(), config.LoginAt, plan)
		return nil
	}
	if o.anonymous {
		return nil
	}
	host, found, err := o.loginHost(around)
	if err != nil || !found {
		return err
	}
	ctx, cancel := context.WithTimeout(run, helpersTime(run.left()))
	defer cancel()
	config.Logins = flows.Logins(ctx, host, tool, plan)
	for _, a := range config.Logins {
		config.Scribe.Secrets.AddPair(a.Login.User, a.Login.Secret())
	}
	return nil
}

// recall takes what a rebuilt network's report tells of its host's files, and tells
// whether the logins are among that. A login of the command line's own stands in their
// place.
func (o *checkOptions) recall(around *surroundings, config *flows.Config) bool {
	config.Recalled = around.recalled
	if o.anonymous || o.authFile != "" || config.User != around.user {
		config.Recalled = around.recalled.WithoutLogins()
		return false
	}
	logins := flows.RecalledLogins(around.recalled, fault.AccountUser, map[credentials.Kind]string{credentials.Password: fault.AccountPassword,
		credentials.IdentityToken: fault.AccountIdentity, credentials.RegistryToken: fault.AccountIdentity})
	if len(logins) == 0 {
		return false
	}
	config.User, config.Password, config.Logins = "", "", logins
	return true
}

// belongsToOne finds the registry that a login given by hand belongs to: sent to each
// of several owners it would be shown to those that it is not for, and a wrong one
// would count at each. A made-up network's own login is good for all of it, and
// --realm names the one token server.
func (o *checkOptions) belongsToOne(around *surroundings, config *flows.Config, plan flows.Plan) error {
	madeUp := o.user == "" && config.User == around.user
	if madeUp || config.Realm != nil {
		return nil
	}
	holders := plan.LoginHolders(*config)
	switch len(holders) {
	case 0:
		return nil
	case 1:
		config.LoginAt = holders[0]
		return nil
	}
	text := fmt.Sprintf("the login of %s may belong to %s, and is sent to none of them", o.givenBy(), registryNames(holders))
	if len(config.Targets) > 0 {
		return &hintError{text, "check the registry that it is for by itself"}
	}
	return &hintError{text, "name the registry that it is for, as in: pullpath check " + strings.TrimSuffix(holders[0], ":443") +
		"; a profile of your own may say login: " + strings.TrimSuffix(holders[0], ":443")}
}

// maxNamed is how many registries an error names; no list of a product has more.
const maxNamed = 8

func registryNames(ids []string) string {
	names := make([]string, 0, len(ids))
	for _, id := range ids {
		names = append(names, strings.TrimSuffix(id, ":443"))
	}
	if more := len(names) - maxNamed; more > 0 {
		names = append(names[:maxNamed], fmt.Sprintf("%d more", more))
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// givenBy names where a login came from that no file holds.
func (o *checkOptions) givenBy() string {
	if o.user == "" {
		return "PULLPATH_USERNAME"
	}
	return "-u"
}

// loginHost is where logins are looked for: this machine, a made-up host that has
// some, or the one file that was named.
func (o *checkOptions) loginHost(around *surroundings) (host credentials.Host, found bool, err error) {
	if o.authFile != "" {
		return o.oneFile()
	}
	switch {
	case around.machine:
		return ownHost(o.root), o.root != nil && runtime.GOOS != "windows", nil // its paths have drives
	case around.stored == nil:
		return credentials.Host{}, false, nil
	}
	root, err := settings.OpenRoot(around.root)
	return credentials.Host{Root: root, Getenv: func(name string) string { return around.stored.Env[name] }, Home: "/root", Linux: true,
		Helpers: credentials.Empty(around.stored.Helpers)}, true, err
}

// oneFile is --authfile, which must be there: podman refuses one that is not.
func (o *checkOptions) oneFile() (credentials.Host, bool, error) {
	path, err := filepath.Abs(o.authFile)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return credentials.Host{}, false, fmt.Errorf("--authfile: %w", err)
	}
	drive := filepath.VolumeName(path)
	root, err := settings.OpenRoot(drive + string(filepath.Separator))
	host := ownHost(root)
	host.AuthFile = filepath.ToSlash(path[len(drive):])
	return host, true, err
}

// ownHost is this machine as its user's clients see it.
func ownHost(root *settings.Root) credentials.Host {
	dir, _ := os.Getwd() // without one, relative paths lead nowhere, as for the clients
	return credentials.Host{Root: root, Getenv: os.Getenv, Home: home(), UID: os.Getuid(), Dir: dir, Linux: runtime.GOOS == "linux",
		Helpers: credentials.Programs{}}
}

// plantFiles puts a made-up host's files where they can be read like another's.
func (s *surroundings) plantFiles() error {
	if s.stored == nil && len(s.files) == 0 {
		return nil
	}
	dir, err := os.MkdirTemp("", "pullpath-host-")
	if err != nil {
		return err
	}
	s.root = dir
	if err := plant(dir, s.files); err != nil {
		s.removeFiles()
		return err
	}
	return nil
}

// plant writes files by their paths below a directory, which is the user's own: the
// files are as most are on a host. Their names may come from anybody, in a scenario or a
// pass: nothing is written outside.
func plant(dir string, files map[string]string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := fault.FileName(name); err != nil {
			return fmt.Errorf("files of the made-up host: %w", err)
		}
		at := filepath.FromSlash(strings.TrimPrefix(name, "/"))
		if err := root.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return fmt.Errorf("files of the made-up host: %w", err)
		}
		if err := root.WriteFile(at, []byte(files[name]), 0o644); err != nil {
			return fmt.Errorf("files of the made-up host: %w", err)
		}
	}
	return nil
}

// removeFiles takes them away again.
func (s *surroundings) removeFiles() {
	if s.root != "" {
		_ = os.RemoveAll(s.root)
	}
}
