// Package flows plans and walks the conversation of a pull: for every host the
// path of setting, look-up, TCP, CONNECT and TLS, and over it the requests:
// /v2/, the live challenge, the token, /v2/ again, manifest, config and layer,
// with every redirect followed by hand.
//
// [NewPlan] says what will be walked, and is pure; [Run] walks it and returns the
// record. Hosts are walked side by side, each connection that was inspected is the one
// that is used, nothing is dialled twice, and every host that turns up in a challenge or
// redirect gets a full path of its own.
//
// It joins the three probes and is the only package that imports them. It has
// no opinion; what the trace means is for package diagnosis.
//
// Rules of conduct that live here (docs/rules.md):
//
//   - Credentials are sent only over a chain that the client would trust, to
//     the realm that the registry's own challenge names, and never along a
//     redirect.
//   - One pair of credentials is in flight at a time per verifier, and one that
//     was not accepted is not sent again (internal/queue).
//   - Everything read from the wire is bounded.
package flows
