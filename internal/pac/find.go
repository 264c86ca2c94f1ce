package pac

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"runtime/metrics"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"
)

// Host is what a script may ask for. All of it is made by the caller.
type Host struct {
	// LookUp returns the addresses of a name; nil finds none. It has to end with the context.
	LookUp func(ctx context.Context, name string) ([]netip.Addr, error)
	// Now is the time, in the zone that is local to the machine.
	Now func() time.Time
	// Random returns a number from 0 to below 1.
	Random func() float64
	// Own are the addresses of this machine, the one that it sends from first.
	Own []netip.Addr
}

// Question is one lookup of a name.
type Question struct {
	Function, Name string
	Addresses      []netip.Addr
	// Failure says why there are none, empty where the lookup did not fail.
	Failure string
}

// Answer is what FindProxyForURL returned for a URL.
type Answer struct {
	// Text is the answer as it was returned.
	Text string
	// Ways are its elements in order, without the unreadable ones.
	Ways []Way
	// Decided are the lines by which the answer came about, as far as that can be told: the return,
	// the conditions around it, and where the returned variable was set.
	Decided []Line
	// Asked are the names that were looked up, each once.
	Asked []Question
	// Alerts are the texts that the script gave to alert.
	Alerts []string
	// Clock, Random and Own mean that the script asked for the time, a random number or this
	// machine's address, so that another time or machine may get another answer.
	Clock, Random, Own bool
	// Ex means that the file has FindProxyForURLEx too, which Windows calls in its place.
	Ex bool
}

// Exceeded is the error of a script that wants more than it may have.
type Exceeded struct{ What string }

// Error implements error.
func (e *Exceeded) Error() string { return "the script was ended: " + e.What }

const (
	// maxRun bounds the time for one URL without lookups. Files of 1 MiB with thousands of
	// comparisons take some 50 ms.
	maxRun = 3 * time.Second
	// maxMemory bounds what the heap grows by meanwhile, in bytes. A file of 1 MiB takes 30 MiB.
	maxMemory = 128 << 20
	// maxStack bounds the calls inside of each other; browsers end at some ten thousand, and a
	// level here takes more of the stack.
	maxStack = 2000
	// maxLookups bounds the names asked for one URL. Chromium ends at 20 for isInNet and its like
	// (ProxyResolverV8Tracing::kMaxUniqueResolveDnsPerExec).
	maxLookups = 20
	// maxText and maxList bound each text, in UTF-16 units, and each list that is given to a
	// built-in function.
	maxText, maxList = 1 << 20, 1 << 16
	// maxAlerts bounds the texts of alert that are kept.
	maxAlerts = 20
	// watchEvery is how often the bounds are looked at: a doubling of 100 MiB takes longer.
	watchEvery = time.Millisecond
	// grace is how long an interrupted script may take to end before it is left behind.
	grace = time.Second
)

// Find asks the script for a URL. The error is an [*Exceeded] where a bound was passed, an
// [*Unreadable] where the answer, or a part of it, cannot be read; then the answer holds the rest.
func (s *Script) Find(ctx context.Context, host Host, target *url.URL) (Answer, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{ctx: ctx, host: host, vm: goja.New()}
	type outcome struct {
		answer Answer
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		answer, err := r.find(s, target)
		done <- outcome{answer, err}
	}()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	before, began, ended := heap(), time.Now(), time.Time{}
	var why error
	for {
		select {
		case out := <-done:
			return out.answer, errors.Join(why, out.err)
		case <-tick.C:
		}
		if ended.IsZero() {
			if why = r.exceeded(before, time.Since(began), s.mayRun); why != nil {
				ended = time.Now()
				r.vm.Interrupt(why)
				cancel()
			}
		} else if time.Since(ended) > grace {
			return Answer{}, why
		}
	}
}

// run is one evaluation.
type run struct {
	ctx    context.Context
	host   Host
	vm     *goja.Runtime
	answer Answer
	noted  noted
	// lookups is the time that went into lookups that ended, and looking is set during one.
	lookups atomic.Int64
	looking atomic.Bool
}

// exceeded returns the bound that is passed, nil for none.
func (r *run) exceeded(before uint64, took, may time.Duration) error {
	switch {
	case r.ctx.Err() != nil:
		return context.Cause(r.ctx)
	case heap() > before+maxMemory:
		return &Exceeded{fmt.Sprintf("it took more than %d MiB of memory", maxMemory>>20)}
	case !r.looking.Load() && took-time.Duration(r.lookups.Load()) > may:
		return &Exceeded{fmt.Sprintf("it ran for more than %v", may)}
	}
	return nil
}

// heap returns the bytes in objects of the process.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// find prepares the language, runs the file and calls its function.
func (r *run) find(s *Script, target *url.URL) (Answer, error) {
	r.vm.SetMaxCallStackSize(maxStack)
	r.vm.SetTimeSource(func() time.Time { r.answer.Clock = true; return r.now() })
	r.vm.SetRandSource(func() float64 { r.answer.Random = true; return r.random() })
	if err := r.prepare(s); err != nil {
		return Answer{}, plain(err)
	}
	if err := r.vm.GlobalObject().DefineDataProperty(markName, r.vm.ToValue(r.mark(s.places)), goja.FLAG_FALSE, goja.FLAG_FALSE,
		goja.FLAG_FALSE); err != nil {
		return Answer{}, err
	}
	if _, err := r.vm.RunProgram(s.program); err != nil {
		return r.answer, plain(err)
	}
	_, r.answer.Ex = goja.AssertFunction(r.vm.Get("FindProxyForURLEx"))
	f, ok := goja.AssertFunction(r.vm.Get("FindProxyForURL"))
	if !ok {
		return r.answer, errors.New("the file has no function FindProxyForURL")
	}
	value, err := f(goja.Undefined(), r.vm.ToValue(given(target)), r.vm.ToValue(target.Hostname()))
	if err != nil {
		return r.answer, plain(err)
	}
	text, ok := value.Export().(string)
	if !ok {
		return r.answer, &Unreadable{[]string{"FindProxyForURL returned no text but " + kindOf(value)}}
	}
	if len(text) > maxText {
		return r.answer, &Unreadable{[]string{"it is larger than 1 MiB"}}
	}
	r.answer.Text, r.answer.Decided = short(text), r.noted.decided(s.places)
	r.answer.Ways, err = ParseResult(text)
	return r.answer, err
}

// kindOf names what a script returned in the place of a text.
func kindOf(v goja.Value) string {
	if t := v.ExportType(); t != nil && !goja.IsUndefined(v) && !goja.IsNull(v) {
		return "a value of another kind"
	}
	return v.String()
}

// given returns the URL as the script sees it: without login and fragment, and for https, as in
// Chromium and Firefox, without path and query, which a file from outside has no business with.
func given(target *url.URL) string {
	u := *target
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	if u.Path == "" || u.Scheme == "https" {
		u.Path, u.RawPath = "/", ""
	}
	if u.Scheme == "https" {
		u.RawQuery, u.ForceQuery = "", false
	}
	if u.Port() == map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		u.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	return u.String()
}

// prepare bounds the language and gives it the functions of a PAC file.
func (r *run) prepare(s *Script) error {
	if err := r.call(s.bounds, map[string]int{"text": maxText, "list": maxList}, r.checkPattern); err != nil {
		return err
	}
	return r.call(s.functions, map[string]any{"lookUp": r.lookUp, "own": r.own, "inNet": inNet, "sorted": r.sorted,
		"isAddress": isAddress, "alert": r.alert, "now": r.parts})
}

// call runs a program that is a function, and calls it.
func (r *run) call(p *goja.Program, args ...any) error {
	value, err := r.vm.RunProgram(p)
	if err != nil {
		return err
	}
	f, ok := goja.AssertFunction(value)
	if !ok {
		return errors.New("no function")
	}
	values := make([]goja.Value, 0, len(args))
	for _, a := range args {
		values = append(values, r.vm.ToValue(a))
	}
	_, err = f(goja.Undefined(), values...)
	return err
}

// plain returns the error of a script in one line. What ended it is said by who ended it.
func plain(err error) error {
	var interrupted *goja.InterruptedError
	var overflow *goja.StackOverflowError
	switch {
	case errors.As(err, &interrupted):
		if exceeded, ok := interrupted.Value().(*Exceeded); ok && exceeded.What == tooManyLookups {
			return exceeded
		}
		return nil
	case errors.As(err, &overflow):
		return &Exceeded{fmt.Sprintf("it called functions more than %d deep", maxStack)}
	}
	text, _, _ := strings.Cut(oneLine(err.Error()), " at tooMuch (") // the place is in our own part
	return errors.New(short(text))
}

func (r *run) now() time.Time {
	if r.host.Now == nil {
		return time.Time{}
	}
	return r.host.Now()
}

func (r *run) random() float64 {
	if r.host.Random == nil {
		return 0
	}
	return r.host.Random()
}

// parts returns the time in parts, local or in UTC.
func (r *run) parts(gmt bool) map[string]int {
	r.answer.Clock = true
	t := r.now()
	if gmt {
		t = t.UTC()
	}
	return map[string]int{"year": t.Year(), "month": int(t.Month()) - 1, "day": t.Day(), "weekday": int(t.Weekday()),
		"hour": t.Hour(), "minute": t.Minute(), "second": t.Second()}
}

func (r *run) checkPattern(pattern, flags string) {
	if err := allowedPattern(pattern, flags); err != nil {
		panic(r.vm.NewGoError(err))
	}
}

func (r *run) alert(text string) {
	if len(r.answer.Alerts) < maxAlerts {
		r.answer.Alerts = append(r.answer.Alerts, short(text))
	}
}

func (r *run) own() goja.Value {
	r.answer.Own = true
	return r.list(r.host.Own)
}

// list returns addresses as an array of texts.
func (r *run) list(addresses []netip.Addr) goja.Value {
	values := make([]any, 0, len(addresses))
	for _, a := range addresses {
		values = append(values, a.Unmap().String())
	}
	return r.vm.NewArray(values...)
}

var tooManyLookups = fmt.Sprintf("it looked up more than %d names", maxLookups)

// lookUp asks for the addresses of a name, once for each name. An address is its own.
func (r *run) lookUp(function, name string) goja.Value {
	if a, err := netip.ParseAddr(name); err == nil {
		return r.list([]netip.Addr{a})
	}
	if i := slices.IndexFunc(r.answer.Asked, func(q Question) bool { return q.Name == name }); i >= 0 {
		return r.list(r.answer.Asked[i].Addresses)
	}
	if len(r.answer.Asked) == maxLookups {
		r.vm.Interrupt(&Exceeded{tooManyLookups})
		return r.list(nil)
	}
	q := Question{Function: function, Name: short(name)}
	switch {
	case !isName(name):
		q.Failure = "no name that can be looked up"
	case r.host.LookUp == nil || r.ctx.Err() != nil:
		q.Failure = "not looked up"
	default:
		began := time.Now()
		r.looking.Store(true)
		found, err := r.host.LookUp(r.ctx, name)
		r.lookups.Add(int64(time.Since(began)))
		r.looking.Store(false)
		q.Addresses = found
		if err != nil {
			q.Failure = err.Error()
		}
	}
	r.answer.Asked = append(r.answer.Asked, q)
	return r.list(q.Addresses)
}

// isName reports whether a text can be the name of a host: a resolver is not to be asked for
// what a file makes of other things. Names have up to 253 characters (RFC 1035, 2.3.4).
func isName(name string) bool {
	return name != "" && len(name) <= 254 && !strings.ContainsAny(name, " /\\:@?#%\"'") && !hasControl(name)
}

// isAddress reports whether a text is an IP address.
func isAddress(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

// inNet reports whether an address is in a network. Where the families differ both are taken as
// IPv6, an IPv4 address as ::ffff:0:0/96 has it: as Chromium does.
func inNet(address, prefix string) bool {
	a, err := netip.ParseAddr(address)
	n, err2 := netip.ParsePrefix(prefix)
	if err != nil || err2 != nil {
		return false
	}
	if a.Is4() == n.Addr().Is4() {
		return n.Contains(a)
	}
	bits := n.Bits()
	if n.Addr().Is4() {
		bits += 96
	}
	base, err := netip.AddrFrom16(n.Addr().As16()).Prefix(bits)
	if err != nil {
		return false
	}
	within, err := netip.AddrFrom16(a.As16()).Prefix(bits)
	return err == nil && base == within
}

// sorted sorts addresses with semicolons between them, IPv6 first, and returns false where one
// is none: as Chromium does.
func (r *run) sorted(list string) goja.Value {
	var addresses []netip.Addr
	for text := range strings.SplitSeq(strings.Join(strings.Fields(list), ""), ";") {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return r.vm.ToValue(false)
		}
		addresses = append(addresses, a)
	}
	slices.SortFunc(addresses, func(a, b netip.Addr) int {
		if a.Is4() != b.Is4() {
			return b.BitLen() - a.BitLen()
		}
		return a.Compare(b)
	})
	texts := make([]string, 0, len(addresses))
	for _, a := range addresses {
		texts = append(texts, a.String())
	}
	return r.vm.ToValue(strings.Join(texts, ";"))
}
