package fault

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is a fault that can be asked for by name and parameters.
type Kind struct {
	Name string
	// About says in a few words what breaks.
	About string
	// Params are the names of its parameters.
	Params []string
	build  func(params) (Fault, error)
}

// Usage shows the parameters as they are typed, without those of every fault.
func (k Kind) Usage() string {
	out, sep := "", ":"
	for _, p := range k.Params {
		if !slices.Contains(counting, p) {
			out += sep + p + "=…"
			sep = ","
		}
	}
	return k.Name + out
}

type params map[string]string

// host is the host parameter; a fault without one is everyone's.
func (p params) host() string {
	if h, ok := p["host"]; ok {
		return h
	}
	return Everyone
}

// yes is a parameter that takes yes or no.
func (p params) yes(name string) bool { return p[name] == "yes" }

func (p params) number(name string, fallback int) (int, error) {
	text, ok := p[name]
	if !ok {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%s=%s is no number", name, text)
	}
	return n, nil
}

// Kinds lists the faults by name.
func Kinds() []Kind {
	out := slices.Concat(streamKinds(), dnsKinds(), connectKinds(), handshakeKinds(), httpKinds())
	for i := range out {
		if out[i].Name != "path-mtu" { // the dialler plays it, which does not count
			out[i].Params = append(slices.Clone(out[i].Params), counting...)
		}
	}
	return append(socketKinds(), out...)
}

// list is a parameter that may be there several times.
func (p params) list(name string) []string {
	if v, ok := p[name]; ok {
		return strings.Split(v, separator)
	}
	return nil
}

// separator stands between the values of one name.
const separator = "\n"

// delay reads a length of time as Go writes it: 300ms, 2s, 1m.
func (p params) delay() (time.Duration, error) {
	text, ok := p["delay"]
	if !ok {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("delay=%s is no time; 300ms, 2s and 1m are", text)
	}
	return d, nil
}

// size reads a number of bytes; see [Size].
func (p params) size(name string, fallback int) (int, error) {
	text, ok := p[name]
	if !ok {
		return fallback, nil
	}
	n, err := Size(text)
	if err != nil {
		return 0, fmt.Errorf("%s=%w", name, err)
	}
	return int(n), nil
}

// Size reads a number of bytes: digits, and K, M or G for powers of 1024.
func Size(text string) (int64, error) {
	digits, shift := text, 0
	if i := strings.IndexAny(text, "KMG"); i >= 0 && i == len(text)-1 {
		digits, shift = text[:i], 10*(1+strings.IndexByte("KMG", text[i]))
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > maxSize>>shift {
		return 0, fmt.Errorf("%s is no size; 8192, 64K, 500M and 1G are", text)
	}
	return n << shift, nil
}

// maxSize is more than any layer of an image.
const maxSize = 1 << 40

// all reads several parameters and gives the first error.
func all(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
