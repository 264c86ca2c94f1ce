package settings

import (
	"path"
	"slices"
	"strings"
	"time"

	"pullpath/internal/route"
)

// Service is what systemd gives to a unit, as far as the files tell.
type Service struct {
	Name    string
	Scope   Scope
	Found   bool     // there is a unit file that is not masked
	Masked  bool     // it is a link to /dev/null
	Files   []string // what decides, in the order in which it is read: unit, drop-ins, environment files
	Newest  time.Time
	User    string            // User=; "" is root, or the user himself
	Env     route.Environment // DefaultEnvironment=, Environment=, EnvironmentFile=, in the order in which they count
	Program string            // the path that ExecStart= runs, as written
	Flags   []route.Variable  // the proxy flags of ExecStart=, by their names: "--http-proxy"
	// RegistryFlags are those about registries: "--registry-mirror".
	RegistryFlags []route.Variable
	// PluginFlags are those that name the configuration of the kubelet's credential plugins.
	PluginFlags []route.Variable
	Remarks     []Remark
}

// unitState gathers a unit's directives in the order in which systemd reads them.
type unitState struct {
	root  *Root
	known specifiers

	env    []route.Variable
	files  []environmentFile
	unset  []string
	passed []directiveAt
	start  directiveAt
	user   string
}

// environmentFile is one EnvironmentFile= line.
type environmentFile struct {
	pattern  string // absolute, may hold shell metacharacters
	optional bool   // written with a leading dash: systemd is silent if it is missing
	source   string
}

// directiveAt is a value with its "path:line".
type directiveAt struct{ value, source string }

// ReadService reads a unit ("docker.service") with its drop-ins, its environment
// files and the manager's defaults. A unit without a file has Found false, but
// the drop-ins and defaults that would apply.
func ReadService(root *Root, unit string, scope Scope) Service {
	s := Service{Name: unit, Scope: scope}
	file, masked := scope.fragment(root, unit)
	s.Found, s.Masked = file != "" && !masked, masked
	if masked {
		s.Remarks = append(s.Remarks, Remark{Code: UnitMasked, Source: file, Text: "the unit is masked: systemd does not start it"})
		return s
	}
	state := &unitState{root: root, known: unitSpecifiers(unit, scope)}
	if file != "" {
		s.readUnit(state, file)
	}
	names := append([]string{unit}, scope.aliases(root, unit, file)...)
	dropIns, ignored := root.dropIns(scope.dropInDirs(names))
	for _, dropIn := range dropIns {
		s.readUnit(state, dropIn)
	}
	for _, file := range ignored {
		s.Remarks = append(s.Remarks, ignoredDropIn(root, file)...)
	}
	defaults, remarks := defaultEnvironment(root, scope)
	s.Remarks = append(s.Remarks, remarks...)
	s.finish(state, defaults)
	return s
}

// readUnit applies one unit file or drop-in.
func (s *Service) readUnit(state *unitState, file string) {
	text, ok := state.root.text(file)
	if !ok {
		return
	}
	s.touch(state.root, file)
	directives, broken := parseUnit(text)
	for _, b := range broken {
		if b.fatal {
			s.Remarks = append(s.Remarks, Remark{Code: Syntax, Source: at(file, b.line),
				Text: "broken section header: systemd ignores the file from here on"})
		}
	}
	for _, d := range directives {
		s.Remarks = append(s.Remarks, state.take(file, d)...)
	}
}

// touch notes a file that decides.
func (s *Service) touch(root *Root, file string) {
	if !slices.Contains(s.Files, file) {
		s.Files = append(s.Files, file)
	}
	if changed := root.ModTime(file); changed.After(s.Newest) {
		s.Newest = changed
	}
}

// take applies one directive; an empty value resets a list (systemd.exec(5)).
func (u *unitState) take(file string, d directive) []Remark {
	source := at(file, d.line)
	if d.section != "Service" {
		return misplaced(d, source)
	}
	switch d.key {
	case "Environment":
		if d.value == "" {
			u.env = nil
			return nil
		}
		vars, remarks := assignments(d, source, u.known)
		u.env = append(u.env, vars...)
		return append(remarks, exposed(u.root, file, vars)...)
	case "EnvironmentFile":
		return u.takeFile(d.value, source)
	case "UnsetEnvironment":
		words, _ := splitWords(d.value)
		if d.value == "" {
			u.unset = nil
		}
		for _, word := range words {
			u.unset = append(u.unset, u.known.expand(word.text).text)
		}
	case "PassEnvironment":
		if d.value == "" {
			u.passed = nil
		}
		u.passed = append(u.passed, directiveAt{d.value, source})
	case "ExecStart":
		if d.value != "" && u.start.value != "" {
			return nil // only Type=oneshot has several; the first is the program
		}
		u.start = directiveAt{d.value, source}
	case "User":
		u.user = d.value
	}
	return nil
}

// takeFile applies an EnvironmentFile= line.
func (u *unitState) takeFile(value, source string) []Remark {
	if value == "" {
		u.files = nil
		return nil
	}
	pattern, optional := strings.CutPrefix(value, "-")
	e := u.known.expand(pattern)
	switch {
	case e.dropped != "" || e.unknown != "":
		return []Remark{{Code: NotEvaluated, Source: source, Text: "the path holds a specifier, " + e.dropped + e.unknown +
			", which the files do not show"}}
	case !path.IsAbs(e.text):
		return []Remark{{Code: EnvironmentFileShape, Source: source, Text: "the path is not absolute: systemd ignores the line"}}
	}
	u.files = append(u.files, environmentFile{path.Clean(e.text), optional, source})
	return nil
}

// misplaced remarks on a setting that systemd does not read where it stands.
func misplaced(d directive, source string) []Remark {
	switch d.key {
	case "Environment", "EnvironmentFile", "PassEnvironment", "UnsetEnvironment":
	default:
		return nil
	}
	m := Remark{Code: OutsideSection, Source: source, Variable: d.key, Write: "[Service]",
		Text: "stands before any section: systemd ignores it (\"Assignment outside of section\")"}
	if d.section != "" {
		m.Code = OtherSection
		m.Text = "stands in section [" + quoted(d.section) + "]: systemd reads it in [Service] only"
	}
	return []Remark{m}
}

// ignoredDropIn remarks on a file in the drop-in directory that systemd does not read. A
// name with ".conf" in it ("proxy.conf.bak") was put aside on purpose.
func ignoredDropIn(root *Root, file string) []Remark {
	text, ok := root.text(file)
	if !ok || strings.Contains(path.Base(file), ".conf") {
		return nil
	}
	directives, _ := parseUnit(text)
	if !slices.ContainsFunc(directives, func(d directive) bool { return strings.HasPrefix(d.key, "Environment") }) {
		return nil
	}
	return []Remark{{Code: DropInSuffix, Source: file, Text: "systemd reads only files whose names end in .conf here",
		Write: strings.TrimSuffix(file, path.Ext(file)) + ".conf"}}
}

// finish joins the layers: the manager's defaults, Environment=, then
// EnvironmentFile= (core/execute.c, exec_context: strv_env_merge in this order),
// without what UnsetEnvironment= names.
func (s *Service) finish(state *unitState, defaults []route.Variable) {
	s.User = state.user
	all := slices.Concat(defaults, state.env)
	for _, f := range state.files {
		if len(all) > maxVariables {
			state.root.leave("the environment files of %s set more than %d variables", quoted(s.Name), maxVariables)
			break
		}
		all = append(all, s.readEnvironmentFile(state.root, f)...)
	}
	unset := map[string]bool{}
	for _, name := range state.unset {
		unset[name] = true
	}
	if len(unset) > 0 {
		all = slices.DeleteFunc(all, func(v route.Variable) bool { return unset[v.Name] || unset[v.Name+"="+v.Value] })
	}
	program, args := startArguments(state.start, all)
	s.Program, s.Flags, s.RegistryFlags = program, proxyFlags(args), registryFlags(args)
	s.PluginFlags = flagsNamed(args, pluginConfigFlag)
	for _, passed := range state.passed {
		s.Remarks = append(s.Remarks, passedRemarks(passed)...)
	}
	env, remarks := judged(nil, "", all)
	s.Env = env
	s.Remarks = merged(s.Remarks, remarks)
}

// readEnvironmentFile reads the files that one EnvironmentFile= line names. An
// optional one that is missing gets a remark in a drop-in, which somebody wrote on
// purpose; units name many that seldom exist.
func (s *Service) readEnvironmentFile(root *Root, f environmentFile) []route.Variable {
	files := root.Glob(f.pattern)
	if len(files) == 0 && !root.spent() && (!f.optional || strings.HasSuffix(path.Dir(f.source), ".d")) {
		m := Remark{Code: EnvironmentFileGone, Source: f.source, Value: quoted(f.pattern),
			Text: "there is no such file: systemd does not start the service"}
		if f.optional {
			m.Text = "there is no such file, and because of the leading dash systemd says nothing"
		}
		s.Remarks = append(s.Remarks, m)
	}
	var all []route.Variable
	for _, file := range files {
		text, ok := root.text(file)
		if !ok {
			continue
		}
		s.touch(root, file)
		vars, remarks := envFile(file, text)
		if all = append(all, vars...); len(all) > maxVariables {
			root.leave("the environment files of %s set more than %d variables", quoted(s.Name), maxVariables)
			return all[:maxVariables]
		}
		s.Remarks = append(s.Remarks, remarks...)
		s.Remarks = append(s.Remarks, exposed(root, file, vars)...)
	}
	return all
}

// passedRemarks remarks on variables that come from the manager's own environment.
func passedRemarks(passed directiveAt) []Remark {
	var remarks []Remark
	for name := range strings.FieldsSeq(passed.value) {
		if relevant(name) {
			remarks = append(remarks, Remark{Code: PassedEnvironment, Source: passed.source, Variable: name,
				Text: "the manager passes on its own value, which is in no file"})
		}
	}
	return remarks
}
