package serve

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"pullpath/internal/metrics"
	"pullpath/internal/strictyaml"
)

// Config says what is walked, how often, and what may be asked for.
type Config struct {
	Modules  map[string]Module `yaml:"modules"`
	Schedule []Turn            `yaml:"schedule"`
	Metrics  Metrics           `yaml:"metrics"`
}

// Module is a walk that is made again and again, or for whoever asks.
type Module struct {
	// Profile is an allow-list, built in or a file. Its hosts are walked where Targets are not
	// given, and may be asked for.
	Profile string `yaml:"profile"`
	// Targets are hosts and images as on the command line. One that ends in /* stands for every
	// image below it: it may be asked for, and is not walked on a schedule.
	Targets []string `yaml:"targets"`
	Client  string   `yaml:"client"`
	// CA is a file of further roots, PublicRoots one that stands for those of the public web.
	CA          string `yaml:"ca"`
	PublicRoots string `yaml:"public_roots"`
	Signatures  string `yaml:"signatures"`
	// Login uses the logins that the client has stored. Without it none is used: five thousand
	// nodes with one stale password lock an account.
	Login   bool          `yaml:"login"`
	Timeout time.Duration `yaml:"timeout"`
	// MinInterval is how old an answer may be that is given again to whoever asks.
	MinInterval time.Duration `yaml:"min_interval"`
	// NoMirrors asks the named registry only.
	NoMirrors bool `yaml:"no_mirrors"`
	// Hosts are those of the profile, host:port. Whoever reads the configuration fills them in.
	Hosts []string `yaml:"-"`
	// Line is where the module stands in the configuration.
	Line int `yaml:"-"`
}

// Turn is a module on the schedule.
type Turn struct {
	Module string        `yaml:"module"`
	Every  time.Duration `yaml:"every"`
}

// Metrics bound the series.
type Metrics struct {
	PerTarget   *bool `yaml:"per_target"`
	MaxTargets  int   `yaml:"max_targets"`
	MaxFindings int   `yaml:"max_findings"`
}

const (
	// DefaultTimeout ends before Prometheus gives up a scrape of the interval that it has where
	// nobody chose one, a minute, and leaves time for a slow path.
	DefaultTimeout = 25 * time.Second
	// DefaultEvery is how often a module is walked: an alert after two walks comes within half an
	// hour, and 5,000 nodes make 50 requests for a tunnel in a second.
	DefaultEvery = 15 * time.Minute
	// LeastEvery keeps a typing error from making a flood.
	LeastEvery = 5 * time.Second
	// MaxConfig bounds a configuration, in bytes.
	MaxConfig = 1 << 20
	// maxModules bounds the modules: each has up to 190 series.
	maxModules = 32
)

// moduleName is what a module may be called: it is a label and a part of a file's name.
var moduleName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// ParseConfig reads a configuration. Its errors are of type [*strictyaml.Error], with the line.
func ParseConfig(text []byte) (Config, error) {
	var c Config
	if err := strictyaml.Decode(text, &c); err != nil {
		return Config{}, err
	}
	if place, err := c.check(); err != nil {
		return Config{}, &strictyaml.Error{Line: strictyaml.Line(text, place), Err: err}
	}
	c.fill()
	for name, m := range c.Modules {
		m.Line = strictyaml.Line(text, "$.modules."+name)
		c.Modules[name] = m
	}
	return c, nil
}

// check returns what is wrong, and where in the text it stands.
func (c Config) check() (place string, err error) {
	if len(c.Modules) == 0 {
		return "$", errors.New("no modules: there is nothing to walk")
	}
	if len(c.Modules) > maxModules {
		return "$.modules", fmt.Errorf("%d modules, and at most %d are walked", len(c.Modules), maxModules)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Modules)) {
		place := "$.modules." + name
		if !moduleName.MatchString(name) {
			return "$.modules", fmt.Errorf("module %q: a name has small letters, digits, _ and -", name)
		}
		if err := c.Modules[name].check(); err != nil {
			return place, fmt.Errorf("module %s: %w", name, err)
		}
	}
	scheduled := map[string]bool{}
	for i, t := range c.Schedule {
		place := fmt.Sprintf("$.schedule[%d].module", i)
		m, known := c.Modules[t.Module]
		switch {
		case !known:
			return place, fmt.Errorf("no module %q", t.Module)
		case scheduled[t.Module]:
			return place, fmt.Errorf("module %s is there twice", t.Module)
		case t.Every != 0 && t.Every < LeastEvery:
			return fmt.Sprintf("$.schedule[%d].every", i), fmt.Errorf("every %s: the least is %s", t.Every, LeastEvery)
		case len(m.Targets) > 0 && len(m.Walked()) == 0:
			return place, fmt.Errorf("module %s has patterns alone, of which none can be walked on a schedule", t.Module)
		}
		scheduled[t.Module] = true
	}
	if c.Metrics.MaxTargets < 0 || c.Metrics.MaxFindings < 0 {
		return "$.metrics", errors.New("a bound is negative")
	}
	return "", nil
}

func (m Module) check() error {
	switch {
	case m.Timeout < 0 || m.MinInterval < 0:
		return errors.New("a time is negative")
	case m.Profile == "" && len(m.Targets) == 0:
		return errors.New("neither a profile nor targets")
	}
	for _, t := range m.Targets {
		if t == "" || strings.HasPrefix(t, "-") || strings.ContainsAny(strings.TrimSuffix(t, "/*"), "*?[ ") {
			return fmt.Errorf("target %q: a host, host:port or image, or host/* for every image of it", t)
		}
	}
	return nil
}

// fill puts in what was not said.
func (c *Config) fill() {
	for name, m := range c.Modules {
		if m.Timeout == 0 {
			m.Timeout = DefaultTimeout
		}
		c.Modules[name] = m
	}
	for i := range c.Schedule {
		if c.Schedule[i].Every == 0 {
			c.Schedule[i].Every = DefaultEvery
		}
	}
	if c.Metrics.MaxTargets == 0 {
		c.Metrics.MaxTargets = metrics.DefaultTargets
	}
	if c.Metrics.MaxFindings == 0 {
		c.Metrics.MaxFindings = metrics.DefaultFindings
	}
}

// Limits are the bounds of the series.
func (c Config) Limits() metrics.Limits {
	return metrics.Limits{PerTarget: c.Metrics.PerTarget == nil || *c.Metrics.PerTarget, Targets: c.Metrics.MaxTargets,
		Findings: c.Metrics.MaxFindings}
}

// Walked are the targets of a walk on the schedule; none walks the profile.
func (m Module) Walked() []string {
	var out []string
	for _, t := range m.Targets {
		if !strings.HasSuffix(t, "/*") {
			out = append(out, t)
		}
	}
	return out
}

// Allows reports whether a target may be asked for: it is one of the module's, it stands below
// one that ends in /*, or the profile has it. Nothing else is walked: this is no open prober.
func (m Module) Allows(target string) bool {
	if slices.Contains(m.Targets, target) && !strings.HasSuffix(target, "/*") {
		return true
	}
	if slices.ContainsFunc(m.Targets, func(t string) bool {
		below, pattern := strings.CutSuffix(t, "*")
		return pattern && strings.HasPrefix(target, below) && path.Clean(target) == target && !strings.ContainsAny(target, " *")
	}) {
		return true
	}
	return len(m.Targets) == 0 && (slices.Contains(m.Hosts, target) || slices.Contains(m.Hosts, target+":443"))
}
