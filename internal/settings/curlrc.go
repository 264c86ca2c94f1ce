package settings

import (
	"strings"

	"pullpath/internal/route"
)

// ReadCurl reads the .curlrc that the curl tool reads: the first of these that
// exists (curl(1), "-K, --config"). The variables are "proxy", which counts
// before the environment, "noproxy", which replaces NO_PROXY, and "cacert".
func ReadCurl(root *Root, home string, env route.Environment) File {
	var names []string
	for _, v := range []struct{ dir, file string }{
		{valueOf("CURL_HOME", env), ".curlrc"}, {valueOf("XDG_CONFIG_HOME", env), "curlrc"},
		{home, ".curlrc"}, {home + "/.config", "curlrc"},
	} {
		if v.dir != "" {
			names = append(names, v.dir+"/"+v.file)
		}
	}
	for _, name := range names {
		if root.Exists(name) {
			return readFile(root, name, parseCurlrc)
		}
	}
	return File{Path: clean(home + "/.curlrc")}
}

// parseCurlrc reads the option lines that matter (src/tool_parsecfg.c): with or
// without dashes; a long option may have = or : before its value; a value ends
// at a blank unless it stands in double quotes.
func parseCurlrc(name, text string) ([]route.Variable, []Remark) {
	var vars []route.Variable
	var remarks []Remark
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		line = strings.Trim(line, " \t\r")
		if line == "" || line[0] == '#' {
			continue
		}
		separators := " \t=:"
		if line[0] == '-' {
			separators = " \t"
		}
		end := strings.IndexAny(line, separators)
		if end < 0 {
			continue
		}
		option := curlOption(line[:end])
		if option == "" {
			continue
		}
		value, rest := curlValue(strings.TrimLeft(line[end:], separators))
		v := route.Variable{Name: option, Value: value, Source: at(name, number), Key: line[:end]}
		vars = append(vars, v)
		if rest != "" && rest[0] != '#' {
			m := remarkOn(BlankCuts, v, "a blank outside of double quotes ends the value; curl ignores what follows")
			remarks = append(remarks, m)
		}
	}
	return vars, remarks
}

// curlOption returns the long name of an option that matters, "" for others.
func curlOption(written string) string {
	switch option := strings.TrimLeft(written, "-"); {
	case option == "proxy" || option == "noproxy" || option == "cacert":
		return option
	case written == "-x":
		return "proxy"
	}
	return ""
}

// curlValue returns the value at the beginning of s, and the text after it. Within
// double quotes \t, \n, \r and \v are characters, and any other escaped one
// stands for itself.
func curlValue(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, " \t")
		if end < 0 {
			return s, ""
		}
		return s[:end], strings.TrimLeft(s[end:], " \t")
	}
	var out strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return out.String(), strings.TrimLeft(s[i+1:], " \t")
		case c == '\\' && i+1 < len(s):
			i++
			if at := strings.IndexByte("tnrv", s[i]); at >= 0 {
				out.WriteByte("\t\n\r\v"[at])
			} else {
				out.WriteByte(s[i])
			}
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), ""
}
