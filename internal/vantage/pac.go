package vantage

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/pac"
	"pullpath/internal/pacfile"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// maxPACTime bounds one target. Looking twenty names up takes longer only where each of them
// times out.
const maxPACTime = 30 * time.Second

// PAC is a proxy auto-config file that was brought and read.
type PAC struct {
	// File is where it came from, FoundBy who named it where WPAD did.
	File    pacfile.File
	FoundBy string
	script  *pac.Script
	host    pac.Host
	mu      sync.Mutex
	known   map[string]pac.Found
}

// OpenPAC brings the file at a location, a path or a URL, and reads it.
func (v *Vantage) OpenPAC(ctx context.Context, location string) (*PAC, error) {
	file, err := pacfile.Read(ctx, v.pacNet(), location)
	if err != nil {
		return nil, hint.New("--pac: "+err.Error(), hint.Of(err))
	}
	script, err := pac.Parse(redact.Argument(file.Final), file.Text)
	if err != nil {
		return nil, fmt.Errorf("--pac: %w", err)
	}
	return &PAC{File: file, script: script, host: v.pacHost(), known: map[string]pac.Found{}}, nil
}

// OpenWPAD asks the network which PAC file it has, and brings that: DHCP option 252 first, then
// wpad.DOMAIN.
func (v *Vantage) OpenWPAD(ctx context.Context) (*PAC, error) {
	candidate, found := v.wpadByDHCP()
	names := pacfile.Names(v.Net.Resolver.Conf.Search)
	if !found {
		candidate, found = pacfile.ByDNS(ctx, v.pacNet(), names)
	}
	if !found {
		asked := "no name was asked for: the search list has no domain of its own"
		if len(names) > 0 {
			asked = "DNS has no address for " + strings.Join(names, ", ")
		}
		return nil, hint.New("--wpad: the network names no PAC file", "no DHCP lease on this host has option 252, and "+asked)
	}
	out, err := v.OpenPAC(ctx, candidate.URL)
	if err != nil {
		return nil, hint.New(strings.Replace(err.Error(), "--pac", "--wpad ("+candidate.Source+")", 1), hint.Of(err))
	}
	out.FoundBy = candidate.Source
	return out, nil
}

// OpenPACOr is OpenPAC, or OpenWPAD where the network is to be asked.
func (v *Vantage) OpenPACOr(ctx context.Context, location string, wpad bool) (*PAC, error) {
	switch {
	case wpad && location != "":
		return nil, hint.New("--pac and --wpad name two files", "give one of them")
	case wpad:
		return v.OpenWPAD(ctx)
	}
	return v.OpenPAC(ctx, location)
}

// wpadByDHCP returns the PAC file that a DHCP lease on the host names. Nothing is sent for it.
func (v *Vantage) wpadByDHCP() (pacfile.Candidate, bool) {
	if v.Host.Root == nil {
		return pacfile.Candidate{}, false
	}
	leased, found := settings.LeasedPAC(v.Host.Root)
	return pacfile.Candidate{URL: leased.URL, Source: leased.Variable + " in " + leased.Source}, found
}

func (v *Vantage) pacNet() pacfile.From {
	return pacfile.From{Dial: v.Net.Dial, LookUp: v.Net.Resolver.System, Roots: v.Host.Stores.System, Now: v.Net.Now}
}

// pacHost is what the file may ask of the machine.
func (v *Vantage) pacHost() pac.Host {
	system := v.Net.Resolver.System
	out := pac.Host{Now: v.Net.Now, Random: rand.Float64}
	out.LookUp = func(ctx context.Context, name string) ([]netip.Addr, error) {
		found, err := system(ctx, name)
		var failed *net.DNSError
		if errors.As(err, &failed) {
			err = errors.New(failed.Err) // the name and the server stand beside it
		}
		return found, err
	}
	for _, text := range v.Net.Vantage.Addresses {
		if a, err := netip.ParseAddr(text); err == nil {
			out.Own = append(out.Own, a)
		}
	}
	return out
}

// pac takes the routes of the run from a PAC file.
func (p *preparation) pac(ctx context.Context) error {
	if p.ask.proxy.pac == "" && !p.ask.proxy.wpad {
		p.ownPAC(ctx)
		return nil
	}
	if p.ask.given("proxy") || p.ask.given("noproxy") {
		return hint.New("--pac and --wpad decide the way alone", "leave -x and --noproxy away")
	}
	at := *p.Vantage
	at.Net = p.run.Net
	file, err := at.OpenPACOr(ctx, p.ask.proxy.pac, p.ask.proxy.wpad)
	if err != nil {
		return err
	}
	p.run.Config.Own, p.run.Config.Env = nil, nil
	p.run.Config.PAC = func(u *url.URL) ([]route.Decision, evidence.PACAnswer) {
		found := file.Find(ctx, u)
		return file.decisions(found), file.evidence(found)
	}
	return nil
}

// decisions are the ways that the file says, as a client's decisions. Where it says none, browsers go
// direct.
func (p *PAC) decisions(found pac.Found) []route.Decision {
	source := redact.Argument(p.File.Final)
	if n := len(found.Answer.Decided); n > 0 {
		source += ":" + strconv.Itoa(found.Answer.Decided[n-1].Number)
	}
	var out []route.Decision
	for _, way := range found.Answer.Ways {
		if way.Kind == pac.Direct {
			out = append(out, goDirect("the PAC file says DIRECT ("+source+")"))
			continue
		}
		set := route.Variable{Value: way.String(), Source: source, Key: "PAC"}
		set.Name = map[string]string{"https": "HTTPS_PROXY", "http": "HTTP_PROXY"}[found.Target.Scheme]
		out = append(out, route.Go().Decide(route.Environment{set}, found.Target))
	}
	if len(out) == 0 {
		out = append(out, goDirect("the PAC file says nothing that can be read ("+source+"), and browsers go direct then"))
	}
	return out
}

func goDirect(why string) route.Decision {
	return route.Decision{Dialect: "pac", Kind: route.Direct, Reason: route.Implicit, Implicit: why}
}

// maxPACText bounds what is kept of a text of the file, in runes.
const maxPACText = 300

// evidence is what the file said, as a report has it.
func (p *PAC) evidence(found pac.Found) evidence.PACAnswer {
	short := func(text string) string { return redact.Text(text, maxPACText) }
	a := found.Answer
	out := evidence.PACAnswer{File: short(redact.Argument(p.File.Final)), FoundBy: short(p.FoundBy), Answer: short(a.Text),
		Varies: a.Clock || a.Random || a.Own}
	for _, way := range a.Ways {
		out.Ways = append(out.Ways, way.String())
	}
	for _, l := range a.Decided {
		out.Lines = append(out.Lines, evidence.PACLine{Number: l.Number, Text: short(l.Text)})
	}
	for _, q := range a.Asked {
		asked := evidence.PACQuestion{Name: short(q.Name), Failure: short(q.Failure)}
		for _, address := range q.Addresses {
			asked.Addresses = append(asked.Addresses, address.String())
		}
		out.Asked = append(out.Asked, asked)
	}
	if found.Err != nil {
		out.Error = short(found.Err.Error())
	}
	return out
}

// Find asks the file for a URL, once for each host and port of a scheme.
func (p *PAC) Find(ctx context.Context, u *url.URL) pac.Found {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := u.Scheme + "://" + u.Host
	if found, ok := p.known[key]; ok {
		return found
	}
	bounded, cancel := context.WithTimeout(ctx, maxPACTime)
	defer cancel()
	answer, err := p.script.Find(bounded, p.host, u)
	found := pac.Found{Target: u, Answer: answer, Err: err}
	if ctx.Err() == nil {
		p.known[key] = found
	}
	return found
}

// ownPAC goes by the PAC file that decides for the client under test, as its engine does: the file
// is fetched. Where that fails the way stays unknown, with the reason.
func (p *preparation) ownPAC(ctx context.Context) {
	own := p.run.Config.Own
	if own == nil || own.PAC == nil || own.Unknown != "" {
		return
	}
	location := own.PAC.URL
	if own.PAC.Script != nil {
		location = "data:application/x-ns-proxy-autoconfig;base64," + base64.StdEncoding.EncodeToString(own.PAC.Script)
	}
	at := *p.Vantage
	at.Net = p.run.Net
	file, err := at.OpenPAC(ctx, location)
	if err != nil {
		own.Unknown = own.PAC.Where() + " decides (" + own.PAC.Variable + " from " + own.PAC.Source + "), and was not brought: " +
			redact.Text(strings.TrimPrefix(err.Error(), "--pac: "), maxPACText)
		own.Find = "bring it there, and run: pullpath settings --pac FILE"
		return
	}
	p.run.Config.PAC = func(u *url.URL) ([]route.Decision, evidence.PACAnswer) {
		found := file.Find(ctx, u)
		return file.decisions(found), file.evidence(found)
	}
}
