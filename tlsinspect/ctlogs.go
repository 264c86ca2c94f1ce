package tlsinspect

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"pullpath/internal/redact"
)

// The built-in list is that of Chromium 156.0.8078.79 as Debian packaged it on
// 2026-11-02: the newest that a Go module or a Debian package carries, in the form
// of version 3 (gstatic.com/ct/log_list/v3), with names and keys only.
//
//go:generate sh -c "curl -fsS https://www.gstatic.com/ct/log_list/v3/log_list.json -o log_list.json.new && mv log_list.json.new log_list.json || echo 'the log list is kept as it is'"
//go:embed log_list.json
var builtInLogs []byte

// staleLogs is the age at which a list says nothing any more: logs are replaced
// every half year, and a timestamp of one that is not on the list is unknown.
const staleLogs = 180 * 24 * time.Hour

// TransparencyLogs are the keys of the public certificate transparency logs,
// by log ID (RFC 6962 section 3.2).
type TransparencyLogs struct {
	// Date is that of the list.
	Date time.Time
	logs map[[sha256.Size]byte]transparencyLog
}

type transparencyLog struct {
	name string
	key  crypto.PublicKey
}

// BuiltInLogs returns the list that is compiled in.
func BuiltInLogs() (*TransparencyLogs, error) { return ReadLogs(builtInLogs) }

// ReadLogs reads a list in the JSON form of version 3. Logs that were retired are
// kept: certificates outlive them. An entry with an ID that is not its key's hash
// is an error.
func ReadLogs(data []byte) (*TransparencyLogs, error) {
	type entry struct {
		Description string `json:"description"`
		ID          []byte `json:"log_id"`
		Key         []byte `json:"key"`
	}
	var list struct {
		Date      time.Time `json:"log_list_timestamp"`
		Operators []struct {
			Logs  []entry `json:"logs"`
			Tiled []entry `json:"tiled_logs"`
		} `json:"operators"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("no log list of version 3: %w", err)
	}
	out := &TransparencyLogs{Date: list.Date, logs: map[[sha256.Size]byte]transparencyLog{}}
	for _, o := range list.Operators {
		for _, e := range append(o.Logs, o.Tiled...) {
			key, err := x509.ParsePKIXPublicKey(e.Key)
			if err != nil {
				return nil, fmt.Errorf("log %q: key: %w", e.Description, err)
			}
			id := sha256.Sum256(e.Key)
			if string(id[:]) != string(e.ID) {
				return nil, fmt.Errorf("log %q: its ID is not the hash of its key", e.Description)
			}
			out.logs[id] = transparencyLog{redact.Text(e.Description, maxAttribute), key}
		}
	}
	if len(out.logs) == 0 || out.Date.IsZero() {
		return nil, fmt.Errorf("the log list has no logs or no date (log_list_timestamp)")
	}
	return out, nil
}

// verify checks a log's signature over data (RFC 6962 section 2.1.4: SHA-256 with
// ECDSA or RSA).
func (l transparencyLog) verify(data, signature []byte) bool {
	sum := sha256.Sum256(data)
	switch key := l.key.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, sum[:], signature)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
	}
	return false
}
