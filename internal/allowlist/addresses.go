package allowlist

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"pullpath/internal/profile"
	"pullpath/internal/redact"
)

// lookUps bounds the questions that are under way: as many as a name server answers at once
// without dropping any.
const lookUps = 16

// nft looks every name up and writes sets of the addresses, one for each port and family
// (https://wiki.nftables.org/wiki-nftables/index.php/Sets).
func nft(ctx context.Context, out io.Writer, p profile.Profile, n Network) ([]string, error) {
	hosts, left := domains(p)
	hosts = slices.DeleteFunc(hosts, func(h profile.Host) bool {
		open := strings.HasPrefix(h.Host, "*")
		if open {
			left = append(left, h.Host+" is not in it: a set of addresses has no patterns")
		}
		return open
	})
	found := addresses(ctx, hosts, n)
	if !slices.ContainsFunc(slices.Collect(maps.Values(found)), func(a answer) bool { return len(a.addresses) > 0 }) {
		return left, errors.New("no name of the profile was resolved, so there is no address to write")
	}
	text := heading("#", p) + fmt.Sprintf("# Addresses as this host's name servers gave them at %s. Those of a CDN change within minutes:\n"+
		"# where a proxy or a firewall can allow by name, prefer that.\n", n.Now().UTC().Format(time.RFC3339))
	text += "table inet " + word(p) + " {\n"
	for _, port := range ports(hosts) {
		text += setOf(fmt.Sprintf("%s_%d_v4", word(p), port), "ipv4_addr", at(port, hosts), found, netip.Addr.Is4)
		text += setOf(fmt.Sprintf("%s_%d_v6", word(p), port), "ipv6_addr", at(port, hosts), found, netip.Addr.Is6)
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if a := found[name]; a.err != nil {
			left = append(left, fmt.Sprintf("%s is not in it: %s", name, redact.Visible(a.err.Error())))
		}
	}
	_, err := io.WriteString(out, text+"}\n")
	return left, err
}

type answer struct {
	addresses []netip.Addr
	err       error
}

// addresses looks each name up once.
func addresses(ctx context.Context, hosts []profile.Host, n Network) map[string]answer {
	out, slots := map[string]answer{}, make(chan struct{}, lookUps)
	var lock sync.Mutex
	var all sync.WaitGroup
	var names []string
	for _, h := range hosts {
		names = append(names, h.Host)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			found, err := n.LookUp(ctx, name)
			lock.Lock()
			defer lock.Unlock()
			out[name] = answer{found, err}
		})
	}
	all.Wait()
	return out
}

// setOf writes a set, with the name behind each address; nothing where it would be empty.
func setOf(name, kind string, hosts []profile.Host, found map[string]answer, family func(netip.Addr) bool) string {
	var lines []string
	written := map[netip.Addr]bool{}
	for _, h := range hosts {
		for _, a := range found[h.Host].addresses {
			if a = a.Unmap(); family(a) && !written[a] {
				written[a] = true
				note := oneLine(h.Host)
				if !h.Required {
					note += " (optional)"
				}
				lines = append(lines, fmt.Sprintf("\t\t\t%s, # %s\n", a, note))
			}
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return fmt.Sprintf("\tset %s {\n\t\ttype %s\n\t\telements = {\n%s\t\t}\n\t}\n", name, kind, strings.Join(lines, ""))
}
