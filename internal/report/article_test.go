package report

import (
	"strings"
	"testing"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// The article's commands hold what a report says of URL and proxy as words.
func TestArticleCommandsAreQuoted(t *testing.T) {
	for name, c := range map[string]struct {
		via, url  string
		get, post string
	}{
		"plain": {"http://p:3128", "https://sso.x/auth?a=b&c=d",
			`curl -Lv -x http://p:3128 -u "$USERNAME:$PASSWORD" "https://sso.x/auth?a=b&c=d"`, "-x http://p:3128 "},
		"direct": {"", "https://sso.x/auth", `curl -Lv -u "$USERNAME:$PASSWORD" "https://sso.x/auth"`, ""},
		"hostile": {"http://p;id:1", "https://$(id)`id`", "curl -Lv -x 'http://p;id:1' -u \"$USERNAME:$PASSWORD\" 'https://$(id)`id`'",
			"-x 'http://p;id:1' "},
		"quote": {"", `https://x/"; id "`, `curl -Lv -u "$USERNAME:$PASSWORD" 'https://x/"; id "'`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			trace := &evidence.Trace{Run: evidence.Run{AsArticle: true}}
			for i, method := range []string{"GET", "POST"} {
				trace.Hops = append(trace.Hops, evidence.Hop{ID: i + 1, Op: evidence.OpRequest, Via: c.via, State: evidence.OK,
					Detail: evidence.Request{Step: "token", Method: method, URL: c.url}})
			}
			all := article(trace)
			if got := all[0].Command; got != c.get {
				t.Errorf("%s\nwant %s", got, c.get)
			}
			if got := all[1].Command; !strings.HasPrefix(got, "curl -X POST "+c.post+"--data ") || !strings.HasSuffix(got,
				"\" "+diagnosis.Quote(c.url)) {
				t.Errorf("%s", got)
			}
		})
	}
}
