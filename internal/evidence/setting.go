package evidence

// Setting is which way a client takes to a target, and what decided it.
type Setting struct {
	// Dialect is the rule set that was applied, e.g. "go-1.26.8".
	Dialect string `json:"dialect" scrub:"-"`
	// Decision is "direct", "proxy", "refused" or "unsure".
	Decision string `json:"decision" scrub:"-"`
	// Outcome is what is seen of the client, empty where the setting is no way.
	Outcome Outcome `json:"outcome,omitempty" scrub:"-"`
	// Why says what the client refuses, what the decision depends on, or why it is
	// unknown.
	Why string `json:"why,omitempty"`
	// Proxy is the proxy's URL without credentials.
	Proxy string `json:"proxy,omitempty"`
	// Variable and Source tell which setting named the proxy, and where it stands.
	// Variable is what the source calls it, such as proxy in a .curlrc.
	Variable string `json:"variable,omitempty"`
	Source   string `json:"source,omitempty"`
	// Reads is the variable as which the client reads it, where that has another name.
	Reads string `json:"reads,omitempty"`
	// Value is the variable's value as set, without credentials.
	Value string `json:"value,omitempty"`
	// NoProxyVariable is the list in force, Token its entry that sent the target
	// direct.
	NoProxyVariable string `json:"no_proxy_variable,omitempty"`
	NoProxySource   string `json:"no_proxy_source,omitempty"`
	NoProxyReads    string `json:"no_proxy_reads,omitempty"`
	Token           string `json:"token,omitempty"`
	// Implicit is the rule that no variable states, such as loopback.
	Implicit string `json:"implicit,omitempty"`
	// Unused are proxy variables that are set and do not count here.
	Unused []UnusedVariable `json:"unused,omitempty"`
	// NearMisses are entries of the list that read as if meant for the target.
	NearMisses []NearMiss `json:"near_misses,omitempty"`
	// NoProxyNetworks are entries of the list that are address prefixes, where the target is a
	// name and goes to the proxy.
	NoProxyNetworks []string `json:"no_proxy_networks,omitempty"`
	// Problems are facts about the value, e.g. that it cannot be parsed.
	Problems []SettingProblem `json:"problems,omitempty"`
	// Credentials means that the proxy's URL carries a name and password.
	Credentials bool `json:"credentials,omitempty"`

	// URL is what was decided about, where a survey asks for several schemes.
	URL string `json:"url,omitempty"`
	// Client is the client whose way this is, where it is not the run's own:
	// "dockerd". Tool has its version as it was found: "dockerd 28.5.2".
	Client string `json:"client,omitempty" scrub:"-"`
	Tool   string `json:"tool,omitempty"`
	// Assumed means that no version was found and the newest known rules applied.
	Assumed bool `json:"assumed,omitempty"`
	// Scope is what the decision is about where that is not the pull itself.
	Scope string `json:"scope,omitempty"`
	// Find is how to learn what cannot be seen from here.
	Find string `json:"find,omitempty"`
	// Installed and Running tell what was seen of the client on this host.
	Installed bool `json:"installed,omitempty"`
	Running   bool `json:"running,omitempty"`
	// Daemon means that a service manager starts the client, not a shell.
	Daemon bool `json:"daemon,omitempty"`
	// Machine is the machine inside this host on which the client pulls, empty where it pulls on
	// the host itself. Told is the proxy that it is told there, ToldBy who tells it, and Inside the
	// command that shows it; the way of the setting is what follows on the host.
	Machine string `json:"machine,omitempty"`
	Told    string `json:"told,omitempty"`
	ToldBy  string `json:"told_by,omitempty"`
	Inside  string `json:"inside,omitempty"`
	// Reaches is this host as it is reached from inside that machine. Change is what gives the client
	// another proxy, there or on the host; empty where that is not known, and for what a shell starts.
	Reaches string `json:"reaches,omitempty"`
	Change  string `json:"change,omitempty"`
	// PACFile is the PAC file that a setting of the host names for the way. With PACIgnored it
	// decides for others on the host, and is not handed over to this client.
	PACFile    string `json:"pac_file,omitempty"`
	PACIgnored bool   `json:"pac_ignored,omitempty"`
	// Remarks are facts about the sources that the client reads.
	Remarks []SettingRemark `json:"remarks,omitempty"`
	// Login is what the client finds stored for a registry, where the setting is
	// about that and not about the way.
	Login *StoredLogin `json:"login,omitempty"`
	// Answer is what a proxy auto-config file said, where one was asked.
	Answer *PACAnswer `json:"pac_answer,omitempty"`
}

// Outcome is what is seen of a client that takes a way.
type Outcome string

// Outcomes.
const (
	OutcomeDirect Outcome = "direct"
	OutcomeProxy  Outcome = "proxy"
	// OutcomeError: the client refuses, or dials what is no proxy.
	OutcomeError Outcome = "error"
	// OutcomeUnknown: it cannot be told here.
	OutcomeUnknown Outcome = "unknown"
)

// LoginDecision stands in Setting.Decision where the setting is a stored login.
const LoginDecision = "login"

// RegistryDecision stands there where it is an entry of the client's registry configuration;
// Source is where that stands, and Value what it is written for.
const RegistryDecision = "registry"

// StoredLogin is what a client finds stored for a registry, without name and
// secret.
type StoredLogin struct {
	// Registry is what was looked up, a host or a repository; Rules are those of
	// the reader.
	Registry string `json:"registry"`
	Rules    string `json:"rules" scrub:"-"`
	// Found is "password", "identity token", "registry token" or "none".
	Found string `json:"found" scrub:"-"`
	// User is the shape of the name, never the name.
	User string `json:"user,omitempty"`
	// File and Key are where it stands, Helper the program that gave it, and Why
	// says why this one counts.
	File   string `json:"file,omitempty"`
	Key    string `json:"key,omitempty"`
	Helper string `json:"helper,omitempty"`
	Why    string `json:"why,omitempty"`
	// Cause is the code of the remark for which the client gives up.
	Cause string `json:"cause,omitempty" scrub:"-"`
	// Places are the files that were looked at, in the client's order.
	Places []LoginPlace `json:"places,omitempty"`
	// Elsewhere are files with a login for the registry that the client does not
	// read.
	Elsewhere []LoginPlace `json:"elsewhere,omitempty"`
}

// NoLogin stands in StoredLogin.Found where nobody is logged in.
const NoLogin = "none"

// LoginPlace is a file, and what was found there or why it is not read.
type LoginPlace struct {
	File  string `json:"file"`
	Key   string `json:"key,omitempty"`
	State string `json:"state"`
}

// UnusedVariable is a proxy variable that is set and not used for this target.
type UnusedVariable struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source,omitempty"`
	Code   string `json:"code,omitempty" scrub:"-"`
	Why    string `json:"why"`
}

// SettingProblem is one fact about a setting's value. Broken: with it, the proxy
// that is meant is not reached.
type SettingProblem struct {
	Code   string `json:"code" scrub:"-"`
	Text   string `json:"text"`
	Broken bool   `json:"broken,omitempty"`
}

// NearMiss is a NO_PROXY entry that reads as if meant for the target and does not
// match it.
type NearMiss struct {
	Entry string `json:"entry"`
	Code  string `json:"code" scrub:"-"`
	Text  string `json:"text"`
}

// SettingRemark is one fact about a source of settings: what its reader makes of
// a line.
type SettingRemark struct {
	Code string `json:"code" scrub:"-"`
	// Source is the file with the line, or where else it stands.
	Source   string `json:"source,omitempty"`
	Variable string `json:"variable,omitempty"`
	// Value is what is written there, without credentials.
	Value string `json:"value,omitempty"`
	Text  string `json:"text"`
	// Write is the line that does what was meant, where one is known.
	Write string `json:"write,omitempty"`
}

// SurveyClient stands in Run.Client where no path was walked and the ways of all
// clients were recorded.
const SurveyClient = "survey"
