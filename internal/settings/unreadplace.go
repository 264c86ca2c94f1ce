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

// unreadPlaces returns the places of a host that its system's readers and those of its clients could
// not read, with the system's remarks.
func (h Host) unreadPlaces(clients []Client) (out []Unread, remarks []Remark) {
	if h.System != nil {
		out, remarks = h.System(h)
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
