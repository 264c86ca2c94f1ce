package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/product"
	"pullpath/internal/redact"
	"pullpath/internal/transcript"
	"pullpath/internal/userfile"
	"pullpath/tlsinspect"
)

// evidenceForms are what --as can force.
var evidenceForms = []string{"report", "text"}

// isReport reports whether a file that begins so is meant as one of this tool's: JSON with a
// schema or by the file's name, for a log has JSON lines as well, or the page that carries it.
// What kubectl writes as JSON is none, whatever it is called.
func isReport(path string, head []byte) bool {
	head = bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n")
	named := strings.HasSuffix(path, ".json") && !bytes.Contains(head, []byte(`"apiVersion"`))
	return bytes.HasPrefix(head, []byte("{")) && (named || bytes.Contains(head, []byte(`"schema"`))) ||
		bytes.HasPrefix(bytes.ToLower(head), []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}

// sniffed is how much of a file tells what it is, in bytes: a report has its schema first.
const sniffed = 4 << 10

// readReport reads one file of evidence; "-" is stdin.
func readReport(stdin io.Reader, path string) (*evidence.Trace, error) {
	return readEvidence(context.Background(), stdin, []string{path}, "", "")
}

// readEvidence reads files as one case: a report of this tool, texts of others, or a report with
// texts beside it. The form is forced where one is given.
func readEvidence(ctx context.Context, stdin io.Reader, paths []string, form, keylog string) (*evidence.Trace, error) {
	keys, err := readKeys(keylog)
	if err != nil {
		return nil, err
	}
	if form != "" && !slices.Contains(evidenceForms, form) {
		return nil, hint.New(fmt.Sprintf("--as: no form %q", form), "one of "+strings.Join(evidenceForms, ", "))
	}
	if slices.Contains(paths, "-") && len(paths) > 1 && count(paths, "-") > 1 {
		return nil, hint.New("stdin is named twice", "give - once")
	}
	var base *evidence.Trace
	var texts []transcript.Source
	for _, path := range paths {
		in, done, err := open(stdin, path)
		if err != nil {
			return nil, err
		}
		defer done()
		head, err := in.Peek(sniffed)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read %s: %w", redact.Argument(path), err)
		}
		if form != "report" && (form == "text" || !isReport(path, head)) {
			texts = append(texts, transcript.Source{Name: redact.Argument(path), Data: in, Keys: keys})
			continue
		}
		if base != nil {
			return nil, hint.New("several reports are no one case", "compare them: pullpath compare "+strings.Join(paths, " "))
		}
		if base, err = evidence.Read(in); err != nil {
			return nil, err
		}
	}
	if len(texts) == 0 {
		return base, nil
	}
	return readTexts(ctx, base, texts)
}

// maxKeyLog bounds a key log, in bytes: a connection has some 600.
const maxKeyLog = 16 << 20

// readKeys reads the file of --keylog; none is no error.
func readKeys(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	data, err := userfile.Read(path, maxKeyLog)
	if err != nil {
		return nil, fmt.Errorf("--keylog: %w", err)
	}
	if tlsinspect.ReadKeyLog(data).Empty() {
		return nil, hint.New("--keylog "+redact.Argument(path)+": no line of it is a TLS secret",
			"have the client write it: SSLKEYLOGFILE=FILE curl …")
	}
	return data, nil
}

// readTexts reads texts as one case, with a report where one is given.
func readTexts(ctx context.Context, base *evidence.Trace, texts []transcript.Source) (*evidence.Trace, error) {
	trace, err := transcript.Read(ctx, base, texts, evidence.Scribe{Secrets: &redact.Secrets{}, Markers: product.Markers()}, clientsPrint)
	if err != nil {
		return nil, err
	}
	if base == nil {
		trace.Tool.Version, trace.Started = version, time.Now().UTC()
	}
	return trace, nil
}

// clientsPrint reports whether a statement is, or holds, what clients print for a cause that is
// known.
func clientsPrint(text string) bool {
	return len(diagnosis.BySymptom(catalogue.All(), text)) > 0
}

func count(list []string, word string) int {
	n := 0
	for _, w := range list {
		if w == word {
			n++
		}
	}
	return n
}

// open opens a file to read; "-" is stdin.
func open(stdin io.Reader, path string) (*bufio.Reader, func(), error) {
	const room = 64 << 10 // a line of a text
	if path == "-" {
		return bufio.NewReaderSize(stdin, room), func() {}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read report: %w", err)
	}
	return bufio.NewReaderSize(f, room), func() { _ = f.Close() }, nil
}
