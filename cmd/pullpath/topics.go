package main

import (
	"strings"

	"github.com/spf13/cobra"

	"pullpath/internal/vantage"
	"pullpath/mockproxy"
)

// A topic is a text that is true of several commands: pullpath help TOPIC shows it, and the
// manual pages have it as a section.

// newTopics returns the topics of help.
func newTopics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-status", Short: "What the exit status says", Long: paragraphs(exitStatusTexts())},
		{Use: "environment", Short: "Which variables are read", Long: paragraphs(environmentTexts())},
		{Use: "files", Short: "Which files are read", Long: paragraphs(filesTexts())},
	}
}

// meaning is a word with what it means.
type meaning struct{ word, means string }

// paragraphs are terms as text.
func paragraphs(terms []meaning) string {
	var out []string
	for _, t := range terms {
		out = append(out, t.word+": "+t.means)
	}
	return strings.Join(out, "\n\n")
}

// exitStatusTexts say what the exit status means (docs/rules.md#exit-status).
func exitStatusTexts() []meaning {
	return []meaning{
		{"0", "no error was found; with --strict no warning either. compare: all reports saw the same. settings: also with findings, " +
			"unless --strict is given."},
		{"1", "at least one error was found; with --strict at least one warning. compare: the reports differ."},
		{"2", "the run could not be made or finished: a wrong flag, a file that cannot be read, an interrupt, the end of --timeout."},
		{"mock and replay with CMD", "the exit status of CMD."},
		{"-o nagios on stdout", "that of a plugin: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN."},
	}
}

// environmentTexts say which variables are read besides those that stand for flags.
func environmentTexts() []meaning {
	return []meaning{
		{"PULLPATH_FLAG", "stands for the flag of this name, in capitals and with _ for -: PULLPATH_PROFILE for --profile. A flag that is " +
			"given wins. The variable of a flag that may be repeated is split at blanks: PULLPATH_OUTPUT='table json=report.json'. A " +
			"switch takes true or false."},
		{vantage.UserVariable + ", " + vantage.PasswordVariable, "the login at the registry, where -u gives none."},
		{mockproxy.PassVariable, "the file by which a pullpath finds the network of pullpath mock; mock sets it for CMD."},
		{"HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY", "in both cases, as the client under test reads them."},
		{"SSL_CERT_FILE, SSL_CERT_DIR", "the system's trust store, as Go reads it."},
		{"REGISTRY_AUTH_FILE, DOCKER_CONFIG, DOCKER_AUTH_CONFIG", "where the client under test keeps its logins."},
		{"NO_COLOR", "no colour, if it is set and not empty."},
		{"COLUMNS", "the width of tables and texts, in place of that of the terminal."},
	}
}

// filesTexts say which files are read.
func filesTexts() []meaning {
	return []meaning{
		{"A profile", "a YAML file with the hosts of an allow-list; pullpath profiles show prints what is understood. --profile FILE."},
		{"A report", "what -o json=FILE or -o html=FILE has written: for diagnose, compare, ticket, anonymize and replay."},
		{"A scenario", "a YAML file with the flags of mock, and a network; mock --print-scenario writes one."},
		{"Logins", "auth.json of podman, config.json of docker, and their credential helpers, by the rules of the client under test."},
		{"Settings of this host", "systemd units and drop-ins, /etc/environment, the shell's profiles, daemon.json, containers.conf, " +
			"registries.conf, config.toml and hosts.toml of containerd, registries.yaml of k3s and RKE2, dnf.conf, rhsm.conf, " +
			"wgetrc, .curlrc, .gitconfig, /proc/PID/environ of daemons."},
		{"resolv.conf, hosts", "the name servers and fixed addresses of this host."},
	}
}
