package vantage

import (
	"pullpath/internal/desktop"
	"pullpath/internal/settings"
)

// LoginEnvironment returns what a new shell of a folder's host finds, as far as files show it.
func LoginEnvironment(root *settings.Root, home string) settings.Login {
	if root.System() == settings.Linux {
		return settings.LoginEnvironment(root, home)
	}
	return desktop.Login(root, home)
}
