package fault

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// choices are parameters that take one of a few words; "" is in none, for a parameter
// without a value says nothing.
func choices(name string) []string {
	switch name {
	case "type":
		return []string{"A", "AAAA"}
	case "rcode": // RFC 1035 section 4.1.1
		return []string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"}
	case "hangs-up", "ca-key", "expired-ca":
		return []string{"yes", "no"}
	}
	return nil
}

// limits are parameters that take a number.
func limits(name string) (least, most int, ok bool) {
	switch name {
	case "port":
		return 1, 65535, true
	case "node", "resolver", "behind":
		return 1, MaxServers, true
	case "reply": // RFC 1928 section 6; 0 is no refusal
		return 1, 8, true
	case "first":
		return 1, 1 << 30, true
	case "ms":
		return 0, 1 << 30, true
	}
	return 0, 0, false
}

// readValue is a parameter's value as its kind takes it: names in lower case, words in
// the case of their standard. What can match nothing is an error.
func readValue(name, text string) (string, error) {
	if words := choices(name); words != nil {
		i := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, text) })
		if i < 0 {
			return "", fmt.Errorf("%s=%s is none of %s", name, text, strings.Join(words, ", "))
		}
		return words[i], nil
	}
	if least, most, ok := limits(name); ok {
		if n, err := strconv.Atoi(text); err != nil || n < least || n > most {
			return "", fmt.Errorf("%s=%s is no number from %d to %d", name, text, least, most)
		}
		return text, nil
	}
	var err error
	switch name {
	case "host":
		text, err = ReadHost(text)
	case "method":
		text = strings.ToUpper(text)
	case "path":
		err = checkPath(text)
	case "header":
		err = checkField(text)
	case "address":
		at, bad := netip.ParseAddr(text)
		if bad != nil {
			return "", fmt.Errorf("address=%s is no IP address", text)
		}
		text = at.String()
	}
	if err != nil {
		return "", fmt.Errorf("%s=%s: %w", name, text, err)
	}
	return text, nil
}

// ReadHost reads the name of a host, or [Everyone]. Names have no case (RFC 4343).
func ReadHost(text string) (string, error) {
	name := strings.ToLower(strings.TrimSuffix(text, "."))
	if name == Everyone {
		return name, nil
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return name, nil
	}
	switch {
	case strings.Contains(name, "*"):
		return text, errors.New("a host is named in full; * alone is every host")
	case strings.Contains(name, ":"):
		return text, errors.New("a host has no port; port= limits a fault to one, where it is a parameter")
	case !HostName(name):
		return text, errors.New("no host name")
	}
	return name, nil
}

// checkPath: a path is a beginning, so an asterisk in it would be one of the path's own.
func checkPath(text string) error {
	switch {
	case strings.Contains(text, "*"):
		beginning, _, _ := strings.Cut(text, "*")
		return fmt.Errorf("a path is a beginning and has no *; path=%s is all below", cmp.Or(beginning, "/"))
	case !strings.HasPrefix(text, "/"):
		return errors.New("a path begins with /")
	}
	return nil
}

var fieldName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$") // a token of RFC 9110 section 5.6.2

// checkField looks at a header field, "Name: value".
func checkField(text string) error {
	name, _, ok := strings.Cut(text, ":")
	switch {
	case !ok || !fieldName.MatchString(name):
		return errors.New("no field; 'Name: value' is one")
	case strings.ContainsAny(text, "\r\n"):
		return errors.New("a field is one line")
	}
	return nil
}
