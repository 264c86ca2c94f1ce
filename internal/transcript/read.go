package transcript

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"pullpath/internal/capture"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/route"
)

// Source is one text.
type Source struct {
	// Name is the file's as the user gave it; "-" is stdin.
	Name string
	Data io.Reader
	// Keys is the key log for what is sealed in a capture; empty for none.
	Keys []byte
}

// file is a text under way.
type file struct {
	name  string
	forms []string
}

// recognised notes a program whose output was recognised.
func (f *file) recognised(form string) {
	if !slices.Contains(f.forms, form) {
		f.forms = append(f.forms, form)
	}
}

// reader reads the texts of one case.
type reader struct {
	*builder
	// block are the readers of programs whose output has several lines for one attempt; open
	// is the one that has begun, nil for none.
	block []block
	open  block
	// command is the URL of the last command line that was read: what the output behind it is
	// about, where that does not say it.
	command string
	// known reports whether clients print a statement; asks is how often it may still be asked.
	known func(string) bool
	asks  int
	// environment are the proxy variables that a text shows, with their logins: only a decision
	// about the way sees them, which keeps none.
	environment route.Environment
	// raw is the line under way with the secrets in it. It is never kept: the reader of an
	// environment alone looks at it, because a login that is not escaped decides the way.
	raw string
	// backedOff means that Kubernetes says that a pull failed, and nothing more.
	backedOff bool
	// patterns are the statements that were read but for their numbers.
	patterns patterns
	// told are the statements that were read, with the keys of their attempts.
	told map[string][]string
	// joined is a statement that goes on in the next line.
	joined line
}

// block reads the output of one program, line by line.
type block interface {
	// form names the program.
	form() string
	// begins reports whether a line is the program's and can be the first.
	begins(text string) bool
	// take reads a line, false where it is none of the program's.
	take(l line) bool
	// end closes what is open and keeps it.
	end()
}

// Read reads texts as one case, and adds it to a walk where one is given. It fails where one of
// the texts cannot be read, is no text, or has no form that is known.
// A statement that the grammar does not take is kept where known says that clients print it.
func Read(ctx context.Context, walk *evidence.Trace, sources []Source, scribe evidence.Scribe, known func(string) bool) (*evidence.Trace,
	error) {
	r := &reader{builder: newBuilder(walk, scribe), known: known, asks: maxAsks, told: map[string][]string{}, patterns: newPatterns()}
	r.block = blocks(r)
	for _, s := range sources {
		if err := r.source(ctx, s); err != nil {
			return nil, fmt.Errorf("read %s: %w", s.Name, err)
		}
	}
	r.finish()
	return r.trace, r.trace.Check()
}

// source reads one text.
func (r *reader) source(ctx context.Context, s Source) error {
	f := &file{name: s.Name}
	data := bufio.NewReaderSize(s.Data, maxLine)
	if head, _ := data.Peek(maxLine); capture.Is(head) { // what is shorter is looked at as far as it goes
		return r.captured(ctx, f, data, s.Keys)
	}
	in, err := newLines(data)
	if err != nil {
		return err
	}
	if isHAR(in.in) {
		in.no, err = r.har(ctx, f, in.in)
		r.trace.Texts.Files = append(r.trace.Texts.Files, evidence.TextFile{Name: s.Name, Forms: f.forms, Lines: in.no})
		return err
	}
	for {
		if in.no%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		text, more, err := in.next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		for _, part := range parts(text) {
			r.line(line{f, in.no, part})
		}
	}
	r.flush()
	if in.no == 0 {
		return errors.New("the text is empty")
	}
	r.trace.Texts.Files = append(r.trace.Texts.Files, evidence.TextFile{Name: s.Name, Forms: f.forms, Lines: in.no})
	if len(f.forms) == 0 {
		return ErrNoForm
	}
	return nil
}

// ErrNoForm says that nothing was recognised in a text.
var ErrNoForm = hint.New("no form is recognised in it", "recognised are "+recognisedForms)

// commandLine is a command that fetches a URL, as people paste it or a log prints it.
var commandLine = regexp.MustCompile(`\b(?:curl|wget|http|https)(?:\.exe)? (?:.*? )?['"]?(https?://[^\s'"\]]+)`)

// traced is the line of go-containerregistry's trace before the head of an answer (pkg/v1/remote/transport/logger.go).
var traced = regexp.MustCompile(`<-- \d{3} (https?://\S+) \(`)

// proxyOption are the options of curl whose value is another URL than the one that is fetched.
var proxyOption = regexp.MustCompile(`\s(?:-x|--proxy|--preproxy|--socks5(?:-hostname)?|-e|--referer)[ =]\S+`)

// line gives a line to whoever reads it.
func (r *reader) line(l line) {
	r.raw = l.text
	cutText, held := cut(l.text, r.scribe.Secrets)
	l.text = cutText
	if held != "" && len(r.trace.Texts.Secrets) < maxSecretPlaces {
		r.trace.Texts.Secrets = append(r.trace.Texts.Secrets, l.place()+": "+held)
	}
	l.text = unprompted(l.text)
	fetches := strings.Contains(l.text, "curl") || strings.Contains(l.text, "wget") || strings.Contains(l.text, "http ")
	if fetches && strings.Contains(l.text, "://") {
		if m := commandLine.FindStringSubmatch(proxyOption.ReplaceAllString(l.text, "")); m != nil {
			r.command = m[1]
		}
	}
	if m := traced.FindStringSubmatch(l.text); m != nil {
		r.command = m[1]
	}
	if r.open != nil {
		if r.open.take(l) {
			return
		}
	}
	for _, b := range r.block {
		if b.begins(l.text) {
			r.flushStatement()
			if r.open != nil && r.open != b {
				r.open.end()
			}
			r.open = b
			l.file.recognised(b.form())
			b.take(l)
			return
		}
	}
	r.statement(l)
}

// statement reads a line that belongs to no block: an error, whole or in part.
func (r *reader) statement(l line) {
	if pageOpen(r.joined.text) && !strings.HasPrefix(strings.TrimSpace(l.text), "<") {
		r.flushStatement()
	}
	if r.joined.text != "" {
		l = line{r.joined.file, r.joined.no, strings.TrimRight(r.joined.text, " ") + " " + strings.TrimSpace(l.text)}
		r.joined = line{}
	}
	if goesOn(l.text) || recordGoesOn(l.text) || pageOpen(l.text) {
		r.joined = l
		return
	}
	if recorded.MatchString(l.text) {
		if end := recordEnds.FindStringIndex(l.text); end != nil {
			l.text = l.text[:end[0]]
		}
	}
	r.tell(l)
}

func (r *reader) flushStatement() {
	if r.joined.text != "" {
		l := r.joined
		r.joined = line{}
		r.tell(l)
	}
}

// flush ends what is open at the end of a text.
func (r *reader) flush() {
	r.flushStatement()
	if r.open != nil {
		r.open.end()
		r.open = nil
	}
}

// maxJoined bounds a statement that was wrapped, in bytes.
const maxJoined = 8 << 10

// goesOn reports whether a statement goes on in the next line: it ends in the colon behind
// which the reason stands.
func goesOn(text string) bool {
	text = strings.TrimRight(text, " ")
	if strings.HasSuffix(text, "see inner exception.") { // .NET
		return len(text) < maxJoined
	}
	if strings.Contains(text, "Login: <") && !strings.Contains(text, "(Code: ") { // dockerd prints the page, then its status
		return len(text) < maxJoined
	}
	return len(text) < maxJoined && strings.HasSuffix(text, ":") && (strings.Contains(text, "://") || strings.Contains(text, "rror") ||
		strings.Contains(text, "ailed")) && !strings.HasSuffix(text, "stderr:") && !strings.HasSuffix(text, "stdout:")
}

// pageOpen reports whether an error ends in a page, which clients print as it is, in lines of its own.
func pageOpen(text string) bool {
	if len(text) > maxJoined || !strings.Contains(text, "<") || strings.HasPrefix(text, "<") {
		return false
	}
	low := strings.ToLower(text)
	return strings.HasSuffix(strings.TrimSpace(low), ">") && !strings.Contains(low, "</html>") &&
		(strings.Contains(low, "<html") || strings.Contains(low, "<!doctype"))
}

// tell reads the errors of a statement.
func (r *reader) tell(l line) {
	if backsOff(l.text) {
		r.backedOff = true
		l.file.recognised("kubelet")
	}
	if r.more(l.text) || l.no > few && !mayTell(l.text) || recordRest.MatchString(l.text) {
		return
	}
	if chatter(l.text) {
		l.file.recognised(clientOf(l.text))
		r.patterns.told(nil)
		return
	}
	var all []string
	for _, text := range unframe(l.text) {
		if keys, before := r.toldBefore(text); before || l.no > few && !mayTell(text) || wentAway(text) {
			all = append(all, keys...)
			continue
		}
		found := r.errors(line{l.file, l.no, text}, text)
		if len(found) == 0 {
			found = r.printed(line{l.file, l.no, text}, text)
		}
		var keys []string
		for _, a := range found {
			keys = append(keys, r.keep(a))
		}
		r.remember(text, keys)
		all = append(all, keys...)
		if len(found) > 0 {
			l.file.recognised(clientOf(l.text))
		}
	}
	r.patterns.told(all)
}

// more reports whether a statement is one of many that differ in numbers alone, of which enough were read,
// and counts it.
func (r *reader) more(text string) bool {
	if !r.patterns.known(text) {
		return false
	}
	switch p := r.patterns.now; {
	case p.full == 0:
	case p.differ:
		r.trace.Texts.LeftOut++
	default:
		for _, key := range p.keys {
			r.again(key)
		}
	}
	return true
}

// maxTold bounds the statements that are remembered: what a client says again in each try.
const maxTold = 1000

// toldBefore reports whether a statement was read already, and counts what it told of again.
func (r *reader) toldBefore(text string) (keys []string, before bool) {
	keys, before = r.told[text]
	for _, key := range keys {
		r.again(key)
	}
	return keys, before
}

func (r *reader) remember(text string, keys []string) {
	if len(r.told) < maxTold && len(text) < maxQuote*4 {
		r.told[text] = keys
	}
}

const (
	// few is how many lines are looked at whatever their words are: a paste. Of a log only those
	// that have a word of failure are.
	few = 500
	// telling is how long a statement must be to say anything, in bytes: a word or two are in
	// too many of what clients print.
	telling = 8
	// maxAsks bounds how many statements are held against what clients print.
	maxAsks = 300
)

// printed keeps a statement that the grammar does not take and that clients are known to print.
func (r *reader) printed(at line, text string) []attempt {
	if r.known == nil || r.asks == 0 || withDaemon(text) || len(strings.TrimSpace(text)) < telling {
		return nil
	}
	r.asks--
	if !r.known(text) {
		return nil
	}
	a := attempt{at: at, image: imageIn(text)}
	if m := subjectURL(text); m != "" {
		a.url = parseURL(m)
	}
	a.add(evidence.Hop{Op: evidence.OpRequest, State: evidence.Failed, Failure: r.failure(evidence.Unknown, text), Detail: evidence.Request{}})
	return []attempt{a}
}

// finish says what is missing and what was read.
func (r *reader) finish() {
	r.ways()
	var forms []string
	for _, f := range r.trace.Texts.Files {
		for _, form := range f.Forms {
			if !slices.Contains(forms, form) {
				forms = append(forms, form)
			}
		}
	}
	r.trace.Vantage.Source = strings.Join(forms, ", ")
	r.trace.Texts.Lacks = append(r.trace.Texts.Lacks, r.lacks()...)
}
