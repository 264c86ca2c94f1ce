package words

import (
	"fmt"
	"testing"
)

func TestDuration(t *testing.T) {
	for ms, want := range map[float64]string{0: "<1 ms", 1.4: "1 ms", 999.4: "999 ms", 999.6: "1.0 s", 4000: "4.0 s", 30000: "30 s",
		1e300: "1.0e+297 s"} {
		if got := Duration(ms); got != want {
			t.Errorf("Duration(%s) = %q, want %q", fmt.Sprint(ms), got, want)
		}
	}
}
