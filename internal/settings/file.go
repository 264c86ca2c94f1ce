package settings

import (
	"pullpath/internal/route"
)

// File is what one file sets.
type File struct {
	Path    string
	Found   bool              // it exists and could be read
	Env     route.Environment // the variables that matter here, in the order in which they count
	Remarks []Remark
}

// readFile reads a file with a parser that returns variables and remarks.
func readFile(root *Root, name string, parse func(name, text string) ([]route.Variable, []Remark)) File {
	f := File{Path: clean(name)}
	text, ok := root.text(name)
	if !ok {
		return f
	}
	f.Found = true
	vars, remarks := parse(f.Path, text)
	env, more := judged(root, f.Path, vars)
	f.Env, f.Remarks = env, append(remarks, more...)
	return f
}

// ReadEnvironmentFile reads a file of assignments as systemd reads it for
// EnvironmentFile=: /etc/sysconfig/crio, /etc/mco/proxy.env,
// /etc/default/rke2-server. [ReadService] says whether a unit names it.
func ReadEnvironmentFile(root *Root, name string) File { return readFile(root, name, envFile) }
