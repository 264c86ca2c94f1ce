package pac

import (
	"fmt"
	"net/url"
	"testing"
	"time"
)

// What the tests of two other implementations hold the functions to: Chromium's own of its library
// (https://source.chromium.org/chromium/chromium/src/+/main:services/proxy_resolver/test/data/, pac_library_unittest.js)
// and those of Node's pac-resolver (https://github.com/TooTallNate/proxy-agents/tree/main/packages/pac-resolver/test).
func TestPublishedVectors(t *testing.T) {
	// UTC is five and a half hours before the zone of the second.
	march := func(hour, minute, second int) time.Time {
		return time.Date(2009, time.March, 3, hour, minute, second, 0, time.UTC)
	}
	saturday := time.Date(2026, time.November, 28, 1, 24, 30, 0, time.FixedZone("IST", 5*60*60+30*60))
	for _, of := range []struct {
		now     time.Time
		yes, no []string
	}{
		{march(3, 34, 1), []string{
			`timeRange(3)`, `timeRange(2, 3)`, `timeRange(2, 4)`, `timeRange(3, 5)`, `timeRange(1, 0, 3, 34)`, `timeRange(3, 34, 1, 0)`,
			`timeRange(1, 0, 3, 35)`, `timeRange(3, 34, 5, 0)`, `dateRange(3)`, `dateRange("MAR")`, `dateRange(2009)`,
			`dateRange(1, "JAN", 3, "MAR")`, `dateRange(3, "MAR", 4, "SEP")`, `dateRange(3, "MAR", 1, "JAN")`,
			`dateRange("FEB", 2009, "MAR", 2009)`, `dateRange("FEB", 2009, "MAR", 2010)`, `dateRange(1, "JAN", 2009, 3, "MAR", 2009)`,
			`dateRange(3, "MAR", 2009, 4, "SEP", 2009)`, `dateRange(3, "JAN", 2009, 4, "FEB", 2010)`, `weekdayRange("MON", "TUE")`,
			`weekdayRange("TUE")`, `weekdayRange("SAT", "TUE")`, `isPlainHostName("google")`, `dnsDomainIs("google.com", ".com")`,
			`dnsDomainIs("google.co.uk", ".co.uk")`, `dnsDomainLevels("www.google.com") === 2`, `dnsDomainLevels("192.168.1.1") === 3`,
			`isInNet("192.89.132.25", "192.89.132.25", "255.255.255.255")`, `isInNet("192.89.132.25", "192.89.0.0", "255.255.0.0")`,
			`localHostOrDomainIs("www.google.com", "www.google.com")`, `localHostOrDomainIs("www", "www.google.com")`,
			`shExpMatch("foo.jpg", "*.jpg")`, `shExpMatch("foo5.jpg", "*o?.jpg")`, `!shExpMatch("foo.jpg", ".jpg")`,
			`shExpMatch("http://maps.google.com/blah/foo/moreblah.jpg", "*/foo/*jpg")`, `shExpMatch("foo", "foo")`,
		}, []string{
			`timeRange(2)`, `timeRange(1, 2)`, `timeRange(11, 12)`, `timeRange(1, 0, 3, 0)`, `timeRange(11, 0, 16, 0)`, `dateRange(1)`,
			`dateRange("FEB")`, `dateRange(2008)`, `dateRange(4, "MAR", 4, "SEP")`, `dateRange("FEB", 2008, "FEB", 2009)`,
			`dateRange(4, "MAR", 2009, 4, "SEP", 2009)`, `weekdayRange("WED")`, `weekdayRange("FRI", "MON")`, `isPlainHostName("google.com")`,
			`dnsDomainIs("google.com", ".co.uk")`, `isInNet("193.89.132.25", "192.89.132.25", "255.255.255.255")`,
			`isInNet("193.89.132.25", "192.89.0.0", "255.255.0.0")`, `localHostOrDomainIs("maps.google.com", "www.google.com")`,
			`shExpMatch("http://maps.google.com/blah/foo/moreblah.jpg", "*/foo/*.html")`,
		}},
		{march(3, 34, 14), []string{`timeRange(1, 0, 0, 3, 34, 14)`, `timeRange(3, 34, 14, 3, 35, 0)`},
			[]string{`timeRange(1, 0, 0, 3, 34, 13)`, `timeRange(3, 34, 15, 3, 35, 0)`}},
		{saturday, []string{
			`timeRange(1)`, `timeRange(1, 2)`, `timeRange(0, 0, 0, 20, 0, 0, "GMT")`, `weekdayRange("MON", "FRI", "GMT")`,
			`weekdayRange("SAT")`, `weekdayRange("FRI", "MON")`, `shExpMatch("www.hotmail.com", "*hotmail.com*")`,
			`shExpMatch("abcdomain.com", "(*.abcdomain.com|abcdomain.com)")`, `shExpMatch("foo.abcdomain.com", "(*.abcdomain.com|abcdomain.com)")`,
			`shExpMatch("a.com", "?.com")`,
		}, []string{
			`timeRange(0, 0, 0, 30)`, `timeRange(0, 0, 0, 0, 30, 0)`, `timeRange(0, 0, 0, 0, 30, 0, "GMT")`, `weekdayRange("MON", "FRI")`,
			`weekdayRange("SAT", "GMT")`, `weekdayRange("SAT", "MON", "GMT")`, `weekdayRange("SOME", "RANDOM")`, `weekdayRange("RANDOM")`,
			`shExpMatch("http://home.example.com/people/yourpage/index.html", ".*/mypage/.*")`, `shExpMatch("ab.com", "?.com")`,
			`shExpMatch("abddomain.com", "(*.abcdomain.com|abcdomain.com)")`, `shExpMatch("abcdomain.com", "*.n.com")`,
		}},
	} {
		host := testHost()
		host.Now = func() time.Time { return of.now }
		for want, list := range map[bool][]string{true: of.yes, false: of.no} {
			for _, e := range list {
				s, err := Parse("p", []byte(`function FindProxyForURL(url, host) { return "PROXY p" + (`+e+`) + ":1"; }`))
				if err != nil {
					t.Fatalf("%s: %v", e, err)
				}
				a, err := s.Find(t.Context(), host, &url.URL{Scheme: "https", Host: "a.example"})
				if err != nil || a.Text != fmt.Sprintf("PROXY p%v:1", want) {
					t.Errorf("at %v %s: %s, want %v %v", of.now, e, a.Text, want, err)
				}
			}
		}
	}
}
