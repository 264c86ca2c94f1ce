package settings

import (
	"cmp"
	"path"
	"strings"
)

// specifiers are the % sequences of a unit whose value follows from the files.
type specifiers map[byte]string

// The specifiers that systemd.unit(5), "Specifiers", knows besides: they depend
// on the machine, on the boot, or on the version of systemd.
const machineSpecifiers = "aAbBdDfgGhHIjJlLmMnNopPqsStTuUvVwWyYiCE"

// unitSpecifiers returns those of a unit: its name, and the directories that
// systemd.unit(5) lists for the system and for a user.
func unitSpecifiers(unit string, scope Scope) specifiers {
	name := strings.TrimSuffix(unit, path.Ext(unit))
	prefix, instance, _ := strings.Cut(name, "@")
	known := specifiers{'n': unit, 'N': name, 'p': prefix, 'i': instance}
	if scope.Home != "" {
		known['h'], known['E'] = scope.Home, scope.Home+"/.config"
		return known
	}
	for c, value := range map[byte]string{
		'E': "/etc", 'C': "/var/cache", 'L': "/var/log", 'S': "/var/lib", 't': "/run", 'T': "/tmp", 'V': "/var/tmp",
		'h': "/root", 'u': "root", 'U': "0",
	} {
		known[c] = value
	}
	return known
}

// expansion is the outcome of resolving a word's specifiers.
type expansion struct {
	text    string
	dropped string // the unknown specifier for which systemd drops the word: "%4"
	used    string // the first that was replaced: "%h"
	unknown string // the first whose value the files do not tell: "%b"
}

// expand resolves specifiers as systemd does (shared/specifier.c,
// specifier_printf): %% is a percent sign, a known letter is replaced, any other
// letter or digit is an error, and a % before something else stays.
func (s specifiers) expand(word string) expansion {
	var e expansion
	var out strings.Builder
	for i := 0; i < len(word); i++ {
		c := word[i]
		if c != '%' || i+1 == len(word) {
			out.WriteByte(c)
			continue
		}
		i++
		c = word[i]
		switch value, known := s[c]; {
		case c == '%':
			out.WriteByte('%')
		case known:
			e.used = cmp.Or(e.used, "%"+string(c))
			out.WriteString(value)
		case strings.IndexByte(machineSpecifiers, c) >= 0:
			e.unknown = cmp.Or(e.unknown, "%"+string(c))
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			e.dropped = cmp.Or(e.dropped, "%"+string(c))
		default:
			out.WriteString("%" + string(c))
		}
	}
	e.text = out.String()
	return e
}
