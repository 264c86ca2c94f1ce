// Package route answers one question: does a client send a request for this URL
// to a proxy or directly, and why? Input is a [Dialect] (the rules of a client
// family in one version), an [Environment] (variables with their origin) and the
// URL; output is a [Decision] that names the variable and the NO_PROXY entry that
// decided, the variables that are set and have no effect, and what is wrong with the value.
//
// It is pure: it reads no environment, opens no connection, looks up no name.
// The caller has read the variables of the process in question, which is often
// another one (a daemon, another user).
//
// It does not judge. That a value makes the client dial a host named "http" is a fact,
// in [Decision.Problems]; the diagnosis says whether it explains a failed pull. It does
// not know from which files a client takes its variables either; package settings does.
//
// A dialect is a value: which variable it takes, how it reads the list of
// exceptions, what it makes of the proxy's URL. [Named] makes one from a name as
// reports spell it (go-1.26.8, curl-7.88.1). The tests hold every family to what real
// clients did on the wire (testdata/vectors.json: 102 clients, 207 cases), and
// those that a machine has are asked again by the tests of the real clients.
//
// In the Go dialect the library that decides also explains. It decides
// by golang.org/x/net/http/httpproxy with explicit values, and finds the NO_PROXY
// entry by asking the same library about one entry at a time, so there is no
// second matcher that could disagree with the first; older releases are the
// library and what was measured to differ. A fuzz target holds the rest of the
// law: an entry or an implicit rule is named exactly if a usable proxy was set
// and the request goes direct.
//
// net/url refuses a host with several colons where the program's own go.mod
// names Go 1.26 or later (GODEBUG urlstrictcolons). [Go] is the lenient reading,
// which the measured clients have, and this module's go.mod asks for it too;
// [GoStrict] is the other.
package route
