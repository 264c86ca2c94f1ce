package har

import (
	"bytes"
	"encoding/json"
	"io"
	"time"
)

// Archive is a whole archive, as JSON has it.
type Archive struct {
	Log log `json:"log"`
}

// The parts of an archive, by the names of its specification. -1 is "not known", or "not part of
// this entry".
type (
	log struct {
		Version string  `json:"version"`
		Creator creator `json:"creator"`
		Entries []entry `json:"entries"`
		Comment string  `json:"comment,omitempty"`
	}
	creator struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	entry struct {
		Started    time.Time `json:"startedDateTime"`
		Time       float64   `json:"time"`
		Request    request   `json:"request"`
		Response   response  `json:"response"`
		Cache      struct{}  `json:"cache"`
		Timings    timings   `json:"timings"`
		ServerIP   string    `json:"serverIPAddress,omitempty"`
		Connection string    `json:"connection,omitempty"`
		Comment    string    `json:"comment,omitempty"`
		// Hop is the report's, Target and Role whose it is, Via the proxy in between, Probe
		// the side probe that it belongs to.
		Hop    int    `json:"_hop"`
		Target string `json:"_target,omitempty"`
		Role   string `json:"_role,omitempty"`
		Via    string `json:"_via,omitempty"`
		Probe  string `json:"_probe,omitempty"`
	}
	request struct {
		Method      string `json:"method"`
		URL         string `json:"url"`
		HTTPVersion string `json:"httpVersion"`
		Cookies     []pair `json:"cookies"`
		Headers     []pair `json:"headers"`
		Query       []pair `json:"queryString"`
		HeadersSize int    `json:"headersSize"`
		BodySize    int64  `json:"bodySize"`
	}
	response struct {
		Status      int     `json:"status"`
		StatusText  string  `json:"statusText"`
		HTTPVersion string  `json:"httpVersion"`
		Cookies     []pair  `json:"cookies"`
		Headers     []pair  `json:"headers"`
		Content     content `json:"content"`
		RedirectURL string  `json:"redirectURL"`
		HeadersSize int     `json:"headersSize"`
		BodySize    int64   `json:"bodySize"`
		Error       string  `json:"_error,omitempty"`
	}
	content struct {
		Size     int64  `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text,omitempty"`
		Comment  string `json:"comment,omitempty"`
	}
	pair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	// timings are in milliseconds. Connect has TLS in it, which SSL has once more.
	timings struct {
		Blocked float64 `json:"blocked"`
		DNS     float64 `json:"dns"`
		Connect float64 `json:"connect"`
		SSL     float64 `json:"ssl"`
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	}
)

// Write writes the archive as indented JSON, entry by entry: a run of ten thousand hosts has 30 MB of them.
func (a Archive) Write(w io.Writer) error {
	entries := a.Log.Entries
	a.Log.Entries = []entry{}
	frame, err := indented(a, "")
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		_, err = w.Write(frame)
		return err
	}
	before, after, _ := bytes.Cut(frame, []byte(`"entries": []`)) // in a text the marks are escaped
	if _, err := w.Write(append(before, `"entries": [`...)); err != nil {
		return err
	}
	for i, e := range entries {
		text, err := indented(e, "      ")
		if err != nil {
			return err
		}
		lead := ",\n      "
		if i == 0 {
			lead = "\n      "
		}
		if _, err := w.Write(append([]byte(lead), bytes.TrimSuffix(text, []byte("\n"))...)); err != nil {
			return err
		}
	}
	_, err = w.Write(append([]byte("\n    ]"), after...))
	return err
}

func indented(v any, prefix string) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(prefix, "  ")
	err := encoder.Encode(v)
	return out.Bytes(), err
}
