package flows

import (
	"slices"
	"sync"

	"pullpath/internal/evidence"
	"pullpath/tlsinspect"
)

// chains are the chains that hosts presented in this run: one may help to judge another,
// and the user may keep them.
type chains struct {
	mu    sync.Mutex
	taken []taken
}

// taken is one handshake's chain. The options are those it was judged with.
type taken struct {
	hop   *openHop
	log   *targetLog
	chain [][]byte
	opts  tlsinspect.Options
}

func (c *chains) add(t taken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = append(c.taken, t)
}

// inOrder returns the chains in plan order, whatever order they came in.
func (c *chains) inOrder() []taken {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := slices.Clone(c.taken)
	slices.SortStableFunc(out, func(a, b taken) int { return slices.Compare(a.log.order, b.log.order) })
	return out
}

// complete looks for the certificate that a chain leaves out among those that
// other hosts of the run presented.
func (r *run) complete() {
	all := r.chains.inOrder()
	for _, t := range all {
		d := evidence.DetailOf[evidence.Handshake](t.hop.Hop)
		if len(t.chain) == 0 || d.Anchor.Kind != evidence.AnchorMissing {
			continue
		}
		for _, o := range all {
			if o.log == t.log {
				continue
			}
			if found := t.opts.Complete(t.chain, o.chain); found != nil {
				found.From = o.log.target.ID
				d.Completion = found
				t.hop.Detail = d
				break
			}
		}
	}
}

// keep hands the presented chains to whoever asked for them, each host's first.
func (r *run) keep() {
	if r.net.KeepChain == nil {
		return
	}
	seen := map[string]bool{}
	for _, t := range r.chains.inOrder() {
		if id := t.log.target.ID; !seen[id] && len(t.chain) > 0 {
			seen[id] = true
			r.net.KeepChain(id, t.chain)
		}
	}
}
