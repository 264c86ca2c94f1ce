// Package anonymize makes of a trace one that may leave the company: internal
// names, private addresses, users, the subjects of a company's own authorities and
// paths under home become pseudonyms that keep structure. The same name has the
// same pseudonym, the same subnet the same prefix, and a name stays under its
// domain. Public hosts, product names and codes stay, and so does the diagnosis.
//
// It walks the evidence types by reflection. Every field that holds text has a
// class in [fields]; one without is treated as free text, and a test fails.
package anonymize

import (
	"fmt"
	"reflect"

	"pullpath/internal/evidence"
)

// class says how a field's text is made anonymous.
type class int

const (
	// text is free text: names, addresses, paths and known words are replaced.
	text class = iota
	// keep is a closed vocabulary, a number, a product's own words.
	keep
	// name is one host name.
	name
	// endpoint is a host with a port.
	endpoint
	// list is a list of hosts as in NO_PROXY.
	list
	// page is the text of a page. It is left out, because it may say anything.
	page
	// user is the shape of a user's name.
	user
	// hash is a fingerprint or number of a certificate.
	hash
	// subject is a distinguished name, attribute one part of it; issuer and
	// issuerPart are those of an issuer.
	subject
	attribute
	issuer
	issuerPart
	// wanted is the subject of an authority whose certificates a server takes.
	wanted
	// link is an address at which something can be had.
	link
	// headers and params are read by their own rules.
	headers
	params
	// label is a value that a fleet gives its hosts, by a name of the fleet's own.
	label
)

// Trace returns an anonymous copy of t. It has to be judged again: findings are made of
// evidence, so that they become anonymous too.
func Trace(t *evidence.Trace) *evidence.Trace {
	a := newMaker(t)
	// A text is made anonymous by the names that are known. What a later field shows
	// to be one stands in earlier fields too, so the first pass only learns.
	a.value(reflect.ValueOf(*t), text)
	a.texts = map[string]string{}
	// A copy has its original's type.
	out, _ := a.value(reflect.ValueOf(*t), text).Interface().(evidence.Trace)
	keepApart(t, &out)
	return &out
}

// keepApart gives targets that have one pseudonym, as those do that differ in case
// alone, an ID each: a report in which one is there twice cannot be read.
func keepApart(before, after *evidence.Trace) {
	taken, renamed := map[string]int{}, map[string]string{}
	for _, t := range after.Targets {
		taken[t.ID]++
	}
	given, last := map[string]bool{}, map[string]int{}
	for i, t := range after.Targets {
		id := t.ID
		for n := max(2, last[t.ID]); given[id] || id != t.ID && taken[id] > 0; n++ {
			id, last[t.ID] = fmt.Sprintf("%s-%d", t.ID, n), n
		}
		given[id] = true
		after.Targets[i].ID, renamed[before.Targets[i].ID] = id, id
	}
	for i, h := range before.Hops {
		if id, ok := renamed[h.Target]; ok && h.Target != "" {
			after.Hops[i].Target = id
		}
	}
}

// value copies v; class is that of the field that holds it.
func (a *maker) value(v reflect.Value, c class) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		out.SetString(a.apply(c, v.String()))
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return out
		}
		inner := a.value(v.Elem(), c)
		if v.Kind() == reflect.Interface {
			out.Set(inner)
			return out
		}
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(inner)
	case reflect.Slice:
		if v.IsNil() {
			return out
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(a.value(v.Index(i), c))
		}
	case reflect.Map:
		out.Set(a.mapping(v, c))
	case reflect.Struct:
		a.structure(v, out)
	}
	return out
}

func (a *maker) mapping(v reflect.Value, c class) reflect.Value {
	if v.IsNil() {
		return v
	}
	out := reflect.MakeMap(v.Type())
	for _, key := range v.MapKeys() {
		value := v.MapIndex(key)
		if c == params {
			out.SetMapIndex(key, reflect.ValueOf(a.param(key.String(), value.String())))
			continue
		}
		if c == label {
			key = reflect.ValueOf(a.text(key.String()))
		}
		out.SetMapIndex(key, a.value(value, c))
	}
	return out
}

// ofHost is the code of a remark on an authority that a host trusts (package settings, TrustOfHost).
const ofHost = "client-trust-of-host"

func (a *maker) structure(v, out reflect.Value) {
	switch d := v.Interface().(type) {
	case evidence.Header:
		out.Set(reflect.ValueOf(evidence.Header{Name: a.unspoken(d.Name), Value: a.header(d.Name, d.Value)}))
		return
	case evidence.Handshake:
		defer a.within(d)()
	case evidence.Certificate:
		before := a.open
		a.open = a.isOpen(d)
		defer func() { a.open = before }()
	case evidence.SettingRemark:
		if d.Code == ofHost { // its value is the name of an authority
			defer func() { out.FieldByName("Value").SetString(a.attribute(d.Value, false)) }()
		}
	case evidence.Completion:
		defer a.within(evidence.Handshake{Anchor: d.Anchor})()
	}
	if q, ok := v.Interface().(evidence.Question); ok {
		defer func() { out.FieldByName("Authority").SetString(a.above(q, out.FieldByName("Name").String())) }()
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.IsExported() {
			out.Field(i).Set(a.value(v.Field(i), fields[v.Type().Name()+"."+f.Name]))
		}
	}
}

// apply makes one text anonymous by its class.
func (a *maker) apply(c class, s string) string {
	if s == "" {
		return s
	}
	switch c {
	case keep:
		return s
	case name:
		return a.host(s)
	case endpoint:
		return a.endpoint(s)
	case list:
		return a.hosts(s)
	case page:
		return a.page(s)
	case user:
		return a.label("user", s)
	case label:
		return a.label("label", s)
	case hash:
		return a.hash(s)
	case subject:
		return a.subject(s, a.open)
	case attribute:
		return a.attribute(s, a.open)
	case wanted:
		return a.subject(s, false)
	case issuer:
		return a.subject(s, a.genuine)
	case issuerPart:
		return a.attribute(s, a.genuine)
	case link:
		return a.link(s)
	case text, headers, params:
	}
	return a.text(s)
}
