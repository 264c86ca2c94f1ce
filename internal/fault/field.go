package fault

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is a field of a fault that is set by a parameter. Its tag is the parameter's
// name, then after a blank a form of values (one of [forms], a range as 1-64, or one of
// those below), or after an equals sign the words that it takes, a word for a number with
// that: "only=tls-1.3:772". A field of type bool without words takes yes and no.
type field struct {
	name, form string
	words      []word
	index      []int
	kind       reflect.Type
}

// word is how a value is written.
type word struct {
	text  string
	value uint64
}

// Forms of values that are no check of a text: a text that may hold commas, several texts
// with blanks between them, a number of bytes, a time that may be before another.
const (
	formText   = "text"
	formList   = "list"
	formSize   = "size"
	formSigned = "signed"
)

// forms check a value and write it in its one spelling.
var forms = map[string]func(string) (string, error){
	"host":   ReadHost,
	"ip":     readIP,
	"path":   readPath,
	"method": func(text string) (string, error) { return strings.ToUpper(text), nil },
	"header": readHeader,
	"saying": readSaying,
	"size": func(text string) (string, error) {
		n, err := Size(text)
		return strconv.FormatInt(n, 10), err
	},
}

// fieldsOf returns the fields of a struct that are parameters, those of structs in it
// included.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup("fault")
		if !ok && f.Type.Kind() == reflect.Struct {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				out = append(out, inner)
			}
		}
		if ok {
			out = append(out, newField(tag, f.Type, i))
		}
	}
	return out
}

func newField(tag string, kind reflect.Type, index int) field {
	out := field{index: []int{index}, kind: kind}
	name, words, ok := strings.Cut(tag, "=")
	switch {
	case ok:
		for _, text := range strings.Split(words, "|") {
			text, number, _ := strings.Cut(text, ":")
			value, _ := strconv.ParseUint(cmp.Or(number, text), 0, 16)
			if number == "" && kind.Kind() == reflect.Bool {
				value = 1
			}
			out.words = append(out.words, word{text, value})
		}
	case kind.Kind() == reflect.Bool:
		out.words = []word{{"yes", 1}, {"no", 0}}
	default:
		name, out.form, _ = strings.Cut(tag, " ")
	}
	out.name = name
	return out
}

// free tells a text that may hold anything, a comma included.
func (f field) free() bool { return f.form == formText || f.form == "header" }

// repeated tells a parameter that may be there several times.
func (f field) repeated() bool { return f.kind.Kind() == reflect.Slice && f.form != formList }

// assign sets the field of a parameter to a value. more tells that the parameter was there
// before, in which case it is one that may be repeated.
func assign(into reflect.Value, fields []field, name, text string, more bool) error {
	var words []string
	for _, f := range fields {
		if f.name != name {
			continue
		}
		if f.words == nil {
			return f.read(into.FieldByIndex(f.index), text, more)
		}
		for _, w := range f.words {
			if strings.EqualFold(w.text, text) {
				f.setWord(into.FieldByIndex(f.index), w)
				return nil
			}
			words = append(words, w.text)
		}
	}
	return fmt.Errorf("%s=%s is none of %s", name, text, strings.Join(words, ", "))
}

func (f field) setWord(v reflect.Value, w word) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(w.value != 0)
	case reflect.String:
		v.SetString(w.text)
	case reflect.Int:
		v.SetInt(int64(w.value)) //nolint:gosec // of a tag, 16 bits
	default:
		v.SetUint(w.value)
	}
}

// read sets a value without words.
func (f field) read(v reflect.Value, text string, more bool) error {
	given := text
	if check, ok := forms[f.form]; ok {
		var err error
		if text, err = check(text); err != nil {
			return fmt.Errorf("%s=%s: %w", f.name, given, err)
		}
	}
	if v.Kind() != reflect.Slice {
		return f.readOne(v, text)
	}
	if f.form == formList {
		list := strings.Fields(text)
		if len(list) == 0 {
			return fmt.Errorf("%s= names nothing", f.name)
		}
		v.Set(reflect.ValueOf(list))
		return nil
	}
	one := reflect.New(v.Type().Elem()).Elem()
	if err := f.readOne(one, text); err != nil {
		return err
	}
	if !more {
		v.SetZero()
	}
	v.Set(reflect.Append(v, one))
	return nil
}

func (f field) readOne(v reflect.Value, text string) error {
	switch {
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Struct:
		if err := readStruct(v, text); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	case v.Type() == reflect.TypeFor[time.Duration]():
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 && f.form != formSigned {
			return fmt.Errorf("%s=%s is not a time; 300ms, 2s and 1m are", f.name, text)
		}
		v.SetInt(int64(d))
	case v.Kind() == reflect.Float64:
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || !(x >= 0 && x <= 1) {
			return fmt.Errorf("%s=%s is not a share; those are from 0 to 1", f.name, text)
		}
		v.SetFloat(x)
	default:
		return f.readNumber(v, text)
	}
	return nil
}

func (f field) readNumber(v reflect.Value, text string) error {
	least, most := 0, math.MaxInt32
	if from, to, ok := strings.Cut(f.form, "-"); ok {
		least, _ = strconv.Atoi(from)
		most, _ = strconv.Atoi(to)
	}
	if f.form == formSize {
		most = maxSize
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return fmt.Errorf("%s=%s is not a number from %d to %d", f.name, text, least, most)
	}
	if v.CanInt() {
		v.SetInt(int64(n))
	} else {
		v.SetUint(uint64(n)) //nolint:gosec // least is 0 or more
	}
	return nil
}

// texts returns the values with which assign would make the field what it is.
func (f field) texts(of reflect.Value) []string {
	v := of.FieldByIndex(f.index)
	switch {
	case f.words != nil:
		for _, w := range f.words {
			now := reflect.New(f.kind).Elem()
			if f.setWord(now, w); now.Equal(v) {
				return []string{w.text}
			}
		}
		return nil
	case v.Kind() != reflect.Slice:
		return []string{textOf(v)}
	}
	var out []string
	for i := range v.Len() {
		out = append(out, textOf(v.Index(i)))
	}
	if f.form == formList {
		return []string{strings.Join(out, " ")}
	}
	return out
}

func textOf(v reflect.Value) string {
	if v.Kind() == reflect.Struct {
		return joinParams(paramsOf(v, reflect.Zero(v.Type()), fieldsOf(v.Type())))
	}
	return fmt.Sprint(v.Interface()) // a time writes itself
}

// readIP reads an address and writes it in its one form.
func readIP(text string) (string, error) {
	at, err := netip.ParseAddr(text)
	if err != nil {
		return text, errors.New("no IP address")
	}
	return at.String(), nil
}

// ReadHost reads the name of a host, or [Everyone]. Names have no case (RFC 4343).
func ReadHost(text string) (string, error) {
	name := strings.ToLower(strings.TrimSuffix(text, "."))
	if name == Everyone {
		return name, nil
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return name, nil
	}
	switch {
	case strings.Contains(name, "*"):
		return text, errors.New("a host is named in full; * alone is every host")
	case strings.Contains(name, ":"):
		return text, errors.New("a host has no port; port= limits a fault to one, where it is a parameter")
	case !HostName(name):
		return text, errors.New("no host name")
	}
	return name, nil
}

// readPath reads the beginning of a path, in which an asterisk would be one of the path's
// own.
func readPath(text string) (string, error) {
	switch {
	case strings.Contains(text, "*"):
		beginning, _, _ := strings.Cut(text, "*")
		return text, fmt.Errorf("a path is a beginning and has no *; path=%s is all below", cmp.Or(beginning, "/"))
	case !strings.HasPrefix(text, "/"):
		return text, errors.New("a path begins with /")
	}
	return text, nil
}

var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$") // a token of RFC 9110 section 5.6.2

// readHeader reads a header field, "Name: value".
func readHeader(text string) (string, error) {
	name, _, ok := strings.Cut(text, ":")
	switch {
	case !ok || !headerName.MatchString(name):
		return text, errors.New("no field; 'Name: value' is one")
	case strings.ContainsAny(text, "\r\n"):
		return text, errors.New("a field is one line")
	}
	return text, nil
}

// Size reads a number of bytes: digits, and K, M or G for powers of 1024.
func Size(text string) (int64, error) {
	digits, shift := text, 0
	if i := strings.IndexAny(text, "KMG"); i >= 0 && i == len(text)-1 {
		digits, shift = text[:i], 10*(1+strings.IndexByte("KMG", text[i]))
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > maxSize>>shift {
		return 0, fmt.Errorf("%s is not a size; 8192, 64K, 500M and 1G are", text)
	}
	return n << shift, nil
}

// maxSize is more than any layer of an image.
const maxSize = 1 << 40

// has reports whether one of the fields is the parameter of that name.
func has(fields []field, name string) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return f.name == name })
}
