package catalogue

import (
	"time"

	"pullpath/internal/client"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/words"
)

// ClientGaveUp is the code of a pull that its client's own deadline ends while it moves.
const ClientGaveUp diagnosis.Code = "client-gave-up" // the client's own deadline ends a pull that is still moving

func anyLayer() []diagnosis.Entry {
	return []diagnosis.Entry{clientGaveUp(), unexplained()}
}

// clientGaveUp is an error where a step of the path took longer than the client waits for it: a
// check that waits longer passes there, and the client does not.
func clientGaveUp() diagnosis.Entry {
	return diagnosis.Entry{
		Code: ClientGaveUp, Since: "0.1.0",
		Layer: diagnosis.Any, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title: "{client} gives up on {hosts} before the answer comes",
		Seen:  "{step} took {time}; {client} waits {limit} for that",
		Means: "The far side answers, and later than the client's own deadline. This check waited longer (--hop-timeout), so it came " +
			"further than {client} does.",
		Remedy: "find what delays {peers}: load, packets that are lost, or a device that looks into connections before it passes them on",
		Or: diagnosis.Way{Audience: diagnosis.HostAdmin, Remedy: "raise the deadline where it is a setting: image_pull_progress_timeout of " +
			"containerd, the timeout of the command that pulls"},
		Symptoms: []diagnosis.Symptom{
			{Text: "cancel pulling image … because of no progress in …", Cite: "https://github.com/kubernetes/kubernetes/issues/131521"},
			{Text: "rpc error: code = Canceled desc = failed to pull and unpack image …: context canceled",
				Cite: "https://github.com/kubernetes/kubernetes/issues/131521"},
			{Text: "stop pulling image: active requests=…, bytes read=…", Cite: "https://github.com/containerd/containerd/issues/12811"},
			{Text: "net/http: request canceled (Client.Timeout or context cancellation while reading body)",
				Cite: "https://github.com/golang/go/blob/go1.26.8/src/net/http/client.go (cancelTimerBody)"},
			{Text: "Cancel pulling image … because of no progress for …", Cite: "https://github.com/kubernetes/kubernetes/pull/26677"},
		},
		Cite: []string{
			"https://github.com/containerd/containerd/pull/6150 (image_pull_progress_timeout)",
			"https://github.com/containerd/containerd/issues/12811",
			"https://github.com/golang/go/blob/go1.26.8/src/net/http/transport.go (TLSHandshakeTimeout; a CONNECT gets one minute)",
			"docs/rules.md, rule 5",
		},
		Values: []string{"client", "step", "time", "limit", "peers"},
		Needs:  []evidence.Op{evidence.OpDial, evidence.OpTunnel, evidence.OpHandshake},
		After:  wrongAddress(),
		Match:  matchGaveUp,
		Provoke: fault.World{Title: "the token server takes eleven seconds for its certificate, and podman waits ten", Direct: true,
			Flags: []string{"--hop-timeout=20s", "--timeout=1m"}, Faults: []fault.Fault{fault.Stream{Host: "sso.redhat.com",
				Delay: 11 * time.Second}}},
	}
}

// matchGaveUp finds the steps of the path that came to their end after the client's own deadline.
func matchGaveUp(v *diagnosis.View) []diagnosis.Match {
	tested, err := client.Named(v.Run().Client)
	if err != nil {
		return nil
	}
	waits := tested.Speaks.Waits
	var out []diagnosis.Match
	for _, s := range []struct {
		op    evidence.Op
		limit time.Duration
		name  string
	}{{evidence.OpDial, waits.Dial, "a connection"}, {evidence.OpTunnel, waits.Connect, "CONNECT"}, {evidence.OpHandshake,
		waits.Handshake, "a TLS handshake"}} {
		late := v.Hops(s.op, func(h evidence.Hop) bool {
			took := time.Duration(h.TookMS * float64(time.Millisecond))
			return h.OnPath() && h.State == evidence.OK && s.limit > 0 && took > s.limit
		})
		for _, g := range diagnosis.Group(late, func(h evidence.Hop) string { return h.Target }) {
			out = append(out, diagnosis.Match{Hops: diagnosis.IDs(g), Severity: diagnosis.Error, Values: map[string]string{
				"client": tested.Name, "step": s.name, "time": seconds(g), "limit": words.Seconds(float64(s.limit.Milliseconds())),
				"peers": far(g)}})
		}
	}
	return out
}

func unexplained() diagnosis.Entry {
	return diagnosis.Entry{
		Code: diagnosis.Unexplained, Since: "0.1.0",
		Layer: diagnosis.Any, Severity: diagnosis.Error, Strength: diagnosis.Possible, Audience: diagnosis.NetworkTeam,
		Title:     "a step of the path to {hosts} failed, and no known cause fits",
		Seen:      "{op} failed ({kind}): {text}",
		Means:     "This version knows no cause that fits what was seen. The step did fail.",
		Remedy:    "send the report (-o json) to whoever maintains this tool, and the find line to the network team",
		NoSymptom: "no client message belongs to what is not explained",
		Readings:  readings(),
		Cite:      []string{"docs/rules.md#findings"},
		Values:    []string{"op", "kind", "text"},
		Provoke: fault.World{Title: "the registry answers with a status that no rule knows", Faults: []fault.Fault{
			fault.HTTP{Host: "registry.redhat.io", Path: "/v2/", Status: 418}}},
	}
}
