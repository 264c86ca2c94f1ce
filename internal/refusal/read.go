package refusal

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"unicode"
	"unicode/utf8"

	"pullpath/internal/evidence"
)

const (
	// maxErrors is how many entries of one answer are kept; registries send one or two.
	maxErrors = 8
	// maxText bounds one text in bytes: what evidence keeps of it is shorter.
	maxText = 4 << 10
	// maxRead bounds what is read of an answer in bytes: the longest error documents are
	// those of S3 for a wrong signature, with the request twice, at some kilobytes.
	maxRead = 256 << 10
)

// Read returns what an answer with a status says, as it stands: the entries of a registry's
// errors (OCI distribution spec, "Error Codes"), those of OAuth (RFC 6749 section 5.2), of
// problem+json (RFC 9457) and of other JSON objects, the code and message of an object
// store's XML, or the sentence of a plain text. Of a page it returns nothing. Only a
// registry's errors are looked for in an answer of success.
func Read(data []byte, contentType string, status int) []evidence.APIError {
	data = bytes.TrimSpace(bytes.TrimPrefix(data[:min(len(data), maxRead)], []byte("\xef\xbb\xbf")))
	if len(data) == 0 {
		return nil
	}
	switch failed := status >= 400; {
	case data[0] == '{':
		return readObject(data, failed)
	case !failed:
	case data[0] == '<':
		return readXML(data)
	case data[0] != '[' && data[0] != '"' && !strings.Contains(contentType, "json"):
		return readPlain(data)
	}
	return nil
}

// document has the fields in which JSON answers say why they refuse.
type document struct {
	Errors      json.RawMessage `json:"errors"`
	Error       json.RawMessage `json:"error"`
	Description json.RawMessage `json:"error_description"`
	Title       json.RawMessage `json:"title"`
	Code        json.RawMessage `json:"code"`
	Status      json.RawMessage `json:"status"`
	Message     json.RawMessage `json:"message"`
	Msg         json.RawMessage `json:"msg"`
	Reason      json.RawMessage `json:"reason"`
	Detail      json.RawMessage `json:"detail"`
	Details     json.RawMessage `json:"details"`
}

func readObject(data []byte, failed bool) []evidence.APIError {
	var d document
	if json.Unmarshal(data, &d) != nil {
		return nil
	}
	if list := readList(d.Errors); list != nil || !failed {
		return list
	}
	var inner document
	said := evidence.APIError{Form: evidence.FormJSON, Code: first(d.Code, d.Status),
		Message: first(d.Message, d.Msg, d.Reason, d.Details, d.Detail, d.Title)}
	switch {
	case json.Unmarshal(d.Error, &inner) == nil:
		said.Code, said.Message, said.Detail = first(inner.Status, inner.Code), first(inner.Message, inner.Reason), first(inner.Detail,
			inner.Details)
	case text(d.Error) != "" && text(d.Message) == "":
		said = evidence.APIError{Form: evidence.FormOAuth, Code: text(d.Error), Message: first(d.Description, d.Details, d.Detail)}
	case text(d.Title) != "":
		said = evidence.APIError{Form: evidence.FormProblem, Code: text(d.Title), Message: first(d.Detail)}
	case said.Message != first(d.Detail, d.Details):
		said.Detail = first(d.Detail, d.Details)
	}
	if said.Code == "" && said.Message == "" {
		return nil
	}
	return []evidence.APIError{said}
}

// readList reads a list of errors, whose entries are objects or texts.
func readList(raw json.RawMessage) []evidence.APIError {
	var entries []json.RawMessage
	if json.Unmarshal(raw, &entries) != nil {
		return nil
	}
	var out []evidence.APIError
	for _, e := range entries[:min(len(entries), maxErrors)] {
		var d document
		switch {
		case json.Unmarshal(e, &d) == nil:
			out = append(out, evidence.APIError{Code: first(d.Code, d.Status), Message: first(d.Message, d.Title),
				Detail: first(d.Detail, d.Details)})
		case text(e) != "":
			out = append(out, evidence.APIError{Message: text(e)})
		}
	}
	return out
}

// first returns the first of several values that says something.
func first(values ...json.RawMessage) string {
	for _, v := range values {
		if t := text(v); t != "" {
			return t
		}
	}
	return ""
}

// text returns a value in words: a text or a number as it stands, of an object the sentence
// in it, or else all of it where it is neither empty nor null.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return bound(s)
	}
	var d struct{ Message, Error, Reason string }
	if json.Unmarshal(raw, &d) == nil {
		for _, s := range []string{d.Message, d.Error, d.Reason} {
			if s != "" {
				return bound(s)
			}
		}
	}
	switch s := strings.Join(strings.Fields(string(raw)), " "); s {
	case "null", "{}", "[]", "true", "false":
		return ""
	default:
		return bound(s)
	}
}

// readXML reads an object store's error (Amazon S3 API, "REST error responses"; Cloud
// Storage, Ceph and MinIO have the same form, and Azure's differs in the detail). What it
// leaves out are the parts that repeat the request with its signature.
func readXML(data []byte) []evidence.APIError {
	said := map[string]string{}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = false
	at, inError := "", false
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch t := token.(type) {
		case xml.StartElement:
			at, inError = t.Name.Local, inError || t.Name.Local == "Error"
		case xml.EndElement:
			at = ""
		case xml.CharData:
			if s := strings.Join(strings.Fields(string(t)), " "); inError && at != "" && s != "" && said[at] == "" {
				said[at] = bound(s)
			}
		}
	}
	if said["Code"] == "" {
		return nil
	}
	detail := said["AuthenticationErrorDetail"] + said["Details"]
	if said["ServerTime"] != "" && said["Expires"] != "" {
		detail = "expires " + said["Expires"] + ", server time " + said["ServerTime"]
	}
	return []evidence.APIError{{Form: evidence.FormStore, Code: said["Code"], Message: said["Message"], Detail: detail}}
}

// readPlain takes a text that a person can read.
func readPlain(data []byte) []evidence.APIError {
	data = data[:min(len(data), maxText)]
	s := strings.Join(strings.Fields(strings.ToValidUTF8(string(data), "")), " ")
	strange := strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
	if s == "" || strange || utf8.RuneCount(data) < len(data)/2 {
		return nil
	}
	return []evidence.APIError{{Form: evidence.FormPlain, Message: s}}
}

func bound(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), maxText)], "")
}
