package report

import "pullpath/internal/diagnosis"

// painter colours the few words that may be coloured, or leaves them plain. A
// coloured word is never wrapped: a colour that stays open runs over the rest.
type painter bool

const (
	red    = "31;1"
	yellow = "33"
	green  = "32"
	cyan   = "36"
)

func (p painter) paint(colour, word string) string {
	if !p || colour == "" {
		return word
	}
	return "\x1b[" + colour + "m" + word + "\x1b[0m"
}

func (p painter) result(word string) string {
	return p.paint(map[string]string{resultOK: green, resultFail: red, resultWarn: yellow, resultInfo: cyan}[word], word)
}

// severity returns the word before a finding's code, always four columns wide.
func (p painter) severity(s diagnosis.Severity) string {
	switch s {
	case diagnosis.Error:
		return p.paint(red, resultFail)
	case diagnosis.Warning:
		return p.paint(yellow, resultWarn)
	}
	return p.paint(cyan, resultInfo)
}
