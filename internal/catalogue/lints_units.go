package catalogue

import (
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
)

// unitLints are about units, drop-ins and environment files.
func unitLints() []lint {
	return []lint{
		{code: "unit-percent-dropped", remarks: []string{"percent-drops-assignment", "percent-expanded", "invalid-escape", "escape-expanded"},
			severity: diagnosis.Error, title: "an assignment in a unit is dropped or changed by systemd", cite: append(measured("PX016", "systemd 237, 247, 252"),
				"failures A3: docker/for-linux#1149, systemd/systemd#9842", "systemd.unit(5), Specifiers"),
			means:  "In Environment= a percent begins a specifier and a backslash an escape. The service starts without the variable and says nothing.",
			remedy: "double the percent",
			world:  ofDocker("[Service]\nEnvironment=\"HTTPS_PROXY=http://svc:p%40ss@proxy.corp.example:3128\"\n")},
		{code: "percent-doubled", severity: diagnosis.Error, title: "a doubled percent stays doubled", cite: measured("PX017", "systemd 252; C20"),
			means:  "Doubling is for Environment= in units only. Elsewhere the value is no URL for Go, and the proxy is ignored without a word.",
			remedy: "write one percent",
			world: ofDocker("[Service]\nEnvironmentFile=/etc/sysconfig/docker\n", "/etc/sysconfig/docker",
				"HTTPS_PROXY=http://svc:p%%40ss@proxy.corp.example:3128\n")},
		{code: "environment-file-line-ignored", remarks: []string{"export-ignored", "comment-in-value", "invalid-assignment", "comment-cuts-value",
			"backslash-removed", "reference-not-expanded"}, title: "a line of an environment file does not do what it says", cite: measured("PX018", "systemd 237, 247, 252"),
			means:  "systemd and PAM read NAME=VALUE and nothing of a shell: no export, no comment behind a value, no $NAME.",
			remedy: "write plain NAME=VALUE lines",
			world:  ofDocker("[Service]\nEnvironmentFile=/etc/sysconfig/docker\n", "/etc/sysconfig/docker", "export HTTPS_PROXY="+fault.ProxyURL+"\n")},
		{code: "unit-assignment-cut", remarks: []string{"unquoted-blank"}, title: "an unquoted blank cuts an assignment in a unit", cite: measured("PX019", "systemd 237, 247, 252"),
			means:  "A list with blanks ends at the first one; what follows is lost.",
			remedy: "put the assignment in quotes, the list without blanks", world: ofDocker("[Service]\nEnvironment=HTTPS_PROXY=" + fault.ProxyURL + "\nEnvironment=HTTP_PROXY=" + fault.ProxyURL +
				"\nEnvironment=NO_PROXY=localhost,127.0.0.1,::1,corp.example,.corp.example, lab.example\n")},
		{code: "unit-drop-in-ineffective", remarks: []string{"assignment-outside-section", "setting-in-other-section", "drop-in-without-conf",
			"environment-file-not-absolute"}, title: "a drop-in has no effect", cite: append(measured("PX021", "systemd 237, 247, 252"), "systemd.unit(5)"),
			means:  "systemd passes it over without an error.",
			remedy: "a drop-in is called NAME.conf, lies in UNIT.d and begins with [Service]",
			world:  ofDocker("Environment=\"HTTPS_PROXY=" + fault.ProxyURL + "\"\n")},
		{code: "environment-file-missing", title: "an environment file that a unit names is not there", severity: diagnosis.Info, cite: measured("PX021", "systemd 237, 247, 252"),
			means: "Packages name optional files. One that was meant to hold the proxy lies elsewhere, or was never written.", remedy: "write the file, or correct its name in the drop-in",
			world: ofDocker(dropIn(fault.ProxyURL) + "EnvironmentFile=-/etc/sysconfig/docker-proxy\n")},
	}
}
