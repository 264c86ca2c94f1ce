package transcript

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	// maxLine is how much of a line is read, in bytes. The longest that clients write, a
	// page inside an error, have some ten thousand; a report in one line is read elsewhere.
	maxLine = 64 << 10
	// sniffed is how much of a text tells its encoding and whether it is one.
	sniffed = 1 << 10
)

// errBinary is what a text that is none comes to.
var errBinary = errors.New("not a text: it holds zero bytes")

// line is one line of a text as a reader sees it.
type line struct {
	file *file
	no   int
	text string
}

// lines goes through a text.
type lines struct {
	in *bufio.Reader
	no int
}

// newLines decodes a text by its byte order mark, or by the zero bytes that UTF-16 of ASCII
// has (PowerShell writes it); what is neither is taken for UTF-8.
func newLines(r io.Reader) (*lines, error) {
	in := bufio.NewReaderSize(r, maxLine)
	head, err := in.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	if enc := utf16Of(head); enc != nil {
		return &lines{in: bufio.NewReaderSize(transform.NewReader(in, enc.NewDecoder()), maxLine)}, nil
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return nil, errBinary
	}
	return &lines{in: in}, nil
}

// utf16Of returns the encoding of a text that begins so, nil for UTF-8.
func utf16Of(head []byte) encoding.Encoding {
	odd, even := 0, 0
	for i, b := range head {
		switch {
		case b != 0:
		case i%2 == 0:
			even++
		default:
			odd++
		}
	}
	most := len(head) * 2 / 5 // of every second byte nearly all are zero in a text of ASCII
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}) || odd > most && even == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}) || even > most && odd == 0:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	}
	return nil
}

// next returns the next line, false at the end. A carriage return ends a line as well: behind
// one a terminal writes over what stood there, as progress meters do.
func (l *lines) next() (string, bool, error) {
	raw, err := l.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) { // keep the beginning, pass over the rest
		raw = bytes.Clone(raw)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = l.in.ReadSlice('\n')
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, err
	}
	if len(raw) == 0 && err != nil {
		return "", false, nil
	}
	l.no++
	return clean(raw), true, nil
}

// control are the sequences by which programs move the cursor and set colours (ECMA-48), and
// titles of windows.
var control = regexp.MustCompile("\x1b(?:\\[[0-9;?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[@-Z\\\\^_])")

// clean takes away what a terminal acts on and a reader does not see.
func clean(raw []byte) string {
	text := strings.TrimRight(string(raw), "\r\n")
	if strings.IndexByte(text, 0x1b) >= 0 {
		text = control.ReplaceAllString(text, "")
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	if strings.ContainsAny(text, "\u00a0\ufeff\u200b") {
		text = strings.NewReplacer("\u00a0", " ", "\ufeff", "", "\u200b", "").Replace(text)
	}
	return text
}

// parts splits a line at carriage returns.
func parts(text string) []string {
	if strings.IndexByte(text, '\r') < 0 {
		return []string{text}
	}
	return strings.Split(text, "\r")
}
