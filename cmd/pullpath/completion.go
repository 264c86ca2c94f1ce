package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"pullpath/internal/hint"
	"pullpath/internal/redact"
)

// bashAlone is what the completion for bash takes from the package bash-completion, for
// machines that do not have it: what the library's script calls is defined where it is not.
const bashAlone = `
# Without the package bash-completion these stand in for its functions.
if ! declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
    _get_comp_words_by_ref()
    {
        local line="${COMP_LINE:0:COMP_POINT}"
        IFS=$' \t\n' read -ra words <<<"$line"
        if [[ -z $line || $line == *[[:space:]] ]]; then
            words+=("")
        fi
        cword=$((${#words[@]} - 1))
        cur=${words[cword]}
        prev=${words[cword > 0 ? cword - 1 : 0]}
    }
fi
if ! declare -F _filedir >/dev/null 2>&1; then
    _filedir()
    {
        local name
        while IFS= read -r name; do
            if [[ -d $name || $name =~ \.($1)$ ]]; then
                COMPREPLY+=("$name")
            fi
        done < <(compgen -f -- "$cur")
    }
fi
`

// initCompletion adds the library's command that prints completions. Its own takes any word for
// a wish for help.
func initCompletion(root *cobra.Command, out io.Writer) {
	root.InitDefaultCompletionCmd()
	c, _, err := root.Find([]string{"completion"})
	if err != nil || c == root {
		return
	}
	c.Use, c.Short = "completion SHELL", "Print the completion script for a shell"
	c.Long = "completion prints the script by which a shell completes what is typed behind pullpath. The help of each SHELL " +
		"below says how it is loaded."
	c.Args = arguments(1, -1)
	c.RunE = func(c *cobra.Command, args []string) error {
		shells := commandNames(c)
		return hint.New(fmt.Sprintf("completion: no shell %q is known", redact.Argument(args[0])),
			joinHints(hint.DidYouMean(args[0], shells), "one of "+strings.Join(shells, ", ")))
	}
	completeInBash(root, out)
}

// completeInBash makes the command that prints the completion for bash print one that works
// without the package bash-completion.
func completeInBash(root *cobra.Command, out io.Writer) {
	bash, _, err := root.Find([]string{"completion", "bash"})
	if err != nil || bash.Name() != "bash" {
		return
	}
	bash.Long = "completion bash prints the completion for bash.\n\nLoad it in this shell by\n\n" +
		"source <(pullpath completion bash)\n\nand in every shell by writing it to /etc/bash_completion.d/pullpath, or to " +
		"~/.local/share/bash-completion/completions/pullpath where the package bash-completion is installed; without the " +
		"package, by the line above in ~/.bashrc."
	bash.RunE = func(c *cobra.Command, _ []string) error {
		bare, err := c.Flags().GetBool("no-descriptions")
		if err != nil {
			return err
		}
		if err := root.GenBashCompletionV2(out, !bare); err != nil {
			return err
		}
		_, err = io.WriteString(out, bashAlone)
		return err
	}
}
