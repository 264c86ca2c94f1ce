package desktop

import (
	"slices"

	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// PythonProxies gives Python what it takes from the system where no variable names a proxy: the
// static proxies of WinINET or of macOS, and no PAC file
// (https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies).
func PythonProxies(h settings.Host, c *settings.Client) {
	named := slices.ContainsFunc(c.Env, func(v route.Variable) bool { return route.IsVariable(v.Name) && v.Value != "" })
	if h.Root.System() == settings.Linux || named || !c.Installed {
		return
	}
	o := system(h)
	if len(o.Env) > 0 {
		c.Env, c.Dialect = append(slices.Clone(c.Env), o.Env...), route.ForSystem(o.rules())
		return
	}
	if o.unknown != "" && o.Detect.Name == "" && c.Unknown == "" {
		c.Unknown, c.Find = o.unknown, o.find
	}
}
