package evidence

import (
	"reflect"

	"pullpath/internal/redact"
)

// Values of the tag "scrub". A field without it is gone through.
const (
	// unsealed is a text field that [Seal] leaves alone, because what stands in it is
	// a word or a number of this program's own. A test lists them with the reason.
	unsealed = "-"
	// fieldName is the name of a header field: one that everybody knows stays.
	fieldName = "name"
)

// Seal returns what was recorded with this run's secrets taken out of each of its
// texts: fields, lists, names and values of maps. What was shared stays as it is.
//
// It is the net below the methods that make texts of evidence, for a text that was
// put together from several, and for a secret that was learned after the text was
// made.
func Seal[T any](s Scribe, v T) T {
	if s.Secrets.Count() == 0 {
		return v
	}
	in := reflect.ValueOf(&v).Elem()
	if out, changed := s.sealed(in); changed {
		in.Set(out)
	}
	return v
}

// SealFailure is [Seal] for a failure; the error behind it stays reachable.
func (s Scribe) SealFailure(f *Failure) *Failure {
	if f == nil || !s.Secrets.Holds(f.Text) {
		return f
	}
	return &Failure{Kind: f.Kind, Text: s.Secrets.Scrub(f.Text), cause: f.cause}
}

// sealed returns a value without secrets, and whether it is another one.
func (s Scribe) sealed(v reflect.Value) (reflect.Value, bool) {
	switch v.Kind() {
	case reflect.String:
		return s.sealedText(v)
	case reflect.Struct:
		return s.sealedFields(v)
	case reflect.Slice:
		return s.sealedList(v)
	case reflect.Map:
		return s.sealedMap(v)
	case reflect.Pointer, reflect.Interface:
		return s.sealedInside(v)
	}
	return v, false
}

func (s Scribe) sealedText(v reflect.Value) (reflect.Value, bool) {
	text := s.Secrets.Scrub(v.String())
	if text == v.String() {
		return v, false
	}
	out := reflect.New(v.Type()).Elem()
	out.SetString(text)
	return out, true
}

func (s Scribe) sealedFields(v reflect.Value) (reflect.Value, bool) {
	var out reflect.Value
	for i := range v.NumField() {
		field := v.Type().Field(i)
		tag := field.Tag.Get("scrub")
		if !field.IsExported() || tag == unsealed || tag == fieldName && redact.KnownHeader(v.Field(i).String()) {
			continue
		}
		clean, changed := s.sealed(v.Field(i))
		if !changed {
			continue
		}
		if !out.IsValid() {
			out = reflect.New(v.Type()).Elem()
			out.Set(v)
		}
		out.Field(i).Set(clean)
	}
	if !out.IsValid() {
		return v, false
	}
	return out, true
}

func (s Scribe) sealedList(v reflect.Value) (reflect.Value, bool) {
	var out reflect.Value
	for i := range v.Len() {
		clean, changed := s.sealed(v.Index(i))
		if !changed {
			continue
		}
		if !out.IsValid() {
			out = reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(out, v)
		}
		out.Index(i).Set(clean)
	}
	if !out.IsValid() {
		return v, false
	}
	return out, true
}

func (s Scribe) sealedMap(v reflect.Value) (reflect.Value, bool) {
	out, changed := reflect.MakeMapWithSize(v.Type(), v.Len()), false
	for _, key := range v.MapKeys() {
		name, renamed := s.sealed(key)
		value, altered := s.sealed(v.MapIndex(key))
		out.SetMapIndex(name, value)
		changed = changed || renamed || altered
	}
	if !changed {
		return v, false
	}
	return out, true
}

func (s Scribe) sealedInside(v reflect.Value) (reflect.Value, bool) {
	if v.IsNil() {
		return v, false
	}
	if f, ok := v.Interface().(*Failure); ok {
		clean := s.SealFailure(f)
		return reflect.ValueOf(clean), clean != f
	}
	clean, changed := s.sealed(v.Elem())
	if !changed {
		return v, false
	}
	if v.Kind() == reflect.Interface {
		return clean, true
	}
	out := reflect.New(v.Type().Elem())
	out.Elem().Set(clean)
	return out, true
}
