package resolve

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/program"
)

// Names of the host's own ways, as evidence shows them.
const (
	WayGo     = "go"
	WayGetent = "getent"
)

const (
	// getentLimit is how long getent may take: what resolv.conf(5) gives one
	// server. NSS modules (mdns, ldap) hang longer, and only a comparison waits.
	getentLimit = 5 * time.Second
	// getentUnknown is getent(1)'s exit status for a name that was not found.
	getentUnknown = 2
)

// Way is one of this host's own ways to look up a name.
type Way struct {
	// Name is WayGo or WayGetent.
	Name string
	Ask  func(ctx context.Context, name string) ([]netip.Addr, error)
}

// GoWay is Go's own resolver with this host's files: what a podman or docker
// that was built without cgo does, and one with cgo mostly.
func GoWay() Way {
	r := &net.Resolver{PreferGo: true}
	return Way{Name: WayGo, Ask: func(ctx context.Context, name string) ([]netip.Addr, error) {
		return r.LookupNetIP(ctx, "ip", name)
	}}
}

// GetentWay returns the C library's look-up with its NSS modules, by getent(1) at the
// given path.
func GetentWay(path string) Way {
	return Way{Name: WayGetent, Ask: func(ctx context.Context, name string) ([]netip.Addr, error) {
		if strings.HasPrefix(name, "-") {
			return nil, fmt.Errorf("%q is not a name", name)
		}
		ctx, cancel := context.WithTimeout(ctx, getentLimit)
		defer cancel()
		out, err := program.Run(ctx, path, []string{"ahosts", name}, "")
		return parseAhosts(strings.NewReader(out.Stdout)), getentError(ctx, err, name)
	}}
}

func getentError(ctx context.Context, err error, name string) error {
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("getent ahosts: %w", ctx.Err())
	case errors.As(err, &exit) && exit.ExitCode() == getentUnknown:
		return &net.DNSError{Err: "getent knows no address", Name: name, IsNotFound: true}
	}
	return err
}

// parseAhosts reads "address type name" lines, each address once.
func parseAhosts(r io.Reader) []netip.Addr {
	var out []netip.Addr
	seen := map[netip.Addr]bool{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		addr, err := netip.ParseAddr(fields[0])
		if err == nil && !seen[addr] && len(out) < maxRecords {
			seen[addr] = true
			out = append(out, addr)
		}
	}
	return out
}

// ways asks the host's own ways at the same time as the servers.
func (a *asking) ways() {
	for _, way := range a.r.Ways {
		a.sources = append(a.sources, a.begin(func() Answer {
			out := a.r.askWay(a.ctx, way.Name, way.Ask, a.name)
			out.Way = true
			return out
		}))
	}
}

// system asks the operating system's own look-up in place of servers.
func (r *Resolver) system(ctx context.Context, name string) Answer {
	if r.System == nil {
		return Answer{Began: r.Now(), Detail: evidence.Resolve{Name: name, Server: "system"},
			Failure: evidence.Fail(evidence.Unreachable, "no name server is configured", nil)}
	}
	return r.askWay(ctx, "system", r.System, name)
}

func (r *Resolver) askWay(ctx context.Context, server string, ask func(context.Context, string) ([]netip.Addr, error), name string) Answer {
	a := Answer{Began: r.Now(), Detail: evidence.Resolve{Name: name, Server: server}}
	addrs, err := ask(ctx, name)
	a.Took = r.Now().Sub(a.Began)
	a.Detail.Addresses = r.sift(addrs)
	var dnsErr *net.DNSError
	switch {
	case err != nil && errors.As(err, &dnsErr) && dnsErr.IsNotFound:
		a.Failure = evidence.Fail(evidence.NXDomain, r.Scribe.Text(err.Error()), err)
	case err != nil:
		a.Failure = r.classifyError(ctx, err)
	case len(a.Detail.Addresses) == 0:
		a.Failure = evidence.Fail(evidence.NoData, noneWanted, nil)
	}
	return a
}
