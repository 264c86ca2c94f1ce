package product

import (
	"regexp"

	"pullpath/internal/fault"
)

// Where signs were seen. A citation that one row alone uses stands there.
const (
	chromium   = "chromium/chromium, components/resources/ssl/ssl_error_assistant/ssl_error_assistant.asciipb"
	ooni       = "ooni/blocking-fingerprints, fingerprints_http.csv"
	nmap       = "nmap/nmap, nmap-service-probes"
	recog      = "rapid7/recog, xml"
	zakird     = "zakird/tlsfingerprints"
	captures   = "docs/field-notes.md#public-samples"
	unverified = "unverified"
)

func without(pattern string) *regexp.Regexp { return regexp.MustCompile("(?i)" + pattern) }

func status(line string, g Grade, cite string) StatusSign {
	return StatusSign{Line: without(line), Grade: g, Cite: cite}
}

// header takes an empty value for a header whose name alone is a sign.
func header(name, value string, g Grade, cite string) HeaderSign {
	s := HeaderSign{Name: name, Grade: g, Cite: cite}
	if value != "" {
		s.Value = without(value)
	}
	return s
}

func body(text string, g Grade, cite string) BodySign {
	return BodySign{Text: text, Grade: g, Cite: cite}
}

// commonName and organization anchor the pattern at the attribute's beginning;
// an organization is matched whole, a common name up to a word's end, because
// products append serials, dates and host names.
func commonName(value string, g Grade, cite string) IssuerSign {
	return IssuerSign{Attribute: "CN", Value: without(`^(?:` + value + `)(?:$|[^\pL\pN])`), Grade: g, Cite: cite}
}

func organization(value string, g Grade, cite string) IssuerSign {
	return IssuerSign{Attribute: "O", Value: without(`^(?:` + value + `)$`), Grade: g, Cite: cite}
}

func (s HeaderSign) says(c Cause) HeaderSign { s.Says = c; return s }
func (s HeaderSign) on(code int) HeaderSign  { s.Code = code; return s }
func (s BodySign) says(c Cause) BodySign     { s.Says = c; return s }

// blocks marks a page that a policy shows in place of the answer.
func (s BodySign) blocks() BodySign { s.Says, s.Block = Denied, true; return s }

func (s IssuerSign) untrusted() IssuerSign { s.Untrust = true; return s }

// connect, page and chain make samples.
func connect(code int, phrase, body string, headers ...string) fault.Connect {
	return fault.Connect{Status: code, Phrase: phrase, Headers: headers, Body: body}
}

func page(code int, body string, headers ...string) fault.HTTP {
	return fault.HTTP{Status: code, Headers: headers, Body: body}
}

func chain(organization, commonName string) fault.Certificate {
	return fault.Certificate{Issuer: "interceptor", Organization: organization, CommonName: commonName}
}
