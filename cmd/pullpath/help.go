package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pullpath/internal/hint"
	"pullpath/internal/redact"
	"pullpath/internal/report"
)

// theme is a group of flags in the help of a command.
type theme struct {
	title string
	flags []string
}

// otherFlags is the title of the flags that belong to no theme.
const otherFlags = "Other flags"

// themesOf returns the groups in which the flags of a command are shown. A command with few
// flags has none.
func themesOf(command string) []theme {
	switch command {
	case "pullpath", "check":
		return checkThemes()
	case "watch":
		return append([]theme{{"The watch", []string{"every", "until", "strict-rate", "exec"}}}, checkThemes()...)
	case "mock", "replay":
		return mockThemes()
	}
	return nil
}

func checkThemes() []theme {
	return []theme{
		{"What is checked", []string{"profile", "all-required", "client", "platform", "blob-bytes", "full", "repeat", "no-mirrors",
			"root", "mock"}},
		{"Login at the registry", []string{"user", "password-stdin", "authfile", "anonymous", "auth-flow", "realm", "as-article",
			"retry-rejected", "withhold-from-interceptors"}},
		{"Proxy", []string{"proxy", "noproxy", "pac", "wpad", "proxy-user", "proxy-basic", "proxy-digest", "proxy-ntlm", "proxy-negotiate"}},
		{"Names, addresses, time", []string{"resolver", "resolve", "connect-to", "ipv4", "ipv6", "timeout", "hop-timeout"}},
		{"Trust", []string{"cacert", "public-roots", "ct-logs", "signatures"}},
		{"Side probes", []string{"no-probes", "deep", "control", "trace"}},
		{"In a fleet", []string{"node", "label", "report-only"}},
		{"Output", []string{"output", "quiet", "verbose", "failures", "strict", "anonymize", "keep-bodies", "save-chain", "events",
			"pcap", "keylog", "keylog-with-login", "no-color", "no-progress", "help"}},
	}
}

func mockThemes() []theme {
	return []theme{
		{"Faults", []string{"fault", "as", "deny", "intercept", "trust-interceptor", "proxy-login", "list"}},
		{"Network", []string{"profile", "direct", "layer-size", "transparent", "max-delay", "scenario", "print-scenario"}},
		{"Serving", []string{"listen", "listen-anywhere", "ca-dir", "shell", "admin", "log", "pcap", "verbose", "help"}},
	}
}

// setHelp gives a command and those below it a help that fits the terminal.
func setHelp(root *cobra.Command, s streams) {
	root.SetHelpFunc(func(c *cobra.Command, _ []string) {
		c.InitDefaultHelpFlag()
		_, _ = fmt.Fprint(c.OutOrStdout(), helpOf(c, helpWidth(terminalWidth(s.out))))
	})
	refuseUnknownTopics(root)
	root.SetUsageFunc(func(c *cobra.Command) error {
		_, err := fmt.Fprint(c.OutOrStderr(), helpOf(c, helpWidth(terminalWidth(s.out))))
		return err
	})
}

// refuseUnknownTopics makes an error of a word that help knows nothing of. The library shows
// the whole help then.
func refuseUnknownTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	c, _, err := root.Find([]string{"help"})
	if err != nil || c == root {
		return
	}
	c.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		if found, _, err := root.Find(args); err == nil && found != root {
			return nil
		}
		return hint.New(fmt.Sprintf("help: no command or topic %q", redact.Argument(args[0])),
			joinHints(hint.DidYouMean(args[0], helpNames(root)), "see pullpath --help"))
	}
}

// helpNames are the commands and the topics that help has a page for.
func helpNames(root *cobra.Command) []string {
	out := commandNames(root)
	for _, c := range root.Commands() {
		if c.IsAdditionalHelpTopicCommand() {
			out = append(out, c.Name())
		}
	}
	return out
}

// helpWidth is the width of a help: that of the terminal, and no wider than is good to read.
func helpWidth(terminal int) int {
	const least, usual, most = 40, 80, 100
	if terminal == 0 {
		return usual
	}
	return min(max(terminal, least), most)
}

// helpOf returns the help of a command, no line wider than width.
func helpOf(c *cobra.Command, width int) string {
	var out strings.Builder
	for i, paragraph := range unbroken(about(c)) {
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString(report.Hang("", paragraph, 0, width))
	}
	if c.Runnable() {
		out.WriteString("\nUsage:\n" + report.Hang("  ", written(c)+flagsMark(c), 4, width))
	}
	if c.HasExample() {
		out.WriteString("\nExamples:\n")
		for line := range strings.Lines(c.Example) {
			out.WriteString(report.HangCommand("  ", strings.TrimSpace(line), 2, width))
		}
	}
	commandLines(&out, c, width)
	for _, g := range flagGroups(c) {
		out.WriteString("\n" + g.title + ":\n")
		for _, name := range g.flags {
			out.WriteString(flagLine(c.Flags().Lookup(name), width))
		}
	}
	return out.String()
}

// about is what a command says of itself: the long text, or the short one as a sentence.
func about(c *cobra.Command) string {
	if c.Long != "" {
		return c.Long
	}
	return c.Short + "."
}

// unbroken splits a text at its empty lines. The other ends of lines are those of the source,
// not of the text, and a tab stands before a command.
func unbroken(text string) []string {
	out := strings.Split(strings.TrimSpace(text), "\n\n")
	for i, p := range out {
		out[i] = strings.NewReplacer("\n", " ", "\t", "    ").Replace(p)
	}
	return out
}

func flagsMark(c *cobra.Command) string {
	if c.Flags().HasAvailableFlags() {
		return " [flags]"
	}
	return ""
}

// commandLines writes the commands below a command, and the topics of help.
func commandLines(out *strings.Builder, c *cobra.Command, width int) {
	for _, sort := range []struct {
		title string
		has   func(*cobra.Command) bool
	}{
		{"Commands", func(sub *cobra.Command) bool { return sub.IsAvailableCommand() }},
		{"More help, by pullpath help TOPIC", func(sub *cobra.Command) bool { return sub.IsAdditionalHelpTopicCommand() }},
	} {
		var lines []string
		for _, sub := range c.Commands() {
			if sort.has(sub) {
				lines = append(lines, report.Hang(fmt.Sprintf("  %-12s ", sub.Name()), sub.Short, 15, width))
			}
		}
		if len(lines) > 0 {
			out.WriteString("\n" + sort.title + ":\n" + strings.Join(lines, ""))
		}
	}
}

// flagGroups returns the flags of a command by theme, those without one at the end.
func flagGroups(c *cobra.Command) []theme {
	var out []theme
	left := map[string]bool{}
	c.Flags().VisitAll(func(f *pflag.Flag) { left[f.Name] = !f.Hidden })
	for _, t := range themesOf(c.Name()) {
		t.flags = slices.DeleteFunc(slices.Clone(t.flags), func(name string) bool { return !left[name] })
		for _, name := range t.flags {
			left[name] = false
		}
		if len(t.flags) > 0 {
			out = append(out, t)
		}
	}
	rest := theme{title: "Flags"}
	if len(out) > 0 {
		rest.title = otherFlags
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if left[f.Name] {
			rest.flags = append(rest.flags, f.Name)
		}
	})
	if len(rest.flags) > 0 {
		out = append(out, rest)
	}
	return out
}

// flagColumn is where the texts of flags begin.
const flagColumn = 26

// flagLine returns the lines of a flag. A name that is too long for its column has a line of
// its own.
func flagLine(f *pflag.Flag, width int) string {
	name, text := flagTexts(f)
	lead := fmt.Sprintf("  %-*s", flagColumn-2, name)
	if len(name) > flagColumn-4 {
		return "  " + name + "\n" + report.Hang(strings.Repeat(" ", flagColumn), text, flagColumn, width)
	}
	return report.Hang(lead, text, flagColumn, width)
}

// flagTexts returns how a flag is written, and what it does, with its default.
func flagTexts(f *pflag.Flag) (name, text string) {
	value, text := pflag.UnquoteUsage(f)
	if !strings.Contains(value, "|") { // that is a choice of words
		value = strings.ToUpper(value)
	}
	if f.Name == "help" {
		text = "show this help"
	}
	name = "    --" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", --" + f.Name
	}
	switch {
	case f.Value.Type() == "bool":
	case f.NoOptDefVal != "":
		name += "[=" + value + "]"
	default:
		name += " " + value
	}
	switch f.DefValue {
	case "", "false", "0", "[]":
		return name, text
	}
	return name, text + " (default " + f.DefValue + ")"
}
