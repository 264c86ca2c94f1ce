package grid

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"pullpath/internal/anonymize"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/rebuild"
	"pullpath/internal/report"
	"pullpath/resolve"
)

// laws hold for the World of every row. A law looks at the one World that it is given,
// so that a single row can be tested for the price of its own World.
var laws = []struct {
	name  string
	holds func(t *testing.T, name string, w walked)
}{
	{"provokes its code alone", provokes},
	{"only related rows speak", onlyRelatedSpeak},
	{"rows read what they need", rowsReadWhatTheyNeed},
	{"texts have all their values", textsAreFilled},
	{"texts are golden", textsAreGolden},
	{"claims stand on evidence", claimsStandOnEvidence},
	{"saved it is judged the same", savedIsJudgedTheSame},
	{"the report fits the schema", fitsTheSchema},
	{"no secret leaves", noSecretLeaves},
	{"anonymous it is judged the same", anonymousIsJudgedTheSame},
	{"errors become requests", errorsBecomeRequests},
	{"every form says the same", everyFormSaysTheSame},
	{"nothing is read into the end", nothingIsReadIntoTheEnd},
	{"requests hold no secret", requestsHoldNoSecret},
	{"only configured servers are asked", onlyConfiguredServersAreAsked},
	{"it can be written", canBeWritten},
	{"rebuilt it is judged the same", rebuiltIsJudgedTheSame},
}

func TestWorlds(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, name string, w walked) {
		if w.err != nil {
			t.Fatal(w.err)
		}
		for i, law := range laws {
			if raced && i > 0 {
				break // the walk is what runs side by side; the rest computes, at a tenth of its pace
			}
			t.Run(law.name, func(t *testing.T) { law.holds(t, name, w) })
		}
	})
}

func provokes(t *testing.T, name string, w walked) {
	code := codeOf(name)
	if err := w.trace.Check(); err != nil {
		t.Error(err)
	}
	if got := visible(w.result); !slices.Equal(got, []string{code}) {
		t.Errorf("want %s alone as the root cause, got %v (all findings %v): no row, or another, takes the failed hops:\n%s", code, got,
			codes(w.result.Findings), failedHops(w.trace))
	}
	for _, f := range w.result.Unmasked() {
		if f.Code == code && (len(f.Hops) == 0 || len(f.Targets) == 0) {
			t.Errorf("the finding points at hops %v of targets %v", f.Hops, f.Targets)
		}
	}
}

// failedHops are the hops of a trace that failed, a line each.
func failedHops(t *evidence.Trace) string {
	var out strings.Builder
	for _, h := range t.Hops {
		if h.Failure != nil {
			fmt.Fprintf(&out, "  %s %s %s: %+v %+v\n", h.Target, h.Op, h.Peer, h.Failure, h.Detail)
		}
	}
	return out.String()
}

// onlyRelatedSpeak: a row that speaks on another row's World must be tied to it by After,
// in one direction or the other, or speak of hosts alone that the other explains.
func onlyRelatedSpeak(t *testing.T, name string, w walked) {
	code, entries := codeOf(name), catalogue.All()
	for _, e := range entries {
		speaks := slices.ContainsFunc(w.result.Findings, func(f diagnosis.Finding) bool {
			return f.Code == string(e.Code) && f.MaskedBy != code
		})
		if e.Match == nil || string(e.Code) == code || isInfo(e) {
			continue
		}
		if speaks && !related(entries, e.Code, diagnosis.Code(code)) {
			t.Errorf("%s speaks here", e.Code)
		}
	}
}

// isInfo: an information may stand beside any cause; it masks none and is no
// second one.
func isInfo(e diagnosis.Entry) bool { return e.Severity == diagnosis.Info }

func related(entries []diagnosis.Entry, a, b diagnosis.Code) bool {
	return slices.Contains(diagnosis.Ancestors(entries, a), b) || slices.Contains(diagnosis.Ancestors(entries, b), a)
}

func rowsReadWhatTheyNeed(t *testing.T, _ string, w walked) {
	for _, e := range catalogue.All() {
		if e.Match == nil {
			continue
		}
		v := diagnosis.NewView(w.trace, catalogue.All())
		e.Match(v)
		for _, op := range v.Reads() {
			if !slices.Contains(e.Needs, op) {
				t.Errorf("%s reads %s hops and does not say so", e.Code, op)
			}
		}
	}
}

// textsAreFilled: every match fills every value of its entry, so that no text shows a
// placeholder.
func textsAreFilled(t *testing.T, _ string, w walked) {
	for _, f := range w.result.Findings {
		texts := []string{f.Title, f.Seen, f.Explanation, f.Remedy}
		if f.Or != nil {
			texts = append(texts, f.Or.Remedy)
		}
		for _, text := range texts {
			if strings.ContainsAny(text, "{}") && !strings.Contains(text, `{"`) {
				t.Errorf("%s: %q has an open placeholder", f.Code, text)
			}
			if gap := hollow.FindString(strings.ReplaceAll(text, " ...", "…")); gap != "" {
				t.Errorf("%s: %q has an empty value at %q", f.Code, text, gap)
			}
		}
	}
}

// hollow is what a value that is empty, or stands for none, leaves in a text: two blanks, a
// blank before a mark, a bracket or quotation marks around nothing, a mark that follows
// nothing, and the words for none.
var hollow = regexp.MustCompile(`  |^ | $|\s[,;)]|\s\.(?:\s|$)|\(\)|""|: ?[.;](?:\s|$)|<nil>|%!|` +
	`\b(?:at|from|to|by|of|with|under|in the|where|and)(?: ?[.;]|,)(?:\s|$)|\b(?:under|anchor|in|at|from) (?:missing|unknown|none)\b`)

func savedIsJudgedTheSame(t *testing.T, _ string, w walked) {
	if again := diagnosis.Diagnose(saved(t, w), catalogue.All()); !reflect.DeepEqual(again, w.result) {
		t.Errorf("judged again: %v, before: %v", visible(again), visible(w.result))
	}
}

// schema is the published one.
var schema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	return jsonschema.NewCompiler().Compile("../../docs/report.schema.json")
})

func fitsTheSchema(t *testing.T, _ string, w walked) {
	published, err := schema()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := report.JSON(&b, w.trace, w.result); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := published.Validate(doc); err != nil {
		t.Error(err)
	}
}

// noSecretLeaves: the secrets of a World are nowhere, in no format.
func noSecretLeaves(t *testing.T, _ string, w walked) {
	for format, text := range rendered(t, w) {
		for _, secret := range w.secrets {
			if secret != "" && strings.Contains(text, secret) {
				t.Errorf("%s holds %q", format, secret)
			}
		}
	}
}

// anonymousIsJudgedTheSame: an anonymous trace is judged as the one that it was made of,
// keeps the laws, is the same when it is made again, and names no host of the company's.
func anonymousIsJudgedTheSame(t *testing.T, _ string, w walked) {
	anonymous := anonymize.Trace(w.trace)
	if err := anonymous.Check(); err != nil {
		t.Error(err)
	}
	result := diagnosis.Diagnose(anonymous, catalogue.All())
	if before, after := judged(w.result), judged(result); !slices.Equal(before, after) {
		t.Errorf("judged\n%q, before\n%q", after, before)
	}
	if again := anonymize.Trace(anonymous); !reflect.DeepEqual(again, anonymous) {
		t.Error("made anonymous twice it differs")
	}
	for format, text := range rendered(t, walked{trace: anonymous, result: result}) {
		for _, canary := range internalNames {
			if i := strings.Index(text, canary); i >= 0 {
				t.Errorf("%s holds %q: %q", format, canary, text[max(0, i-60):min(len(text), i+60)])
				break
			}
		}
	}
}

// judged is what a judge says of each finding beside its texts.
func judged(r diagnosis.Result) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, strings.Join([]string{f.Code, string(f.Severity), string(f.Strength), string(f.Audience), f.MaskedBy,
			f.Values["product"]}, " "))
	}
	return append(out, r.Verdict.Status)
}

// internalNames are what Worlds call a company's own.
var internalNames = []string{"corp.example", "mock-client", "Corp Example", "10.20.3.", "/home/dev", ".corp"}

// onlyConfiguredServersAreAsked: no resolver is asked that is neither configured nor given.
func onlyConfiguredServersAreAsked(t *testing.T, _ string, w walked) {
	allowed := w.world.ResolverAddresses()
	if w.world.NoResolver {
		allowed = resolve.DefaultServers()
	}
	for _, h := range w.trace.Hops {
		if h.Op == evidence.OpResolve && h.Peer != "" && !slices.Contains(allowed, h.Peer) {
			t.Errorf("hop %d asks %s", h.ID, h.Peer)
		}
	}
}

// canBeWritten: a World, written as a scenario and read again, is the same World. That
// holds for what is rebuilt from its report, too.
func canBeWritten(t *testing.T, _ string, w walked) {
	sameWhenWritten(t, w.world)
	if w.world.Survey == nil {
		world, _ := rebuild.World(saved(t, w), time.Minute)
		sameWhenWritten(t, world)
	}
}

// rebuiltIsJudgedTheSame: report -> World -> report. The network that is rebuilt from a
// report is judged as the one that was reported.
func rebuiltIsJudgedTheSame(t *testing.T, _ string, w walked) {
	if testing.Short() {
		t.Skip("it walks a second World")
	}
	if w.world.Survey != nil {
		t.Skip("settings are read, no path is walked")
	}
	sameWhenRebuilt(t, w)
}

func sameWhenRebuilt(t *testing.T, w walked) {
	t.Helper()
	world, cannot := rebuild.World(saved(t, w), time.Minute)
	again := walk(world)
	if again.err != nil {
		t.Fatal(again.err)
	}
	if !slices.Equal(caused(again.result), caused(w.result)) {
		t.Errorf("rebuilt: %v, before: %v; not rebuilt: %s", caused(again.result), caused(w.result), strings.Join(cannot, "; "))
	}
}

// eachWorld runs a test for every World of the catalogue, side by side.
func eachWorld(t *testing.T, test func(t *testing.T, name string, w walked)) {
	t.Helper()
	for _, name := range worldNames() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, name, walkOf(name))
		})
	}
}

// allWalks are the walks of all Worlds, for what only all of them together show.
func allWalks() []walked {
	var wg sync.WaitGroup
	out := make([]walked, len(worldNames()))
	busy, waiting := make(chan struct{}, atOnce()), make(chan struct{}, 4*atOnce())
	for i, name := range worldNames() {
		slots := busy
		if slices.ContainsFunc(worlds()[name].Flags, func(f string) bool { return strings.HasPrefix(f, "--hop-timeout") }) {
			slots = waiting // its peers are silent: it takes next to no processor
		}
		wg.Go(func() {
			slots <- struct{}{}
			out[i] = walkOf(name)
			<-slots
		})
	}
	wg.Wait()
	return out
}

// walkOf is the walk of a World by its name. A World is walked once, when the first test
// asks for it.
func walkOf(name string) walked { return walks()[name]() }

var walks = sync.OnceValue(func() map[string]func() walked {
	out := map[string]func() walked{}
	for name, world := range worlds() {
		out[name] = sync.OnceValue(func() walked { return walk(world) })
	}
	return out
})

// worlds names every World of the catalogue: the code, and for its further
// Worlds the code with a number.
var worlds = sync.OnceValue(func() map[string]fault.World {
	out := map[string]fault.World{}
	for _, e := range catalogue.All() {
		if e.Packets {
			continue
		}
		out[string(e.Code)] = e.Provoke
		for i, world := range e.Also {
			out[numbered(string(e.Code), i+2)] = world
		}
	}
	return out
})
