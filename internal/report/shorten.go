package report

import (
	"regexp"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// address is a URL within a text.
var address = regexp.MustCompile(`[a-z][a-z0-9+.-]*://[^\s"]+`)

// shortURLs shortens the URLs of a text that are longer than a line of so many columns.
func shortURLs(text string, width int) string {
	return address.ReplaceAllStringFunc(text, func(url string) string {
		bare := strings.TrimRight(url, ",;:)")
		return shortURL(bare, width-columns(url[len(bare):])) + url[len(bare):]
	})
}

// leastPath is how much of a path is worth to be shown: the name of a file and a little.
const leastPath = 16

// shortURL leaves out the middle of a URL's path, so that it has at most width columns.
// Scheme and host stay; where they take too much the URL stays whole.
func shortURL(url string, width int) string {
	scheme, rest, _ := strings.Cut(url, "://")
	host, path, _ := strings.Cut(rest, "/")
	head := scheme + "://" + host + "/"
	if room := width - columns(head); columns(url) > width && room >= leastPath {
		return head + shorten(path, room)
	}
	return url
}

// shorten keeps beginning and end of a text that has more than width columns.
func shorten(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	var parts []string
	for g := displaywidth.StringGraphemes(s); g.Next(); {
		parts = append(parts, g.Value())
	}
	head, tail, used := 0, len(parts), 1
	for front := true; head < tail; front = !front {
		next := parts[head]
		if !front {
			next = parts[tail-1]
		}
		if used += columns(next); used > width {
			break
		}
		if front {
			head++
		} else {
			tail--
		}
	}
	return strings.Join(parts[:head], "") + "…" + strings.Join(parts[tail:], "")
}
