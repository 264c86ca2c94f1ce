package vantage

import (
	"runtime"

	"pullpath/internal/desktop"
	"pullpath/internal/route"
	"pullpath/internal/settings"
)

// ProcessEnvironment returns the variables of this process as its system has them: on Windows
// under either spelling.
func ProcessEnvironment(environ []string) route.Environment {
	env := settings.ProcessEnvironment(environ)
	if runtime.GOOS == string(settings.Windows) {
		return desktop.BothCases(env)
	}
	return env
}

// LoginEnvironment returns what a new shell of a folder's host finds, as far as files show it.
func LoginEnvironment(root *settings.Root, home string) settings.Login {
	if root.System() == settings.Linux {
		return settings.LoginEnvironment(root, home)
	}
	return desktop.Login(root, home)
}
