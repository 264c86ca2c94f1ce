package grid

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pullpath/internal/fault"
	"pullpath/internal/rebuild"
	"pullpath/internal/strictyaml"
)

// The law: a World, written as a scenario and read again, is the same World. It holds
// for those of the catalogue and for what is rebuilt from reports of them.
func TestEveryNetworkCanBeWritten(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(all())) {
		w := all()[name]
		t.Run(name, func(t *testing.T) {
			sameWhenWritten(t, w.world)
			if w.err == nil && notRebuilt(w.world) == "" {
				world, _ := rebuild.World(saved(t, w), time.Minute)
				sameWhenWritten(t, world)
			}
		})
	}
}

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
		t.Errorf("%+v\nis read as\n%+v\nfrom\n%s", world, again, text)
	}
}
