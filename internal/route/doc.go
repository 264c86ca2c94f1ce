// Package route answers one question: does a client send a request for this URL
// to a proxy or directly, and why? Input is a [Dialect] (the rules of a client
// family), an [Environment] (variables with their origin) and the URL; output is
// a [Decision] that names the variable and the NO_PROXY entry that decided, the
// variables that are set in vain, and what is wrong with the value.
//
// It is pure: it reads no environment, opens no connection, looks up no name.
// Who calls it has read the variables of the process in question, which is often
// another one (a daemon, another user).
//
// What it is not: it does not judge. That a value makes the client dial a host
// named "http" is a fact and stands in [Decision.Problems]; whether it explains a
// failed pull is the diagnosis' to say. Nor does it know which files a client
// takes its variables from; that is package settings.
//
// The law: the library that decides also explains. The Go dialect decides by
// golang.org/x/net/http/httpproxy with explicit values, and finds the NO_PROXY
// entry by asking the same library about one entry at a time, so there is no
// second matcher that could disagree with the first. A fuzz target holds the
// rest of the law: an entry or an implicit rule is named exactly if a usable
// proxy was set and the request goes direct.
//
// One thing a decision cannot know: net/url is stricter about colons in a host
// since Go 1.26, unless the client's own go.mod asks for an older version or
// GODEBUG has urlstrictcolons=0. Decisions follow this binary, which is strict;
// for the values concerned (http://fd00::1:3128, lists with ports) the two
// parsers dial different wrong hosts.
package route
