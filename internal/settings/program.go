package settings

import "pullpath/internal/route"

// Program is what has to be known of a client in order to find its settings on a host:
// one row of the table of `settings`. Package client has the rows.
type Program struct {
	// Tool is the row's name: "dockerd".
	Tool string
	// Binary is the program; its build or its package tells the version.
	Binary string
	// Packages are those that bring the program; none means one of the binary's name.
	Packages []string
	// Scope says what the row is about where that is not the pull itself.
	Scope string

	// Units are the names under which a service manager starts the program, the usual
	// one first; none for a program that a shell starts.
	Units []string
	// Files are of no other program: they show that a host has the service of the first unit
	// where the unit is missing in what is known of the host.
	Files []string
	// Process is the base name of the running service, empty where a process of that
	// name may be one that a shell started.
	Process string
	// OfUser: the user's own manager starts it, from units below the home directory.
	OfUser bool

	// Family names the rules by which the proxy variables are read. Empty takes the
	// rules of the Go release that built the program.
	Family string
	// FamilyIn, where set, is the family under an environment.
	FamilyIn func(route.Environment) string
	// OneRule tells that the rules of the family do not depend on the version.
	OneRule bool
	// Images tells that the program pulls by containers/image.
	Images bool
	// Version finds the version where the package does not tell it.
	Version func(*Root) string

	// Own puts what the client's own files set over or under the environment. Override
	// does that for a service that reads its files after it has started.
	Own      func(Host, *Client)
	Override func(Host, *Client, Service)

	// Starts are the programs that a service starts for a pull, with the settings that it gives
	// them.
	Starts func(Host, Client, Service) []Client

	// Mirrors reads which hosts a pull asks in place of a registry or before it. Of the
	// rows that share such a file one has it.
	Mirrors func(root *Root, home string, env route.Environment) Registries

	// Engine finds the clients of a product that keeps its settings in files of its own and
	// starts engines by itself, often in a virtual machine; all else but Tool is empty then.
	Engine func(Host) []Client
	// LinuxOnly tells that other systems have no such program, or only a remote control of it.
	LinuxOnly bool

	// Always shows the row though the program is not installed.
	Always bool
	// Library tells that the client is no program but a package of one.
	Library bool
	// FileOnly tells that the client takes its proxy from a file and not from the
	// environment.
	FileOnly bool
	// Vendor tells that it talks to its vendor's hosts alone.
	Vendor bool
	// Trust is where it looks for a registry's CA.
	Trust Trust
}

// service tells that a service manager starts the program.
func (p Program) service() bool { return len(p.Units) > 0 }

// on tells that a host of the system may have the program: one that a service manager starts is
// known on Linux alone.
func (p Program) on(s System) bool {
	return s == Linux || p.Engine != nil || !p.LinuxOnly && !p.service()
}

// packages are the packages that bring the program.
func (p Program) packages() []string {
	if p.Packages == nil {
		return []string{p.Binary}
	}
	return p.Packages
}

// dialect are the rules of a client that is not built by Go; the newest for version "".
func (p Program) dialect(env route.Environment, version string) route.Dialect {
	family := p.Family
	if p.FamilyIn != nil {
		family = p.FamilyIn(env)
	}
	if family == "" {
		family = "go"
	}
	d, err := route.At(family, version)
	if err != nil {
		d = route.Go() // the rows name known families only; a test of package client holds them
	}
	return d
}

// version is what the program's own packaging tells of its version.
func (p Program) version(root *Root) string {
	if p.Version != nil {
		return p.Version(root)
	}
	found, _ := PackageVersion(root, p.packages()...)
	return upstream(found.Version)
}
