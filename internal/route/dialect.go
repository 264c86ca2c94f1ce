package route

import (
	"net/url"
)

// Dialect is the rules of one client family in one version: which variables it
// reads, in which order, and what it makes of their values.
type Dialect struct {
	// Name is family and version as `pullpath settings --clients` spells them:
	// go-1.26.8, curl-7.88.1.
	Name string
	// Family is the name without the version.
	Family string

	rules rules
}

// rules are what a family does, one function for each question. A new family is
// one such value.
type rules struct {
	// choose returns the proxy variable that counts for a URL's scheme; one
	// without a name when none does.
	choose func(env Environment, scheme string) Variable
	// list returns the list of exceptions in force.
	list func(env Environment) Variable
	// exempt returns the first entry of a list by which the target goes direct,
	// as written.
	exempt func(list string, target *url.URL) (entry string, exempt bool)
	// own returns the rule of its own by which the client goes direct; nil for none.
	own func(target *url.URL) string
	// read returns what the client makes of a proxy value.
	read func(value string, target *url.URL) reading
	// refuses says why the client refuses every request; nil for never.
	refuses func(env Environment, list string, target *url.URL) string
	// readFirst: a value that cannot be read is noticed before exceptions are.
	readFirst bool
	// notRead says why a proxy variable of this name never counts; nil takes the
	// general reason.
	notRead func(name string) string
	// unsure returns why the decision depends on something that the setting does not
	// hold; nil where it never does.
	unsure func(list string, target *url.URL) string
	// unseen marks a family of which only the decision is known, not what it
	// dials, so that effects on the wire are not claimed.
	unseen bool
}

// reading is what a client makes of the value of a proxy variable.
type reading struct {
	// proxy is what it dials; nil with an empty failure where it ignores the value.
	proxy *url.URL
	// port is the port that it dials where the value names none.
	port string
	// failure is the reason why it refuses, in words that hold nothing of the value.
	failure string
}

// ignored returns the reading of a client that goes direct without a word.
func ignored() reading { return reading{} }

// refused returns the reading of a client that ends with an error.
func refused(text string) reading { return reading{failure: text} }

// dials returns the reading of a client that dials the proxy; port is its default.
func dials(scheme, host, explicit, port string, user *url.Userinfo) reading {
	u := &url.URL{Scheme: scheme, User: user, Host: bracketed(host)}
	if explicit != "" {
		u.Host += ":" + explicit
		port = explicit
	}
	return reading{proxy: u, port: port}
}

// bracketed puts an IPv6 address into brackets.
func bracketed(host string) string {
	for _, r := range host {
		if r == ':' {
			return "[" + host + "]"
		}
	}
	return host
}
