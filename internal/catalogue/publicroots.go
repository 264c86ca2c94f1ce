package catalogue

import (
	"slices"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// publicRootsSuspect is about a file of --public-roots that does not hold what it
// stands for: a fault of the question, not of the network (CONTRACT.md 4.3).
func publicRootsSuspect() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "public-roots-file-suspect", Since: since, Layer: diagnosis.TLS, Severity: diagnosis.Warning, Strength: diagnosis.Likely,
		Audience: diagnosis.HostAdmin,
		Title:    "the file of --public-roots does not hold the roots of the public web",
		Seen:     "{count} fail against {file} and hold against this host's own store; {logged}",
		Means:    "The client accepts what every host presents. That none of it is public rests on this file alone.",
		Remedy:   "give the roots that stand for the public web here, or leave --public-roots out",
		Cite:     []string{"interception 1, method a: a stale or incomplete bundle"},
		Values:   []string{"count", "file", "logged"},
		Needs:    []evidence.Op{evidence.OpHandshake},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops, suspect := suspectRoots(v)
			if !suspect {
				return nil
			}
			logged := len(slices.DeleteFunc(slices.Clone(hops), func(h evidence.Hop) bool { return evidence.DetailOf[evidence.Handshake](h).SCTs == 0 }))
			if logged == 0 {
				return nil // an interception of everything looks the same; its own row names the file
			}
			return []diagnosis.Match{{Hops: diagnosis.IDs(hops), Values: map[string]string{"count": count(len(hops), "chain"),
				"file": v.Run().PublicRoots, "logged": "transparency logs know " + count(logged, "leaf certificate") + ", which they do of public authorities alone"}}}
		},
		Provoke: fault.World{Title: "--public-roots names a file with other roots", PublicRootsFile: "corp-roots.pem"},
	}
}

// suspectRoots tells that every chain of a public host fails against the file of
// --public-roots and holds against the system's store.
func suspectRoots(v *diagnosis.View) ([]evidence.Hop, bool) {
	if v.Run().PublicRoots == "" {
		return nil, false
	}
	hops := v.Hops(evidence.OpHandshake, func(h evidence.Hop) bool {
		return h.OnPath() && h.Role != evidence.Proxy && v.Target(h.Target).Public && evidence.DetailOf[evidence.Handshake](h).Completed()
	})
	holds := func(h evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Handshake](h)
		public, _ := d.Judged("public", "trust")
		system, _ := d.Judged("system", "trust")
		return !public && system
	}
	// One host says nothing: it may have an authority of its own.
	return hops, len(hops) > 1 && !slices.ContainsFunc(hops, func(h evidence.Hop) bool { return !holds(h) })
}

// suspectWords adds the file to what is said of an interception that rests on it.
func suspectWords(v *diagnosis.View) string {
	if _, suspect := suspectRoots(v); !suspect {
		return ""
	}
	return "; every host fails against " + v.Run().PublicRoots + " of --public-roots and holds against this host's store, so that file may be what is wrong"
}
