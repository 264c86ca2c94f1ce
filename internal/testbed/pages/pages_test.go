//go:build linux

package pages

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/report"
	"pullpath/internal/testbed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long the browser may take for one page. A cold one on a busy
// machine needs five seconds; ten times that is one that hangs.
const patience = 60 * time.Second

// audit is run inside the page and lists what is wrong with it.
//
//go:embed testdata/audit.js
var audit string

// look is a way in which a page is read.
type look struct {
	name          string
	width         int64
	media, scheme string
}

func looks() []look {
	return []look{
		{"page, light", 1280, "screen", "light"}, {"page, dark", 1280, "screen", "dark"},
		{"phone, light", 390, "screen", "light"}, {"phone, dark", 390, "screen", "dark"},
		{"paper", 794, "print", "light"}, // A4 at 96 dots an inch
	}
}

func browser(t *testing.T) context.Context {
	t.Helper()
	testbed.Require(t, "chromium", "fonts-dejavu-core")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("/usr/bin/chromium"), chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return ctx
}

// complaints gathers what the browser says of a page: console, exceptions, log and
// dialogs, all of which a sound page has none of.
type complaints struct {
	mu   sync.Mutex
	list []string
}

func (c *complaints) listen(event any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		c.list = append(c.list, "console: "+string(e.Type))
	case *runtime.EventExceptionThrown:
		c.list = append(c.list, "exception: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		c.list = append(c.list, "log: "+e.Entry.Text)
	case *page.EventJavascriptDialogOpening:
		c.list = append(c.list, "dialog: "+e.Message)
	}
}

func (c *complaints) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.list
	c.list = nil
	return out
}

// render writes the page of a recorded report.
func render(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	trace, err := evidence.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := report.HTML(&out, trace, diagnosis.Diagnose(trace, catalogue.All()), report.TableOptions{}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Every recorded report is a sound page at a desk, on a phone and on paper, in
// light and in dark.
func TestPagesAreSound(t *testing.T) {
	ctx := browser(t)
	reports, err := filepath.Glob("../../report/testdata/reports/*.json")
	if err != nil || len(reports) < 10 {
		t.Fatalf("%d recorded reports (%v)", len(reports), err)
	}
	for _, path := range reports {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			file := render(t, path)
			tab, cancel := chromedp.NewContext(ctx)
			defer cancel()
			tab, end := context.WithTimeout(tab, patience)
			defer end()
			var said complaints
			if err := chromedp.Do(tab, command(log.Enable, cdp.Empty{})); err != nil {
				t.Fatal(err)
			}
			if err := chromedp.Listen(tab, said.listen); err != nil {
				t.Fatal(err)
			}
			for _, l := range looks() {
				for _, wrong := range append(open(tab, t, file, l), said.take()...) {
					t.Errorf("%s: %s", l.name, wrong)
				}
			}
			printed(tab, t)
		})
	}
}

// open reads the page in one way and returns what the audit says.
func open(tab context.Context, t *testing.T, file string, l look) []string {
	t.Helper()
	err := chromedp.Do(tab,
		command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: l.width, Height: 900, DeviceScaleFactor: 1,
			Mobile: l.width < 500}),
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: l.media,
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}}}),
		chromedp.Navigate("file://"+file))
	if err != nil {
		t.Fatalf("%s: %v", l.name, err)
	}
	wrong, err := chromedp.Run(tab, chromedp.Evaluate[[]string](audit))
	if err != nil {
		t.Fatalf("%s: %v", l.name, err)
	}
	return wrong
}

// command makes an action of a command whose answer does not matter.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, c, params)
		return err
	})
}

func printed(tab context.Context, t *testing.T) {
	t.Helper()
	pdf, err := chromedp.Run(tab, chromedp.PrintToPDF())
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF")) {
		t.Errorf("printing gave %d bytes (%v)", len(pdf), err)
	}
}

// The audit sees what is wrong: each of these pages has one fault.
func TestAuditSeesFaults(t *testing.T) {
	ctx := browser(t)
	tab, end := context.WithTimeout(ctx, patience)
	defer end()
	sound, err := os.ReadFile(render(t, "../../report/testdata/reports/healthy.json"))
	if err != nil {
		t.Fatal(err)
	}
	for want, body := range map[string]string{
		"wider than the window": `<p style="width:3000px;max-width:none">x</p>`,
		"an element <img>":      `<img alt="">`,
		"contrast":              `<p style="color:#bbb">pale</p>`,
		"heading":               `<h6>deep</h6>`,
		"link to nowhere":       `<a href="#nowhere">x</a>`,
		"a mark that turns":     "<p>\u202egpj</p>",
	} {
		file := filepath.Join(t.TempDir(), "faulty.html")
		faulty := strings.Replace(string(sound), "</main>", body+"</main>", 1)
		if err := os.WriteFile(file, []byte(faulty), 0o600); err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(open(tab, t, file, looks()[2]))
		if !strings.Contains(got, want) {
			t.Errorf("%s: the audit says %s", want, got)
		}
	}
}

// On paper a page is its summary: verdict, who must act, picture and findings. Evidence that
// nobody opened is not printed; what was opened is.
func TestAPrintedPageIsASummary(t *testing.T) {
	ctx := browser(t)
	tab, end := context.WithTimeout(ctx, patience)
	defer end()
	for name, most := range map[string]int{"healthy": 1, "proxy-denied": 2, "intercepted-untrusted": 2, "many-findings": 4} {
		file := render(t, "../../report/testdata/reports/"+name+".json")
		open(tab, t, file, looks()[4])
		closed := pages(tab, t)
		if closed > most {
			t.Errorf("%s: %d pages, want at most %d", name, closed, most)
		}
		const openAll = `[...document.querySelectorAll("details")].map(d => { d.open = true; return d.textContent })`
		if _, err := chromedp.Run(tab, chromedp.Evaluate[[]string](openAll)); err != nil {
			t.Fatal(err)
		}
		if opened := pages(tab, t); opened <= closed {
			t.Errorf("%s: %d pages with all evidence opened, %d without", name, opened, closed)
		}
	}
}

// pages prints the page and counts the sheets.
func pages(tab context.Context, t *testing.T) int {
	t.Helper()
	pdf, err := chromedp.Run(tab, chromedp.PrintToPDF())
	if err != nil {
		t.Fatal(err)
	}
	return len(sheet.FindAll(pdf, -1))
}

// sheet is the mark of a page in a PDF.
var sheet = regexp.MustCompile(`/Type\s*/Page[^s]`)
