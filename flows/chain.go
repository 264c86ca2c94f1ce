package flows

import (
	"slices"

	"pullpath/internal/evidence"
)

// chain is an argument with the places at which a client asks for it, in its order: the next
// one only where those before did not serve it.
type chain struct{ steps []link }

// link is one place: a target of the plan, by its number, and the image as it is called there;
// an image without a repository is none. One by digest is asked once another told the digest.
type link struct {
	target   int
	image    Argument
	byDigest bool
}

// argument adds what is asked for to the plan: at the registry that it names, or at the places
// that the client's configuration has for it.
func (p *Plan) argument(c Config, a Argument) error {
	places := c.Places[a.Text]
	if len(places) == 0 {
		t := c.target(a)
		err := p.put(c, t, a)
		p.remark(t.ID, c.Remarks[a.Text])
		return err
	}
	var steps []link
	first := max(slices.IndexFunc(places, func(at Place) bool { return !at.ByDigest }), 0)
	for i, at := range places {
		image := a
		image.Endpoint = at.Endpoint
		if a.Repository != "" {
			image.Repository, image.API = at.Repository, at.API
		}
		t := c.targetAt(image, at, i)
		t.Required = len(places) == 1
		_, known := p.places[t.ID]
		if err := p.put(c, t, Argument{}); err != nil {
			return err
		}
		number := p.places[t.ID]
		q := &p.Targets[number]
		if e := q.Target.Route.Registry; e != nil {
			e.Asked = append(e.Asked, evidence.Asked{For: a.Text, Repository: image.Repository, API: image.API,
				ByDigest: at.ByDigest})
		}
		q.Insecure, q.TLSOnly, q.inTurn = q.Insecure || at.Insecure, at.TLSOnly, i != first && (!known || q.inTurn)
		if i == first {
			p.remark(t.ID, c.Remarks[a.Text])
		}
		if at.Blocked {
			q.blocked = q.Target.Route.Registry
		}
		if a.Repository != "" {
			q.Target.Images, q.chained = append(q.Target.Images, a.Text), append(q.chained, image)
		}
		q.AllowListOnly = false
		steps = append(steps, link{number, image, at.ByDigest})
	}
	p.chains = append(p.chains, chain{steps})
	return nil
}

// remark adds what is said of a name for which a target is asked, each once.
func (p *Plan) remark(target string, remarks []Remark) {
	i, known := p.places[target]
	if !known {
		return
	}
	for _, r := range remarks {
		if q := &p.Targets[i]; !slices.Contains(q.Remarks, r) {
			q.Remarks = append(q.Remarks, r)
		}
	}
}

// targetAt returns the target that a place is, the one of this number for its argument.
func (c Config) targetAt(image Argument, at Place, number int) evidence.Target {
	t := c.target(image)
	t.Plain = at.Plain
	t.Role = evidence.Registry
	if at.Mirror {
		t.Role = evidence.Mirror
	}
	if at.Source != "" {
		t.FoundBy = "registry-config"
		t.Route.Registry = &evidence.RegistryEntry{Source: at.Source, Entry: at.Entry, Order: number + 1, Insecure: at.Insecure,
			TLSOnly: at.TLSOnly && at.Insecure, Blocked: at.Blocked}
	}
	return t
}

// inTurn asks the places of a chain in their order, until one serves. One that is asked by digest
// alone is left out until another has told the digest, and then asked first; and a client that
// looks for each content anew asks all those again which it asked before
// (https://github.com/containerd/containerd/blob/v2.1.9/core/remotes/docker/resolver.go, Resolve,
// and fetcher.go, Fetch).
func (r *run) inTurn(plan Plan, ch chain) {
	var c *conversation
	digest, resolved, next := "", false, 0
	had := map[int]*conversation{}
	for i, step := range ch.steps {
		if step.byDigest && !resolved || i > 0 && r.spokenTo(plan, step, had) {
			continue
		}
		c = r.turn(plan, ch, step, digest)
		had[i] = c
		if !step.byDigest {
			c.fetch = func(told string) bool {
				digest, resolved = told, true
				for ; next < i; next++ {
					if r.fetched(plan, ch, ch.steps[next], had[next], digest) {
						return true
					}
				}
				return false
			}
		}
		served := c.converse()
		if served && len(c.images) == 0 && c.fetch != nil {
			c.fetch("") // a host alone has no digest, and these places are looked at too
		}
		// What was refused for want of a login that a check does not send, the client may be given: then no
		// place is asked after this one.
		if served || c.unsent || c.spoilt && r.cfg.shape().asks().FromFirst || r.ctx.Err() != nil {
			break
		}
	}
	if c != nil {
		c.decide()
	}
}

// spokenTo reports whether a place in plain HTTP is a host that another place is, and was spoken to there:
// dockerd asks no registry by http whose TLS came through
// (https://github.com/moby/moby/blob/v28.5.2/distribution/pull.go, confirmedTLSRegistries).
func (r *run) spokenTo(plan Plan, step link, had map[int]*conversation) bool {
	at := plan.Targets[step.target].Target
	for _, c := range had {
		if at.Plain && c.registry.log.target.Host == at.Host && c.registry.reached {
			return true
		}
	}
	return false
}

// turn is about to be had with a place of a chain; the digest is for one that is asked by it.
func (r *run) turn(plan Plan, ch chain, step link, digest string) *conversation {
	c := r.conversation(r.start(plan.Targets[step.target], []int{step.target}))
	c.images, c.optional, c.byDigest = nil, len(ch.steps) > 1, step.byDigest
	if step.byDigest {
		step.image.Reference = digest
	}
	if step.image.Repository != "" {
		c.images = []Argument{step.image}
	}
	return c
}

// fetched asks a place by digest, and reports whether no other is asked after it: it served, or
// what it gave is not what the digest names. Of one that gave a token before it takes up the
// conversation. What failed there before remains a failure of a place that the pull can do without.
func (r *run) fetched(plan Plan, ch chain, step link, before *conversation, digest string) bool {
	c, served := before, false
	switch {
	case !step.byDigest && (!r.cfg.shape().asks().FromFirst || digest == "" || step.image.Repository == ""):
		return false
	case before != nil && before.token != "":
		c.byDigest, c.fetch = true, nil
		c.images[0].Reference = digest
		served = c.pull(c.images[0])
	default:
		step.byDigest = true
		c = r.turn(plan, ch, step, digest)
		served = c.converse()
	}
	switch {
	case !served && !c.spoilt:
		return false
	case before == nil || c.spoilt:
		c.decide()
	default:
		c.decideLed()
	}
	return true
}

// decide marks the hosts of the conversation as ones that the pull needs: no other place was
// asked after it.
func (c *conversation) decide() {
	c.run.rec.need(c.registry.log)
	c.decideLed()
}

// decideLed marks those to which it led.
func (c *conversation) decideLed() {
	for _, w := range c.led {
		c.run.rec.need(w.log)
	}
}

// chained reports whether a target is a place of a chain.
func (p Plan) chained(id string) bool {
	for _, ch := range p.chains {
		for _, step := range ch.steps {
			if p.Targets[step.target].Target.ID == id {
				return true
			}
		}
	}
	return false
}
