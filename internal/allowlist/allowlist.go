// Package allowlist writes the hosts of a profile in the form that a proxy or a firewall
// reads. [Forms] names the forms.
package allowlist

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"pullpath/internal/profile"
	"pullpath/internal/redact"
)

// Network is what the form of addresses asks: names, and the time of day.
type Network struct {
	LookUp func(ctx context.Context, host string) ([]netip.Addr, error)
	Now    func() time.Time
}

// Form is one form of an allow-list.
type Form struct {
	// Name is what a user asks for it by, and What says what reads it.
	Name, What string
	write      writer
}

// Forms returns all forms.
func Forms() []Form {
	return []Form{
		{"squid", "lines for squid.conf", offline(squid)},
		{"pac", "a PAC file that sends these hosts through a proxy", offline(pac)},
		{"edl", "a URL list for Palo Alto's External Dynamic Lists", offline(edl)},
		{"nft", "nftables sets of the addresses that the names have now", nft},
	}
}

// Write writes a profile in a form. It returns a line for each host that the form cannot
// hold, and for what the reader of the file has to know beside it.
func (f Form) Write(ctx context.Context, out io.Writer, p profile.Profile, n Network) (left []string, err error) {
	return f.write(ctx, out, p, n)
}

// writer writes a profile, and returns what its form could not hold.
type writer func(ctx context.Context, out io.Writer, p profile.Profile, n Network) (left []string, err error)

// offline is a form that asks no network.
func offline(write func(io.Writer, profile.Profile) ([]string, error)) writer {
	return func(_ context.Context, out io.Writer, p profile.Profile, _ Network) ([]string, error) {
		return write(out, p)
	}
}

// domains splits the hosts that are reached over TCP into those that a list of names can
// hold, and a line for each other one. A pattern is held where only its first label is open.
func domains(p profile.Profile) (hosts []profile.Host, left []string) {
	for _, h := range p.Hosts {
		rest := strings.TrimPrefix(h.Host, "*.")
		switch {
		case h.Protocol != "tcp":
			left = append(left, fmt.Sprintf("%s:%d/%s is not in it: a proxy does not carry UDP", h.Host, h.Port, h.Protocol))
		case strings.ContainsAny(rest, "*<>"):
			left = append(left, fmt.Sprintf("%s is not in it: put your own values in place of its <parts>", h.Host))
		default:
			hosts = append(hosts, h)
		}
	}
	return hosts, left
}

// ports returns the ports of hosts, each once, in ascending order.
func ports(hosts []profile.Host) []int {
	var out []int
	for _, h := range hosts {
		out = append(out, h.Port)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// isOptional stands before the hosts that the profile marks as optional.
const isOptional = "optional: a pull can do without these"

// needed returns the hosts that are required, or those that are not.
func needed(hosts []profile.Host, required bool) []profile.Host {
	return slices.DeleteFunc(slices.Clone(hosts), func(h profile.Host) bool { return h.Required != required })
}

// at returns the hosts at a port.
func at(port int, hosts []profile.Host) []profile.Host {
	return slices.DeleteFunc(slices.Clone(hosts), func(h profile.Host) bool { return h.Port != port })
}

// heading says in a comment what the list is of, and from where.
func heading(mark string, p profile.Profile) string {
	out := fmt.Sprintf("%s %s: %s\n", mark, oneLine(p.Name), oneLine(p.Title))
	var sources []string
	for _, h := range p.Hosts {
		for source := range strings.SplitSeq(h.Source, "; ") {
			if source != "" && !slices.Contains(sources, source) {
				sources = append(sources, source)
				out += fmt.Sprintf("%s source: %s\n", mark, oneLine(source))
			}
		}
	}
	if p.SourcesSeen != "" {
		out += fmt.Sprintf("%s read on %s\n", mark, p.SourcesSeen)
	}
	return out
}

// oneLine makes a profile's text safe for a comment: it ends where its line ends.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, redact.Visible(text))
}

// word makes a name of a list out of a profile's: letters, digits and underscores.
func word(p profile.Profile) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(p.Name))
	return "pull_" + name[:min(len(name), longestWord)]
}

// longestWord bounds the part of a list's name that is the profile's: the name of an
// nftables set has at most 31 bytes with "pull_" and "_443_v6" (linux/netfilter/nf_tables.h,
// NFT_SET_MAXNAMELEN counts more; older kernels have 31).
const longestWord = 16
