package vantage

import (
	"testing"
	"time"
)

func TestHopPatience(t *testing.T) {
	for text, want := range map[string]hopPatience{"7s": {limit: 7 * time.Second}, "client": {limit: defaultHopTimeout, client: true}} {
		var got hopPatience
		if err := got.Set(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "5", "clients", "5s "} {
		got := hopPatience{limit: time.Second}
		if err := got.Set(text); err == nil || got.limit != time.Second {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}
