package main

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pullpath/internal/cost"

	"github.com/spf13/pflag"

	"pullpath/internal/fault"
	"pullpath/internal/product"
	"pullpath/internal/strictyaml"
)

// TestScenarioSaysWhatTheFlagsSay holds the law: flags, printed as a scenario and
// read again, are the same World.
func TestScenarioSaysWhatTheFlagsSay(t *testing.T) {
	for name, args := range map[string][]string{
		"nothing":  nil,
		"a code":   {"--fault", "proxy-connect-denied"},
		"a fault":  {"--fault", "connect-status:status=403,host=sso.redhat.com,header=X-Squid-Error: ERR_ACCESS_DENIED 0,body=@squid"},
		"several":  {"--fault", "tls-expired:host=cdn.quay.io,1/3", "--fault", "http-body:body=<p>a: 'b', \"c\"</p>", "--direct"},
		"product":  {"--as", "zscaler", "--deny", "sso.redhat.com", "--deny", "cdn.quay.io", "--intercept", "--trust-interceptor"},
		"profile":  {"--profile", "docker", "--layer-size", "3M", "--proxy-login", "wrong"},
		"telling":  {"-v", "--shell", "fish"},
		"openings": {"--transparent", "--fault", "tcp-drop:host=sso.redhat.com"},
	} {
		t.Run(name, func(t *testing.T) {
			var o mockOptions
			flags := pflag.NewFlagSet("mock", pflag.ContinueOnError)
			o.register(flags)
			if err := flags.Parse(args); err != nil {
				t.Fatal(err)
			}
			var text bytes.Buffer
			if err := printScenario(&text, o); err != nil {
				t.Fatal(err)
			}
			again, err := parseScenario(text.Bytes())
			if err != nil {
				t.Fatalf("%v\n%s", err, text.String())
			}
			if !reflect.DeepEqual(o, again) {
				t.Errorf("%+v\nis read as\n%+v\nfrom\n%s", o, again, text.String())
			}
			want, err := o.world()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := again.world(); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, %v\nwant\n%+v", got, err, want)
			}
		})
	}
}

func TestFlagsLieOverAScenario(t *testing.T) {
	o, err := parseScenario([]byte("faults: [tls-expired]\nprofile: quay\ndirect: true\n"))
	if err != nil {
		t.Fatal(err)
	}
	var given mockOptions
	flags := pflag.NewFlagSet("mock", pflag.ContinueOnError)
	given.register(flags)
	if err := flags.Parse([]string{"--fault", "tcp-reset", "--profile", "ghcr"}); err != nil {
		t.Fatal(err)
	}
	if err := o.over(flags); err != nil {
		t.Fatal(err)
	}
	want := mockOptions{Faults: []string{"tls-expired", "tcp-reset"}, Profile: "ghcr", Direct: true}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("%+v, want %+v", o, want)
	}
}

// TestEveryProductCanRefuse: what --as makes of each product is that product's by
// its own signs, or it is refused with a reason.
func TestEveryProductCanRefuse(t *testing.T) {
	served := 0
	for _, row := range product.Rows() {
		o := mockOptions{As: row.Name}
		faults, err := o.productFaults()
		if err != nil {
			if len(row.Chains)+len(row.Pages) > 0 {
				t.Errorf("%s: %v", row.Name, err)
			}
			continue
		}
		served++
		if len(faults) == 0 {
			t.Errorf("%s refuses nothing", row.Name)
		}
	}
	if served < 40 {
		t.Errorf("only %d products", served)
	}
	for name, want := range map[string]string{"fortigate": "Fortinet", "bluecoat": "Symantec ProxySG (Blue Coat)", "SQUID": "Squid"} {
		if r, err := productNamed(name); err != nil || r.Name != want {
			t.Errorf("%s is %s, %v", name, r.Name, err)
		}
	}
	if _, err := productNamed("cisco"); err == nil || !strings.Contains(err.Error(), "Cisco Umbrella") {
		t.Error(err)
	}
}

func TestProfilesHaveTheirImage(t *testing.T) {
	o := mockOptions{Profile: "docker"}
	w, err := o.world()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(w.Hosts, func(h fault.Host) bool { return h.Name == "registry-1.docker.io" }) || len(w.Images) != 1 ||
		len(w.BlobHosts) != 1 {
		t.Errorf("%+v", w)
	}
}

func FuzzParseScenario(f *testing.F) {
	f.Add([]byte("faults: [tls-expired]\nprofile: quay\n"))
	f.Add([]byte("faults:\n- 'connect-status:status=1'\n? x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cost.Linear(t, len(data), func() {
			var wrong *strictyaml.Error
			if _, err := parseScenario(data); err != nil && (!errors.As(err, &wrong) || wrong.Line < 1) {
				t.Errorf("%#v", err)
			}
		})
	})
}

// TestREADMEFaultsMeetTheirNetwork: each fault of the README's examples is about something
// that the network of that example has.
func TestREADMEFaultsMeetTheirNetwork(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile(`(?m)^    .*--fault ([a-z][a-z0-9-]+:(?:'[^'\n]*'|[^ '\n])+)`).FindAllStringSubmatch(string(text), -1)
	for _, m := range examples {
		f, err := readFault(strings.ReplaceAll(m[1], "'", "")) // as a shell passes it on
		if err != nil {
			t.Fatal(err)
		}
		if text := (fault.World{}).Misses(f); text != "" {
			t.Errorf("%s: %s", m[1], text)
		}
	}
	if len(examples) < 6 {
		t.Errorf("only %d examples", len(examples))
	}
}

// TestInspectionThatCouldVerify: --intercept presents no chain by which a product says
// that it could not verify the origin, and denies what --deny names.
func TestInspectionThatCouldVerify(t *testing.T) {
	for _, row := range product.Rows() {
		o := mockOptions{As: row.Name, Intercept: true, Deny: []string{"*"}}
		faults, err := o.productFaults()
		if err != nil {
			continue
		}
		shape, ok := faults[0].(fault.Certificate)
		if !ok || strings.Contains(strings.ToLower(shape.CommonName), "not trusted") ||
			strings.Contains(strings.ToLower(shape.CommonName), "untrust") {
			t.Errorf("%s: %#v", row.Name, faults[0])
		}
		if len(row.Pages) > 0 && len(faults) != 2 {
			t.Errorf("%s denies nothing: %v", row.Name, faults)
		}
	}
}
