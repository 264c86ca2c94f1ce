package mockproxy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"pullpath/internal/fault"
	"pullpath/internal/userfile"
)

// PassVariable names the file of a [Pass] in the environment of a command that
// runs inside a mock network.
const PassVariable = "PULLPATH_NETWORK"

// Pass lets another process into a running network: everything of its World
// that a check needs, and nothing of the machine's.
type Pass struct {
	Title string `json:"title"`
	// Profile is the report's, in a network rebuilt from one.
	Profile string `json:"profile,omitempty"`
	Map     Map    `json:"map"`
	// Environment is the World's, with its own addresses.
	Environment map[string]string `json:"environment"`
	Resolvers   []string          `json:"resolvers"`
	// Hosts are the entries of the hosts file, name to address.
	Hosts map[string]string `json:"hosts,omitempty"`
	// Words are its hosts whose names are one word.
	Words       []string `json:"words,omitempty"`
	PublicRoots string   `json:"public_roots"`
	ClientRoots string   `json:"client_roots"`
	// Logs is the World's list of transparency logs.
	Logs json.RawMessage `json:"logs,omitempty"`
	// ClockMS is the client's time minus the real one, in milliseconds.
	ClockMS int64 `json:"clock_ms"`
	// User and Password are the made-up login, empty for none.
	User     string   `json:"user,omitempty"`
	Password string   `json:"password,omitempty"`
	Targets  []string `json:"targets,omitempty"`
	// Files are those of the World's host, and Stored the client that takes its
	// logins from them; nil for one that has the made-up login. Survey is what is asked
	// of that host's settings.
	Files  map[string]string `json:"files,omitempty"`
	Stored *fault.Stored     `json:"stored,omitempty"`
	Survey *fault.Survey     `json:"survey,omitempty"`
	// ProxyUser and ProxyPassword log in at the proxy where its URL has no login, and
	// ProxyTicket does where the flags ask for Negotiate.
	ProxyUser     string `json:"proxy_user,omitempty"`
	ProxyPassword string `json:"proxy_password,omitempty"`
	ProxyTicket   string `json:"proxy_ticket,omitempty"`
	// Flags are the flags of check in which the World wants to be asked.
	Flags []string `json:"flags,omitempty"`
	// Listed and Signatures are files of the report's site: its own profile, and its own
	// signs of its proxies.
	Listed     string `json:"listed,omitempty"`
	Signatures string `json:"signatures,omitempty"`
	// Recalled is what was read from files of the report's host, OtherRoots the stores
	// of its other clients, PEM by client.
	Recalled   string            `json:"recalled,omitempty"`
	OtherRoots map[string]string `json:"other_roots,omitempty"`
	// RootsAt are the client's own stores at single hosts, PEM by host.
	RootsAt map[string]string `json:"roots_at,omitempty"`
}

// Pass makes the pass of this network.
func (n *Network) Pass() Pass {
	w := n.world
	p := Pass{Title: w.Title, Map: n.Map(), Environment: w.Environment(), Resolvers: n.Resolvers(), Hosts: w.Pins,
		PublicRoots: string(n.PublicRoots()), ClientRoots: string(n.ClientRoots()), Logs: n.LogList(),
		ClockMS: (w.Clock + w.ClientClock).Milliseconds(), Targets: w.Targets, Flags: w.Flags}
	for _, h := range w.AllHosts() {
		if !strings.ContainsAny(h.Name, ".:") {
			p.Words = append(p.Words, h.Name)
		}
	}
	if w.Site != nil {
		p.Profile, p.Listed, p.Signatures, p.Recalled = w.Site.Profile, w.Site.Listed, w.Site.Signatures, w.Site.Recalled
		p.OtherRoots, p.RootsAt = n.otherRoots(), n.rootsAt()
	}
	if p.Title == "" {
		p.Title = "healthy"
	}
	p.Files, p.Stored, p.Survey = n.hostFiles(), w.Stored, w.Survey
	if w.Stored == nil && !w.Anonymous {
		p.User, p.Password = fault.AccountUser, fault.AccountPassword
	}
	if w.WrongPassword {
		p.Password += "-wrong"
	}
	if w.ProxyLoginBeside && w.ProxyLogin != "" {
		p.ProxyUser, p.ProxyPassword, p.ProxyTicket = fault.ProxyUser, ofProxy(w, fault.ProxyPassword), ofProxy(w, fault.ProxyTicket)
	}
	return p
}

// hostFiles returns the files of the World's host, with the network's own certificates
// and logs in their places.
func (n *Network) hostFiles() map[string]string {
	out := map[string]string{}
	for name, text := range n.world.Files {
		given := certsPEM(n.seen.given)
		if len(given) == 0 {
			given = n.private.pem() // a file of roots is never empty
		}
		others := append(n.private.pem(), certsPEM(n.seen.public)...) // a report's own roots are among them
		out[name] = strings.NewReplacer(fault.InterceptorCA, string(n.InterceptorCA()), fault.OtherRoots, string(others),
			fault.LogList, string(n.LogList()), fault.GivenRoots, string(given)).Replace(text)
	}
	return out
}

// ofProxy returns a secret for the proxy, right or wrong as the World has it.
func ofProxy(w fault.World, secret string) string {
	if w.ProxyLogin == "wrong" {
		secret += "-wrong"
	}
	return secret
}

// Clock returns the client's time minus the real one.
func (p Pass) Clock() time.Duration { return time.Duration(p.ClockMS) * time.Millisecond }

// Save writes the pass to a new file that only this user may read.
func (p Pass) Save(dir string) (path string, err error) {
	f, err := os.CreateTemp(dir, "pullpath-network-*.json")
	if err != nil {
		return "", fmt.Errorf("save network pass: %w", err)
	}
	if err := json.NewEncoder(f).Encode(p); err != nil {
		_ = f.Close()
		return "", fmt.Errorf("save network pass: %w", err)
	}
	return f.Name(), f.Close()
}

// LoadPass reads a pass.
func LoadPass(path string) (Pass, error) {
	data, err := userfile.Read(path, userfile.MaxPass)
	if errors.Is(err, fs.ErrNotExist) {
		return Pass{}, fmt.Errorf("%s: %s is gone: the mock network has ended; unset the variable, or start another", PassVariable, path)
	}
	if err != nil {
		return Pass{}, fmt.Errorf("%s: %w", PassVariable, err)
	}
	var p Pass
	if err := json.Unmarshal(data, &p); err != nil {
		return Pass{}, fmt.Errorf("%s: %s is not a network pass: %w", PassVariable, path, err)
	}
	return p, nil
}
