package grid

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pullpath/flows"
	"pullpath/internal/catalogue"
	"pullpath/internal/credentials"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/profile"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/internal/settings"
	"pullpath/mockproxy"
	"pullpath/resolve"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

var update = flag.Bool("update", false, "rewrite golden files and generated documents")

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			println("goroutines left behind:", err.Error())
			code = 1
		}
	}
	os.Exit(code)
}

// walked is one World after a run in it.
type walked struct {
	world   fault.World
	trace   *evidence.Trace
	result  diagnosis.Result
	events  []mockproxy.Event
	secrets []string
	err     error
}

// atOnce is how many Worlds are walked side by side: enough to overlap those
// that wait, few enough that two cores keep their deadlines under -race.
const atOnce = 6

// all walks the World of every row once for all tests of the package.
var all = sync.OnceValue(func() map[string]walked {
	out := map[string]walked{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for name, world := range worlds() {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			w := walk(world)
			mu.Lock()
			defer mu.Unlock()
			out[name] = w
		})
	}
	wg.Wait()
	return out
})

// worlds names every World of the catalogue: the code, and for its further
// Worlds the code with a number.
func worlds() map[string]fault.World {
	out := map[string]fault.World{}
	for _, e := range catalogue.All() {
		out[e.Code] = e.Provoke
		for i, world := range e.Also {
			out[fmt.Sprintf("%s-%d", e.Code, i+2)] = world
		}
	}
	return out
}

// codeOf takes the number off a World's name.
func codeOf(name string) string {
	for _, e := range catalogue.All() {
		if e.Code == name {
			return name
		}
	}
	return name[:strings.LastIndex(name, "-")]
}

// walk starts a World and runs the real flow in it.
func walk(world fault.World, change ...func(*flows.Config)) walked {
	return walkWith(world, nil, change...)
}

// walkWith is walk on a machine that differs: it may lack something, or have another
// dialler before the network's own.
func walkWith(world fault.World, differ func(*flows.Net), change ...func(*flows.Config)) walked {
	if world.Survey != nil {
		return surveyWalk(world)
	}
	network, err := mockproxy.Start(world)
	if err != nil {
		return walked{err: err}
	}
	defer network.Close()
	pass := network.Pass()
	config, err := configOf(world, pass)
	if err != nil {
		return walked{err: err}
	}
	vantage := evidence.Vantage{Hostname: "mock-client", OS: "linux", Addresses: []string{"10.20.3.7"},
		Resolvers: pass.Resolvers, Network: pass.Title}
	if world.Files != nil {
		if err := readFiles(world, string(network.InterceptorCA()), &config, &vantage); err != nil {
			return walked{err: err}
		}
	}
	if err := recall(pass, &config, &vantage); err != nil {
		return walked{err: err}
	}
	for _, c := range change {
		c(&config)
	}
	plan, err := flows.NewPlan(config)
	if err != nil {
		return walked{err: err}
	}
	now := func() time.Time { return time.Now().Add(pass.Clock()) }
	machine := flows.Net{Dial: pass.Map.Dial, DialLimited: pass.Map.DialLimited, DialSegments: pass.Map.DialSegments, Speak: pass.Map.Speak, Now: now, Seed: "grid", Version: "test",
		Resolver: resolver(pass, now), Vantage: vantage}
	if differ != nil {
		differ(&machine)
	}
	trace := flows.Run(context.Background(), config, plan, machine)
	return walked{world: world, trace: trace, result: diagnosis.Diagnose(trace, catalogue.All()), events: network.Events(),
		secrets: []string{pass.User, pass.Password, fault.AccountUser, fault.AccountPassword, fault.ProxyUser, fault.ProxyPassword, fault.ProxyTicket, "eyJ"}}
}

// configOf is how the World's client is told to walk.
func configOf(world fault.World, pass mockproxy.Pass) (flows.Config, error) {
	config := flows.Config{Dialect: route.Go(), Profile: profile.RedHat(), Anonymous: world.Anonymous,
		User: pass.User, Password: pass.Password, Timeout: cmp.Or(world.Timeout, 30*time.Second), HopTimeout: cmp.Or(world.HopTimeout, 10*time.Second),
		BlobBytes: 8 << 20, Architecture: "amd64", Scribe: evidence.Scribe{Secrets: &redact.Secrets{}}}
	config.ProxyLogin = tunnel.Login{Scheme: pass.ProxyScheme, User: pass.ProxyUser, Password: pass.ProxyPassword, Kerberos: tunnel.Kerberos{Token: pass.ProxyTicket}}
	config.Deep, config.Control = pass.Deep, pass.Control
	config.Flags, config.WithholdInspectable = world.Flags, slices.Contains(world.Flags, "--withhold-from-interceptors=true")
	config.AuthFlow, config.AllClients, config.Repeat = pass.AuthFlow, pass.AllClients, pass.Repeat
	config.Stores = tlsinspect.Stores{Public: pool(pass.PublicRoots), System: pool(pass.ClientRoots), Client: pool(pass.ClientRoots)}
	config.PublicRoots, config.Targets = pass.PublicRootsFile, targets(world.Targets)
	for _, name := range slices.Sorted(maps.Keys(pass.Environment)) {
		config.Env = append(config.Env, route.Variable{Name: name, Value: pass.Environment[name], Source: "environment"})
		config.Scribe.Secrets.AddProxyURL(pass.Environment[name])
	}
	config.Scribe.Secrets.AddPair(config.User, config.Password)
	err := asClient(&config, pass)
	return config, err
}

// asClient gives the walk its client's ways and the list of timestamp logs.
func asClient(config *flows.Config, pass mockproxy.Pass) (err error) {
	if pass.Client != "" {
		if config.Client, err = flows.ShapeOf(pass.Client, ""); err != nil {
			return err
		}
	}
	if pass.AsArticle {
		config.AskAsArticle()
	}
	if pass.Client == "curl" {
		if config.Dialect, err = route.Named("curl"); err != nil {
			return err
		}
	}
	config.Logs, err = tlsinspect.ReadLogs(pass.Logs)
	return err
}

// readFiles adds what stands in the files of the World's host, in which the
// interceptor's certificate takes its place.
func readFiles(world fault.World, ca string, config *flows.Config, vantage *evidence.Vantage) error {
	files := map[string]string{}
	for name, text := range world.Files {
		files[name] = strings.ReplaceAll(text, fault.InterceptorCA, ca)
	}
	filled := world
	filled.Files = files
	reading, err := readWorld(filled, config.Env, func(root *settings.Root, r settings.Reading) {
		config.Stores.Others, vantage.TrustStores = flows.ClientStores(root, r.Clients, "/root", []string{"registry.redhat.io"}, config.Stores.System)
		vantage.CAInstall = settings.CAInstall(root)
		config.Logins = storedLogins(root, world, *config)
	})
	if err != nil {
		return err
	}
	config.Others = reading.Beside(flows.ClientName)
	return nil
}

// recall takes over what a rebuilt network's report tells of its host's files.
func recall(pass mockproxy.Pass, config *flows.Config, vantage *evidence.Vantage) error {
	if pass.Recalled == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(pass.Recalled), &config.Recalled); err != nil {
		return err
	}
	vantage.TrustStores, vantage.CAInstall = config.Recalled.TrustStores, config.Recalled.CAInstall
	for _, client := range slices.Sorted(maps.Keys(pass.OtherRoots)) {
		config.Stores.Others = append(config.Stores.Others, tlsinspect.NamedPool{Client: client, Pool: pool(pass.OtherRoots[client])})
	}
	logins := flows.RecalledLogins(config.Recalled, fault.AccountUser, map[credentials.Kind]string{credentials.Password: fault.AccountPassword,
		credentials.IdentityToken: fault.AccountIdentity, credentials.RegistryToken: fault.AccountIdentity})
	if len(logins) > 0 {
		config.User, config.Password, config.Logins = "", "", logins
	}
	return nil
}

// storedLogins are what the World's client has stored, nil where it has the
// made-up login.
func storedLogins(root *settings.Root, world fault.World, config flows.Config) map[string]credentials.Answer {
	plan, err := flows.NewPlan(config)
	if world.Stored == nil || err != nil {
		return nil
	}
	h := credentials.Host{Root: root, Getenv: func(name string) string { return world.Stored.Env[name] }, Home: "/root", Linux: true,
		Helpers: credentials.Empty(world.Stored.Helpers)}
	found := flows.Logins(context.Background(), h, cmp.Or(world.Client, flows.ClientName), plan)
	for _, a := range found {
		config.Scribe.Secrets.AddPair(a.Login.User, a.Login.Secret())
	}
	return found
}

func resolver(pass mockproxy.Pass, now func() time.Time) *resolve.Resolver {
	r := &resolve.Resolver{Servers: pass.Resolvers, Hosts: map[string][]netip.Addr{}, Dial: pass.Map.Dial, Now: now}
	for name, address := range pass.Hosts {
		r.Hosts[name] = []netip.Addr{netip.MustParseAddr(address)}
	}
	r.Roots = pool(pass.ClientRoots)
	r.System = func(_ context.Context, name string) ([]netip.Addr, error) { return r.Hosts[name], nil }
	if len(r.Servers) == 0 {
		r.Servers, r.Default = resolve.DefaultServers(), true
	}
	return r
}

func pool(pem string) *x509.CertPool {
	p := x509.NewCertPool()
	p.AppendCertsFromPEM([]byte(pem))
	return p
}

// targets reads the few forms that Worlds use: host, and host/repository:tag.
func targets(texts []string) []flows.Argument {
	var out []flows.Argument
	for _, text := range texts {
		out = append(out, argument(text))
	}
	return out
}
