package credentials

import (
	"strings"

	"pullpath/internal/redact"
)

// complaintWords are the words of which the helpers' own complaints are made
// (docker-credential-helpers: pass, secretservice, osxkeychain, wincred; amazon-ecr-
// credential-helper; docker-credential-gcr; pass(1), gpg(1), D-Bus).
const complaintWords = `a access account agent already an and another any api are as at auth authentication authorization auto autolaunch
available aws bad be because been being bin broken bus but by call called calling can cannot cant card certificate client code collection
command config configuration configured connect connecting connection could couldnt create credential credentials daemon dbus decrypt
decryption default denied device did directory display dns does doesnt domain down empty encrypted encryption entry env environment error
errors exceeded exec execute executable exist exists exit expired failed failure fatal file files find first folder for found freedesktop
from gcloud get getting gnupg go gpg gpg2 had has have helper home host id ids in initialize initialized interaction internal into invalid
io is issue it item items its kernel key keychain keyring keys language launch like link list local locate lock locked login logged lookup
mac machine manager method missing must my name named native network no none not nothing object of on only open openssl opening operation
option or org os out output parameter parse parsing pass password path permission pinentry please process profile program prompt protocol
provided provider public read reading refresh refused region registry remote request required resource response result retrieve returned
root run running secret secrets security send server service services session set setup signal since socket specified start started status
stderr stdin stdout store stored string such support supported system temporarily terminal the there this time timed timeout to token
tool trust try tty type unable unauthorized unavailable unexpected unknown unlock unmarshal unsupported usage use used user usernames using
valid value variable version was were when while windows with without write wrong x11 you your`

// vocabulary makes a set of the words.
func vocabulary() map[string]bool {
	out := map[string]bool{}
	for word := range strings.FieldsSeq(complaintWords) {
		out[word] = true
	}
	return out
}

// shortNumber is how many digits of a number are shown: those of an exit status. A
// longer one may be a PIN.
const shortNumber = 3

// shownComplaint returns what of a helper's stderr may be shown. A helper holds the
// secrets of all registries, most of which this run does not know, and a short one looks
// like any word. So the words that helpers complain in are shown, and no other.
func shownComplaint(text string) string {
	known := vocabulary()
	var out []string
	for word := range strings.FieldsSeq(text) {
		bare := strings.ToLower(strings.Map(letters, word))
		number := bare != "" && strings.Trim(bare, "0123456789") == "" && len(bare) <= shortNumber
		switch {
		case known[bare] && len(word)-len(bare) <= 2 || number && len(word)-len(bare) <= 2:
			out = append(out, word)
		case len(out) == 0 || out[len(out)-1] != redact.Mark:
			out = append(out, redact.Mark)
		}
	}
	return redact.Text(strings.Join(out, " "), maxHelperError)
}

// letters takes out of a word the signs that stand at its ends or in "can't".
func letters(r rune) rune {
	if strings.ContainsRune(".,:;!?'\"()`$-", r) {
		return -1
	}
	return r
}
