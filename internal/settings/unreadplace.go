package settings

import "slices"

// SourceUnread is the code of remarks on a place that may decide for a client and was not read.
// A client of it is unknown, and no survey that has one says that nothing is wrong.
const SourceUnread Code = "source-unread"

// Unread is a place that may decide for clients of a host and was not read.
type Unread struct {
	Place   string // "the registry of Windows (WinINET, WinHTTP)"
	Decides string // the clients for which it decides
	Why     string // why it was not read, one line
	Find    string // what shows it on the host
}

// remark returns it as a remark of the host.
func (u Unread) remark() Remark {
	return Remark{Code: SourceUnread, Source: u.Place, Variable: u.Decides, Text: u.Text(), Write: u.Find}
}

// Text says in one line what was not read and why.
func (u Unread) Text() string { return u.Place + ": " + u.Why }

// unreadPlaces returns the places of a host that no reader looks at, and those that the readers
// of its clients could not read, with the system's remarks.
func (h Host) unreadPlaces(clients []Client) (out []Unread, remarks []Remark) {
	out = systemPlaces(h.Root)
	if h.System != nil {
		var own []Unread
		own, remarks = h.System(h)
		out = slices.Concat(own, out)
	}
	for _, c := range clients {
		for _, u := range c.Unread {
			if !slices.Contains(out, u) {
				out = append(out, u)
			}
		}
	}
	return out, remarks
}

// systemPlaces are those that nothing here reads, whatever the host has.
func systemPlaces(r *Root) []Unread {
	switch r.System() {
	case Windows:
		return []Unread{{Place: "the certificate stores of Windows (LocalMachine and CurrentUser, Root and CA)",
			Decides: "the CAs that curl (Schannel), Docker Desktop and Podman Desktop trust",
			Why:     "they are not files, and are not read; of a folder a check takes the public web's",
			Find:    "certutil -store Root; certutil -user -store Root"}}
	case MacOS:
		return []Unread{{Place: "the keychains of macOS", Decides: "the CAs that Go programs, curl and Docker Desktop trust",
			Why:  "their trust settings are not read",
			Find: "security dump-trust-settings -d; security find-certificate -a -p /Library/Keychains/System.keychain"}}
	}
	return nil
}

// UnreadPlaces returns what of a reading's host may decide and was not read, one line each.
func (r Reading) UnreadPlaces() []string {
	var out []string
	for _, m := range r.Remarks {
		if m.Code == SourceUnread {
			out = append(out, m.Text)
		}
	}
	return out
}
