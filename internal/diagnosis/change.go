package diagnosis

// Way is a change that fixes a cause, with who makes it. The zero value is none.
type Way struct {
	Audience Audience `json:"audience"`
	Remedy   string   `json:"remedy"`
}

// Change is the kind of a change that fixes a cause, as a change request names it.
type Change string

// Kinds of change. A cause may be fixed in more than one way, by
// separate people.
const (
	// Mend is the change that the entry's remedy describes, made by its audience, or
	// that its other way describes where the remedy is of another kind.
	Mend Change = "mend"
	// AllowHost lets packets to a host and port pass.
	AllowHost Change = "allow-host"
	// AllowConnect puts a host on a proxy's allow-list.
	AllowConnect Change = "allow-connect"
	// ExemptInspection keeps TLS inspection away from a host.
	ExemptInspection Change = "exempt-inspection"
	// ExemptProxyAuth lets this source to a host without a login at the proxy.
	ExemptProxyAuth Change = "exempt-proxy-auth"
	// AllowContent lets a type, size or method of a request or answer pass.
	AllowContent Change = "allow-content"
)

// Changes returns the kinds in the order of a request.
func Changes() []Change {
	return []Change{AllowHost, AllowConnect, ExemptInspection, ExemptProxyAuth, AllowContent, Mend}
}

// Owner is whose change it is: the proxy team's for what only a proxy does, else
// that of the finding's audience.
func (c Change) Owner(a Audience) Audience {
	switch c {
	case AllowConnect, ExemptInspection, ExemptProxyAuth:
		return ProxyAdmin
	case AllowHost, AllowContent, Mend:
	}
	return a
}

// Audiences returns the audiences in the order of a request.
func Audiences() []Audience {
	return []Audience{NetworkTeam, ProxyAdmin, HostAdmin, AccountOwner, RegistryOperator}
}
