package vantage

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pullpath/flows"
	"pullpath/internal/credentials"
	"pullpath/internal/fault"
	"pullpath/internal/hint"
	"pullpath/internal/redact"
	"pullpath/internal/settings"
)

// The variables that hold a registry login where -u gives none.
const (
	UserVariable     = "PULLPATH_USERNAME"
	PasswordVariable = "PULLPATH_PASSWORD"
)

// helpersTimeout bounds all credential helpers of a run together: a keychain
// that waits for its user must not hold up a check that has nobody to ask. Of a
// shorter run they get half, so that there is time for the walk, which tells of them.
const helpersTimeout = 10 * time.Second

// helpersTime returns what the helpers of a run may take of the time that it has left.
func (c Console) helpersTime() time.Duration {
	if c.Left == nil {
		return helpersTimeout
	}
	return min(helpersTimeout, c.Left()/2)
}

// login finds the user's name and password: flags, then the environment, then
// a made-up network's own account.
func (p *preparation) login() (err error) {
	l, config, console := p.ask.login, &p.run.Config, p.ask.Console
	name, password, given := strings.Cut(l.user, ":")
	switch {
	case l.anonymous, l.authFile != "":
		return nil
	case l.passwordStdin:
		config.User = name
		config.Password, err = console.Stdin()
		return err
	case given:
		config.User, config.Password = name, password
		return nil
	case name == "":
		name, password = console.getenv(UserVariable), console.getenv(PasswordVariable)
		if name == "" && p.MadeUp != nil {
			name, password = p.MadeUp.User, p.MadeUp.Password
		}
		config.User, config.Password = name, password
		return nil
	}
	if password = console.getenv(PasswordVariable); password == "" {
		if console.Password == nil {
			return hint.New("no password for -u "+redact.User(name), "use --password-stdin or "+PasswordVariable)
		}
		if password, err = console.Password(redact.User(name)); err != nil {
			return err
		}
	}
	config.User, config.Password = name, password
	return nil
}

// storedLogins takes what the client under test has stored for the registries,
// unless a login was given or none is wanted. A given one is looked at alone.
func (p *preparation) storedLogins(ctx context.Context) error {
	config, plan := &p.run.Config, p.run.Plan
	tool := config.Client.Tool
	if p.recalledLogins() {
		return nil
	}
	if config.User != "" {
		if err := p.belongsToOne(); err != nil {
			return err
		}
		config.Logins = flows.GivenLogin(tool, config.User, config.Password, p.givenBy(), config.LoginAt, plan)
		return nil
	}
	if p.ask.login.anonymous {
		return nil
	}
	host, err := p.loginHost()
	if err != nil || host == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.ask.Console.helpersTime())
	defer cancel()
	config.Logins = flows.Logins(ctx, *host, tool, plan)
	for _, a := range config.Logins {
		config.Scribe.Secrets.AddPair(a.Login.User, a.Login.Secret())
	}
	return nil
}

// ownAccount says that the login is a made-up network's own.
func (p *preparation) ownAccount() bool {
	return p.MadeUp != nil && p.ask.login.user == "" && p.run.Config.User == p.MadeUp.User
}

// recalledLogins takes what a rebuilt network's report says of its host's files, and says
// whether the logins are among that. A login of the command line's own stands in their
// place.
func (p *preparation) recalledLogins() bool {
	if p.MadeUp == nil || p.MadeUp.Recalled == nil {
		return false
	}
	config := &p.run.Config
	config.Recalled = *p.MadeUp.Recalled
	if p.ask.login.anonymous || p.ask.login.authFile != "" || config.User != p.MadeUp.User {
		config.Recalled = p.MadeUp.Recalled.WithoutLogins()
		return false
	}
	logins := flows.RecalledLogins(config.Recalled, fault.AccountUser, map[credentials.Kind]string{credentials.Password: fault.AccountPassword,
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
func (p *preparation) belongsToOne() error {
	config := &p.run.Config
	if p.ownAccount() || config.Realm != nil {
		return nil
	}
	holders := p.run.Plan.LoginHolders(*config)
	switch len(holders) {
	case 0:
		return nil
	case 1:
		config.LoginAt = holders[0]
		return nil
	}
	text := fmt.Sprintf("the login of %s may belong to %s, and is sent to none of them", p.givenBy(), registryNames(holders))
	if len(config.Targets) > 0 {
		return hint.New(text, "check the registry that it is for by itself")
	}
	return hint.New(text, "name the registry that it is for, as in: pullpath check "+strings.TrimSuffix(holders[0], ":443")+
		"; a profile of your own may say login: "+strings.TrimSuffix(holders[0], ":443"))
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
func (p *preparation) givenBy() string {
	if p.ask.login.user == "" {
		return UserVariable
	}
	return "-u"
}

// loginHost returns where logins are looked for: the host, or the one file that was
// named; nil for nowhere.
func (p *preparation) loginHost() (*credentials.Host, error) {
	name := p.ask.login.authFile
	if name == "" {
		return p.Host.Logins, nil
	}
	path, err := filepath.Abs(name)
	if err == nil {
		_, err = os.Stat(path) // podman refuses a file that is not there
	}
	if err != nil {
		return nil, fmt.Errorf("--authfile: %w", err)
	}
	drive := filepath.VolumeName(path)
	root, err := settings.OpenRoot(drive + string(filepath.Separator))
	host := ownLogins(root)
	host.AuthFile = filepath.ToSlash(path[len(drive):])
	return &host, err
}
