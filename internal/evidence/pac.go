package evidence

// PACAnswer is what a proxy auto-config file said for a target.
type PACAnswer struct {
	// File is where the file came from, FoundBy who named it where WPAD did.
	File    string `json:"file"`
	FoundBy string `json:"found_by,omitempty"`
	// Answer is what FindProxyForURL returned, Ways its elements as URLs of proxies, or "direct", in
	// their order.
	Answer string   `json:"answer,omitempty"`
	Ways   []string `json:"ways,omitempty"`
	// Lines are those of the file that decided, as far as that can be told.
	Lines []PACLine `json:"lines,omitempty"`
	// Asked are the names that the file looked up.
	Asked []PACQuestion `json:"asked,omitempty"`
	// Error is why it said nothing, or not all; browsers go direct then.
	Error string `json:"error,omitempty"`
	// Varies means that the file asked for the time, for a random number or for this host's address:
	// elsewhere, or later, it may say something else.
	Varies bool `json:"varies,omitempty"`
}

// PACLine is one of these lines.
type PACLine struct {
	Number int    `json:"line"`
	Text   string `json:"text"`
}

// PACQuestion is a name that was looked up.
type PACQuestion struct {
	Name      string   `json:"name"`
	Addresses []string `json:"addresses,omitempty"`
	Failure   string   `json:"failure,omitempty"`
}
