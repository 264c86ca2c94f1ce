// Package redact decides which parts of a text from the wire or from a setting may
// become evidence. It works by allow-list: what is not known to be harmless is
// replaced, so that an unexpected form is lost rather than leaked.
//
// It is applied when evidence is made, not when it is printed: a secret that
// never enters a trace cannot leave by a format, a verbosity or an error text
// that somebody adds later.
//
// It is not a scanner that looks for secrets in finished output, and it judges
// nothing. [Secrets] is the exception by design, a second net
// under the first: it knows the literal secrets of this run and removes them
// from free text, which has no structure for an allow-list.
//
// The laws, each held by a fuzz target or a table:
//
//   - No userinfo of a proxy or target URL survives, parsable or not.
//   - Of a query only allow-listed values survive; names stay, so that a reader
//     can still see that a redirect was signed.
//   - Every result of [Text] is valid UTF-8 and holds no character that moves a
//     cursor, hides text or reorders it; Text is idempotent.
//   - No function fails: what cannot be read is replaced.
package redact

// Mark stands in the output wherever something was withheld.
const Mark = "REDACTED"
