package settings

import (
	"time"

	"pullpath/internal/route"
)

type Process struct {
	PID      int
	Exe      string
	Args     []string
	Env      route.Environment
	Started  time.Time
	Readable bool
}

func Processes(root *Root) []Process { return nil }

type Build struct {
	Go, Version  string
	StrictColons bool
}

func GoBuild(root *Root, binary string) (Build, bool) { return Build{}, false }
func PackageVersion(root *Root, name string) string   { return "" }
func ClientVersion(root *Root, tool string) string    { return "" }
func HasProgram(root *Root, name string) bool         { return false }
