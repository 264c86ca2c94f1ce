package grid

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pullpath/internal/fault"
	"pullpath/internal/strictyaml"
)

func sameWhenWritten(t *testing.T, world fault.World) {
	t.Helper()
	scenario, err := world.Scenario()
	if err != nil {
		t.Fatal(err)
	}
	text, err := strictyaml.Encode(scenario)
	if err != nil {
		t.Fatal(err)
	}
	var read fault.Scenario
	if err := strictyaml.Decode(text, &read); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	again, err := read.Network()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !reflect.DeepEqual(again, world) {
		t.Errorf("it is read as another (-written +read):\n%s\nfrom\n%s", cmp.Diff(world, again), text)
	}
}
