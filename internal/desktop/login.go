package desktop

import "pullpath/internal/settings"

// Login returns the environment of a new shell on Windows or macOS.
func Login(root *settings.Root, _ string) settings.Login {
	if root.System() == settings.Windows {
		return settings.Login{Unread: "the environment of user and machine (registry)"}
	}
	return settings.Login{Unread: "the environment of launchd and the shell"}
}
