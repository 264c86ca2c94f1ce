package main

import (
	"os"

	"github.com/mattn/go-isatty"
	"golang.org/x/sys/windows"
)

// obeysEscapes makes a console obey escape sequences, and reports whether it does: one of Windows has to be
// asked, and before Windows 10 it cannot
// (https://learn.microsoft.com/en-us/windows/console/console-virtual-terminal-sequences). A terminal of
// Cygwin obeys by itself.
func obeysEscapes(f *os.File) bool {
	if isatty.IsCygwinTerminal(f.Fd()) {
		return true
	}
	var mode uint32
	console := windows.Handle(f.Fd())
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return false
	}
	return mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0 ||
		windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
