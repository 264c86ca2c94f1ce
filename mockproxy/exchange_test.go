package mockproxy

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"pullpath/internal/fault"
)

// TestAnswersAreLogged: each request once, with its answer.
func TestAnswersAreLogged(t *testing.T) {
	const connect, asked = "CONNECT registry.redhat.io:443", "GET /v2/"
	for text, want := range map[string]Event{
		"":                                  {What: asked, Status: "401", Bytes: 99},
		"connect-status:body=no":            {What: connect, Status: "403", Bytes: 2, Fault: "connect-status"},
		"connect-close":                     {What: connect, Status: "-", Fault: "connect-close"},
		"connect-garbage":                   {What: connect, Status: "-", Bytes: 18, Fault: "connect-garbage"},
		"connect-page:body=no":              {What: connect, Status: "200", Fault: "connect-page"},
		"connect-delay:delay=1ms":           {What: connect, Status: "200", Fault: "connect-delay"},
		"proxy-auth":                        {What: connect, Status: "407", Bytes: 109, Fault: "proxy-auth"},
		"http-status:status=451,body=blank": {What: asked, Status: "451", Bytes: 5, Fault: "http-status"},
		"http-reset":                        {What: asked, Status: "-", Fault: "http-reset"},
		"http-truncate:bytes=10":            {What: asked, Status: "401", Bytes: 10, Fault: "http-truncate"},
		"http-strip:field=Accept":           {What: asked, Status: "401", Bytes: 99, Fault: "http-strip"},
	} {
		t.Run(text, func(t *testing.T) {
			var world fault.World
			if text != "" {
				f, err := fault.Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				world.Faults = append(world.Faults, f)
			}
			var mu sync.Mutex
			var told []Event
			n, err := Start(world, Log(func(e Event) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, e)
			}))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = get(t, n, ping)
			n.Close() // what is under way is told of
			told = slices.DeleteFunc(told, func(e Event) bool { return e.What != want.What })
			if len(told) == 0 {
				t.Fatal("nothing was told")
			}
			got := told[0]
			if got.Status != want.Status || got.Bytes != want.Bytes || got.Fault != want.Fault || got.At.IsZero() || got.Peer == "" {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

// TestUnknownHostIsLogged: the proxy's own refusal of a name that nobody has.
func TestUnknownHostIsLogged(t *testing.T) {
	lines := make(chan Event, 100)
	n, err := Start(fault.World{}, Log(func(e Event) { lines <- e }))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = get(t, n, "https://nowhere.example/")
	n.Close()
	close(lines)
	for e := range lines {
		if strings.HasPrefix(e.What, "CONNECT nowhere.example") && e.Status == "502" && e.Fault == "" {
			return
		}
	}
	t.Error("it is not told")
}

// TestHeldAnswersAreLogged: those that a network's end cuts off, each once.
func TestHeldAnswersAreLogged(t *testing.T) {
	for text, what := range map[string]string{"http-silence": "GET /v2/", "http-stall": "GET /v2/",
		"connect-silence": "CONNECT registry.redhat.io:443"} {
		f, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		began, lines := make(chan bool, 100), make(chan Event, 100)
		n, err := Start(fault.World{Faults: []fault.Fault{f}}, Log(func(e Event) { lines <- e }), Follow(func(e Event) {
			if e.What == what {
				began <- true
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		asked := make(chan bool)
		go func() { defer close(asked); _, _ = get(t, n, ping) }()
		<-began
		n.Close()
		close(lines)
		<-asked
		times := 0
		for e := range lines {
			if e.What == what && e.Fault == text {
				times++
			}
		}
		if times != 1 {
			t.Errorf("%s is logged %d times", text, times)
		}
	}
}
