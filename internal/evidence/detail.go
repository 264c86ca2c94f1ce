package evidence

import (
	"slices"
	"strings"
	"time"
)

// Detail is what an operation saw beyond success or failure. Each operation
// has its one type.
type Detail interface{ op() Op }

func (Setting) op() Op   { return OpSetting }
func (Resolve) op() Op   { return OpResolve }
func (Dial) op() Op      { return OpDial }
func (Tunnel) op() Op    { return OpTunnel }
func (Handshake) op() Op { return OpHandshake }
func (Request) op() Op   { return OpRequest }

// Resolve is one name asked of one server, or of a local source.
type Resolve struct {
	Name string `json:"name"`
	// Server is the name server as configured or given (host:port, or with a
	// scheme), or "hosts", "literal", "--resolve", "system", or a way of this
	// host: "go" (Go's resolver) or "getent" (the C library with its modules).
	Server string `json:"server"`
	// Transport is udp, tcp, tls or https, empty for local sources.
	Transport string     `json:"transport,omitempty" scrub:"-"`
	Questions []Question `json:"questions,omitempty"`
	// Addresses are the answers in the order in which a client tries them.
	Addresses []string `json:"addresses,omitempty" scrub:"-"`
	// Default means that no server is configured and this is the one that a
	// client then asks.
	Default bool `json:"default,omitempty"`
	// CheckingDisabled means that the server was asked not to check signatures
	// (CD, RFC 4035 section 3.2.2).
	CheckingDisabled bool `json:"checking_disabled,omitempty"`
}

// SearchName is the name that has the addresses, where the search list made it of the one
// that was asked for; empty where the name itself has them, and where there are none.
func (d Resolve) SearchName() string {
	for _, q := range d.Questions {
		if len(q.Answers) > 0 && HostName(q.Name) != HostName(d.Name) {
			return q.Name
		}
	}
	return ""
}

// AskedBare reports whether the name itself was asked for, and not only what the search list
// made of it.
func (d Resolve) AskedBare() bool {
	return slices.ContainsFunc(d.Questions, func(q Question) bool { return HostName(q.Name) == HostName(d.Name) })
}

// Question is one question to a server and its answer.
type Question struct {
	Name  string `json:"name"`
	Type  string `json:"type" scrub:"-"`
	Rcode string `json:"rcode,omitempty" scrub:"-"`
	// ExtendedError is the EDE info code (RFC 8914), -1 for none.
	ExtendedError int      `json:"extended_error"`
	ExtendedText  string   `json:"extended_text,omitempty"`
	Records       []string `json:"records,omitempty"`
	Transport     string   `json:"transport,omitempty" scrub:"-"`
	TookMS        float64  `json:"took_ms"`
	Error         string   `json:"error,omitempty"`
	// Flags of the answer's header that are set: aa, tc, ra, ad, cd.
	Flags []string `json:"flags,omitempty" scrub:"-"`
	// Size is the answer's length on the wire in bytes.
	Size int `json:"size,omitempty"`
	// Aliases are the CNAME targets in the order of the answer.
	Aliases []string `json:"aliases,omitempty"`
	// Answers are the addresses with their time to live.
	Answers []AddressRecord `json:"answers,omitempty"`
	// Authority is the owner of the SOA that came with the answer: the zone
	// that denies. Empty where none came.
	Authority string `json:"authority,omitempty"`
	// Truncated means that the answer over UDP was cut and TCP was asked.
	Truncated bool `json:"truncated,omitempty"`
	// Tries counts how often the question was sent over UDP.
	Tries int `json:"tries,omitempty"`
	// Unsent means that this host itself refused to send the question: it has no way to
	// the server, or a rule of its own forbids it.
	Unsent bool `json:"unsent,omitempty"`
	// Strays counts answers that were passed over, as clients do: they had a
	// wrong ID or answered another question.
	Strays int `json:"strays,omitempty"`
	// HopLimit is that of the answer's packet, and Rivals are further answers that differ from it:
	// what a capture shows.
	HopLimit int     `json:"hop_limit,omitempty"`
	Rivals   []Rival `json:"rivals,omitempty"`
}

// AddressRecord is one address of an answer.
type AddressRecord struct {
	Address string `json:"address" scrub:"-"`
	// TTL is the time to live in seconds.
	TTL uint32 `json:"ttl"`
	// Owner is the name that the record is about, where that is neither the name that
	// was asked for nor an alias of it; empty otherwise.
	Owner string `json:"owner,omitempty"`
}

// Dial is one TCP connection attempt.
type Dial struct {
	Address string `json:"address" scrub:"-"`
	// Errno is the system's name of the error, e.g. ECONNREFUSED.
	Errno string `json:"errno,omitempty" scrub:"-"`
	// ICMP is the message that ended the attempt, where one did and the system
	// shows it.
	ICMP *ICMP `json:"icmp,omitempty"`
	// NotLooked says what could not be looked at on this system; empty where all
	// was.
	NotLooked string `json:"not_looked,omitempty"`
	// Trail is the way to the address, for the probes that walk it.
	Trail *Trail `json:"trail,omitempty"`
}

// Header is one header field as the peer spelled it; values that are not on
// the allow-list are replaced where the header was read.
type Header struct {
	Name  string `json:"name" scrub:"name"`
	Value string `json:"value"`
}

// Challenge is one authentication challenge. Params hold the allow-listed
// parameters only.
type Challenge struct {
	Scheme string            `json:"scheme"`
	Params map[string]string `json:"params,omitempty"`
	// Problem says why no client can go to the realm of a Bearer challenge, as
	// [RealmProblem] does; empty where nothing is wrong with it.
	Problem string `json:"problem,omitempty" scrub:"-"`
}

// Body is what is kept of a body: enough to recognise who wrote it.
type Body struct {
	// Bytes is how many were read.
	Bytes int64 `json:"bytes"`
	// Truncated means that our bound ended the reading.
	Truncated bool   `json:"truncated,omitempty"`
	Title     string `json:"title,omitempty"`
	// Markers are the known product texts that occur in it.
	Markers []string `json:"markers,omitempty" scrub:"-"`
	// Text is the beginning, printable, at most 512 characters; with --keep-bodies all
	// of it, at most 64 Ki characters.
	Text string `json:"text,omitempty"`
	// HTML means that the body is a page, by its type or its first bytes.
	HTML bool `json:"html,omitempty"`
}

// Handshake is one TLS handshake: what was agreed, what was presented, and
// how each store judges each aspect of it.
type Handshake struct {
	ServerName string `json:"server_name"`
	Version    string `json:"version,omitempty" scrub:"-"`
	Cipher     string `json:"cipher,omitempty" scrub:"-"`
	Curve      string `json:"curve,omitempty" scrub:"-"`
	ALPN       string `json:"alpn,omitempty"`
	// Chain is the presented chain in the order of the wire.
	Chain []Certificate `json:"chain,omitempty"`
	// Leaf is what a text tells of the certificate that was presented, where the chain itself
	// was not seen; nil for a handshake of our own.
	Leaf *Certificate `json:"leaf,omitempty"`
	// SCTs counts the timestamps in the leaf and in the TLS extension.
	SCTs int `json:"scts"`
	// Timestamps say what the logs' own keys make of these; nil where there are
	// none.
	Timestamps *Timestamps `json:"timestamps,omitempty"`
	// LeafKeySigned means that the leaf's own key verifies the leaf's signature
	// although issuer and subject differ: the forger used its CA's key.
	LeafKeySigned bool `json:"leaf_key_signed,omitempty"`
	// Anchor is where the chain ends.
	Anchor Anchor `json:"anchor"`
	// Completion is what another host of the run presented and this one left
	// out; nil where nothing is missing or nobody has it.
	Completion *Completion `json:"completion,omitempty"`
	// Judgements has every aspect judged against every store.
	Judgements []Judgement `json:"judgements,omitempty"`
	// Clients tell for each client on this host whether its store leads to the
	// chain's root.
	Clients []ClientTrust `json:"clients,omitempty"`
	// TrustedBy is what the run was given that alone makes the client trust the chain, a
	// flag or the profile's ca; empty where the client's own store does, or nothing does.
	TrustedBy string `json:"trusted_by,omitempty"`
	// Unverified means that the client was told to take any chain of this host.
	Unverified bool `json:"unverified,omitempty"`
	// Alert is the number of the fatal alert received, with AlertName.
	Alert     int    `json:"alert,omitempty"`
	AlertName string `json:"alert_name,omitempty"`
	// Warnings are the alerts that a client passes over; what follows is often the
	// bare end of the connection.
	Warnings []Alerted `json:"warnings,omitempty"`
	// FirstBytes are the peer's first bytes when they are no TLS record.
	FirstBytes string `json:"first_bytes,omitempty"`
	// Page is what the peer said in plain text where TLS should be.
	Page *Body `json:"page,omitempty"`
	// BytesSent and BytesReceived count what crossed the wire.
	BytesSent     int64 `json:"bytes_sent"`
	BytesReceived int64 `json:"bytes_received"`
	// Groups are the key-exchange groups that were offered, where they are fewer than this
	// program's own.
	Groups []string `json:"groups,omitempty" scrub:"-"`
	// HelloBytes is the length of the ClientHello as sent, record header included.
	HelloBytes int64 `json:"hello_bytes,omitempty"`
	// ClientCertificate is set where the peer asked for one. None was sent.
	ClientCertificate *CertificateRequest `json:"client_certificate,omitempty"`
	// Delivery is what the system knows of the bytes that were sent, of a direct connection on
	// which an answer did not come; else nil.
	Delivery *Delivery `json:"delivery,omitempty"`
}

// Delivery is what became of the bytes that were sent on a TCP connection (tcp(7), TCP_INFO).
type Delivery struct {
	// Acked and Unacked count the bytes that the peer acknowledged, and did not.
	Acked   int64 `json:"acked"`
	Unacked int64 `json:"unacked,omitempty"`
	// SentAgain counts the segments that were sent again.
	SentAgain int `json:"sent_again,omitempty"`
}

// Whole reports whether the peer, or what answers for it, acknowledged all that was sent.
func (d *Delivery) Whole() bool { return d != nil && d.Acked > 0 && d.Unacked == 0 }

// Alerted is one TLS alert by number and name (RFC 8446 section 6).
type Alerted struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
}

// Timestamps are the signatures of transparency logs on a leaf (RFC 6962), each
// checked with the key of the log that it names.
type Timestamps struct {
	// List is the date of the list of logs.
	List string `json:"list,omitempty"`
	// NotLooked says why signatures were not checked; empty where they were.
	NotLooked string `json:"not_looked,omitempty"`
	// Verified are right, Bad are wrong although the log is known, and Unknown
	// name a log that is not on the list, which says nothing.
	Verified int `json:"verified"`
	Bad      int `json:"bad"`
	Unknown  int `json:"unknown"`
	// Logs are the names of the logs whose signature is right.
	Logs []string `json:"logs,omitempty"`
}

// Copied reports whether the timestamps were taken over from another certificate: each
// that could be checked is wrong, and every one could.
func (t *Timestamps) Copied() bool {
	return t != nil && t.NotLooked == "" && t.Bad > 0 && t.Verified == 0 && t.Unknown == 0
}

// CertificateRequest is a server's wish for a certificate of the client (RFC
// 8446 section 4.3.2).
type CertificateRequest struct {
	// Authorities are the subjects of the CAs that it would accept; none means
	// that it does not say.
	Authorities []string `json:"authorities,omitempty"`
}

// Completed reports whether the handshake went through to the peer's certificate,
// however that is judged.
func (h Handshake) Completed() bool {
	return len(h.Chain) > 0 && !slices.ContainsFunc(h.Chain, func(c Certificate) bool { return c.Problem != "" })
}

// Certificate is what is kept of one certificate.
type Certificate struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Names     []string  `json:"names,omitempty"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	Key       string    `json:"key" scrub:"-"`
	Serial    string    `json:"serial" scrub:"-"`
	CA        bool      `json:"ca,omitempty"`
	// SelfSigned: subject and issuer are equal and its own key verifies it.
	SelfSigned bool `json:"self_signed,omitempty"`
	// SHA256 is the fingerprint, SPKI the hash of the public key, both hex.
	SHA256 string `json:"sha256" scrub:"-"`
	SPKI   string `json:"spki" scrub:"-"`
	// SubjectOrg and IssuerOrg are the O attributes, IssuerCN and SubjectCN the
	// CN ones: product signatures match attributes, never the joined text.
	SubjectCN  string   `json:"subject_cn,omitempty"`
	SubjectOrg []string `json:"subject_org,omitempty"`
	IssuerCN   string   `json:"issuer_cn,omitempty"`
	IssuerOrg  []string `json:"issuer_org,omitempty"`
	// AIA are the addresses at which the issuer's certificate can be had, CRL
	// those of its revocation lists (RFC 5280 sections 4.2.2.1 and 4.2.1.13).
	AIA []string `json:"aia,omitempty"`
	CRL []string `json:"crl,omitempty"`
	// Policies are the OIDs of the policies under which it was issued.
	Policies []string `json:"policies,omitempty" scrub:"-"`
	// Problem says why crypto/x509 refuses it; of such a certificate only what could
	// be read is kept.
	Problem string `json:"problem,omitempty"`
	// SignatureAlgorithm is what signed it, as crypto/x509 names it.
	SignatureAlgorithm string `json:"signature_algorithm,omitempty" scrub:"-"`
	// EmbeddedSCTs counts the timestamps of transparency logs inside it.
	EmbeddedSCTs int `json:"embedded_scts,omitempty"`
}

// Anchor is where a presented chain ends.
type Anchor struct {
	// Kind is "public" (a root of the public web), "local" (found in a store of
	// this machine only), "presented" (a self-signed certificate that the peer
	// sent, in no store), or "missing" (the chain stops; no root is known).
	Kind string `json:"kind" scrub:"-"`
	// Subject and SPKI name the anchor where it is known.
	Subject string `json:"subject,omitempty"`
	SPKI    string `json:"spki,omitempty" scrub:"-"`
	// Store names the store that holds it, empty for an anchor in none.
	Store Store `json:"store,omitempty"`
}

// ClientTrust is a fact: whether a client's store trusts a chain.
type ClientTrust struct {
	Client  string `json:"client" scrub:"-"`
	Trusted bool   `json:"trusted"`
}

// Completion is a certificate that leads a chain that stops to a root.
type Completion struct {
	// From is the target that presented it.
	From    string `json:"from"`
	Subject string `json:"subject"`
	SHA256  string `json:"sha256" scrub:"-"`
	// Anchor is where the chain then ends.
	Anchor Anchor `json:"anchor"`
}

// Anchor kinds.
const (
	AnchorPublic    = "public"
	AnchorLocal     = "local"
	AnchorPresented = "presented"
	AnchorMissing   = "missing"
)

// Store is a set of trusted roots that chains are judged against.
type Store string

// Stores.
const (
	StorePublic Store = "public"
	StoreSystem Store = "system"
	// StoreClient is that of the client under test.
	StoreClient Store = "client"
)

// Aspect is what of a chain is judged.
type Aspect string

// Aspects.
const (
	AspectName  Aspect = "name"
	AspectDates Aspect = "dates"
	AspectTrust Aspect = "trust"
	AspectUsage Aspect = "usage"
	// AspectConstraints is what the authorities of the chain may sign: names, path
	// length.
	AspectConstraints Aspect = "constraints"
)

func (s Store) known() bool {
	return slices.Contains([]Store{StorePublic, StoreSystem, StoreClient}, s)
}

func (a Aspect) known() bool {
	return slices.Contains([]Aspect{AspectName, AspectDates, AspectTrust, AspectUsage, AspectConstraints}, a)
}

// Judgement is a fact: what one store says of one aspect of the chain.
type Judgement struct {
	Store  Store  `json:"store" scrub:"-"`
	Aspect Aspect `json:"aspect" scrub:"-"`
	OK     bool   `json:"ok"`
	Error  string `json:"error,omitempty"`
}

// Judged returns whether the store accepts the aspect, and whether it was
// asked at all.
func (h Handshake) Judged(store Store, aspect Aspect) (ok, looked bool) {
	for _, j := range h.Judgements {
		if j.Store == store && j.Aspect == aspect {
			return j.OK, true
		}
	}
	return false, false
}

// Public reports whether the chain is sound for the public web: name, dates, trust
// and usage all hold against the public roots. Nobody but the origin or its
// CDN edge can have spoken inside it.
func (h Handshake) Public() bool {
	for _, aspect := range []Aspect{AspectName, AspectDates, AspectTrust, AspectUsage} {
		if ok, _ := h.Judged(StorePublic, aspect); !ok {
			return false
		}
	}
	// Reports from before this aspect was told apart have it in trust.
	ok, looked := h.Judged(StorePublic, AspectConstraints)
	return ok || !looked
}

// Request is one HTTP exchange.
type Request struct {
	Method string `json:"method" scrub:"-"`
	// URL has its secrets redacted.
	URL       string `json:"url"`
	UserAgent string `json:"user_agent,omitempty" scrub:"-"`
	// AuthSent is the scheme of the Authorization that was sent, or empty.
	AuthSent string `json:"auth_sent,omitempty" scrub:"-"`
	// Withheld says why a login was not sent: where the token server stands, one of the
	// places that [HostPlace] knows, or [Inspectable]; empty where nothing was withheld.
	Withheld string `json:"withheld,omitempty" scrub:"-"`
	// Step names the place in the conversation.
	Step Step `json:"step" scrub:"-"`
	// Expected is the plan's list of answers in words.
	Expected   string      `json:"expected,omitempty" scrub:"-"`
	StatusLine string      `json:"status_line,omitempty"`
	Code       int         `json:"code,omitempty"`
	Headers    []Header    `json:"headers,omitempty"`
	Challenges []Challenge `json:"challenges,omitempty"`
	Location   string      `json:"location,omitempty"`
	Body       *Body       `json:"body,omitempty"`
	Errors     []APIError  `json:"errors,omitempty"`
	Token      *Token      `json:"token,omitempty"`
	Digest     *Digest     `json:"digest,omitempty"`
	// Platforms are those of an index, as os/architecture.
	Platforms   []string `json:"platforms,omitempty"`
	FirstByteMS float64  `json:"first_byte_ms,omitempty"`
	// Range is the part of the content that was asked for, as its field has it.
	Range string `json:"range,omitempty" scrub:"-"`
	// HeadBytes is the length of the request's line and fields as sent.
	HeadBytes int `json:"head_bytes,omitempty"`
	// Transfer is how a blob's bytes came in; nil for other answers.
	Transfer *Transfer `json:"transfer,omitempty"`
	// FirstBytes are the peer's first bytes where they are not a status line.
	FirstBytes string `json:"first_bytes,omitempty"`
	// Alert is the number of the TLS alert that came in place of the answer.
	Alert int `json:"alert,omitempty"`
	// Delivery is as in [Handshake], of all that was sent on the connection.
	Delivery *Delivery `json:"delivery,omitempty"`
}

// Step is the place of a request in the conversation with a registry.
type Step string

// Steps, the conversation's in its order.
const (
	StepPing           Step = "ping"
	StepToken          Step = "token"
	StepPingAuthorized Step = "ping-authorized"
	StepManifest       Step = "manifest"
	StepConfig         Step = "config"
	StepLayer          Step = "layer"
	// StepAllowList asks a host that is walked for the allow-list alone.
	StepAllowList Step = "allow-list"
	// StepServerTime asks for the Date of an answer.
	StepServerTime Step = "server-time"
	// StepBlockPage is the request of the probe of that name, StepIssuerFetch likewise.
	StepBlockPage   Step = "block-page"
	StepIssuerFetch Step = "issuer-fetch"
)

func (s Step) known() bool {
	return slices.Contains([]Step{StepPing, StepToken, StepPingAuthorized, StepManifest, StepConfig, StepLayer,
		StepAllowList, StepServerTime, StepBlockPage, StepIssuerFetch}, s)
}

// APIError is what an answer says of its refusal: one entry of a registry's JSON errors
// (OCI distribution spec, "Error Codes"), or code, sentence and detail in another form.
type APIError struct {
	Form    Form   `json:"form,omitempty" scrub:"-"`
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
	Detail  string `json:"detail,omitempty"`
}

// Form is how an answer says why it refuses; empty for a registry's errors.
type Form string

// Forms besides a registry's: OAuth's and problem+json's, another JSON object, an object
// store's XML, and a plain text.
const (
	FormOAuth   Form = "oauth"
	FormProblem Form = "problem"
	FormJSON    Form = "json"
	FormStore   Form = "store"
	FormPlain   Form = "text"
)

// SaysWhy reports whether an answer explains itself in JSON, as a registry or a token server
// does and a page that stands in for one does not.
func (r Request) SaysWhy() bool {
	return slices.ContainsFunc(r.Errors, func(e APIError) bool { return e.Form != FormStore && e.Form != FormPlain })
}

// Token is what is kept of a token answer; never the token.
type Token struct {
	// Problem says why no token could be read from the answer; empty when one was.
	Problem string `json:"problem,omitempty"`
	// Length is the token's length in characters.
	Length    int    `json:"length,omitempty"`
	ExpiresIn int    `json:"expires_in,omitempty"`
	IssuedAt  string `json:"issued_at,omitempty"`
	Scope     string `json:"scope,omitempty"`
	// Access is what a JWT grants, as type:name:actions; nil for a token that is
	// none, and empty for one that grants nothing.
	Access []string `json:"access,omitzero"`
	// Algorithm is a JWT's, KeyBits the size of the RSA key that it carries in its
	// header, 0 for none. What follows are its claims (RFC 7519 section 4.1), none
	// of them verified; the subject is shown by its shape.
	Algorithm string    `json:"algorithm,omitempty"`
	KeyBits   int       `json:"key_bits,omitempty"`
	Issuer    string    `json:"issuer,omitempty"`
	Audience  []string  `json:"audience,omitempty"`
	Subject   string    `json:"subject,omitempty"`
	Expires   time.Time `json:"expires,omitzero"`
	NotBefore time.Time `json:"not_before,omitzero"`
	Issued    time.Time `json:"issued,omitzero"`
}

// Transfer is the reading of a blob.
type Transfer struct {
	Bytes int64 `json:"bytes"`
	// MS is from the first byte to the last, in milliseconds.
	MS float64 `json:"ms"`
	// Range is what became of the wish for a part: "honoured", "ignored", or empty
	// where the whole was asked for.
	Range string `json:"range,omitempty" scrub:"-"`
	// GaveUp means that it trickled and was not read to the end.
	GaveUp bool `json:"gave_up,omitempty"`
}

const (
	// SlowRate is the rate, in bytes a second, below which a transfer is slow: a layer of
	// 100 MiB takes 17 minutes then, longer than most pulls are given.
	SlowRate = 100 << 10
	// SlowAfter is how long a transfer must last before its rate says anything.
	SlowAfter = 3 * time.Second
)

// Slow reports whether so many bytes in that time are a slow transfer.
func Slow(bytes int64, took time.Duration) bool {
	return took >= SlowAfter && float64(bytes) < SlowRate*took.Seconds()
}

// Digest is the check of a content against its digest.
type Digest struct {
	Want string `json:"want"`
	// Got is empty when only a part was read.
	Got   string `json:"got,omitempty" scrub:"-"`
	Bytes int64  `json:"bytes"`
	Of    int64  `json:"of,omitempty"`
}

// HeaderValue returns the first value of the named header, compared without
// case, and whether it is there.
func HeaderValue(headers []Header, name string) (string, bool) {
	for _, h := range headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value, true
		}
	}
	return "", false
}
