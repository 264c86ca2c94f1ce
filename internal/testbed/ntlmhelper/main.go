// Command ntlmhelper is a helper for Squid's auth_param ntlm that speaks NTLMv2
// properly, which Squid's own ntlm_fake_auth does not: its challenge points
// behind its own end. For tests only.
//
// Arguments are NAME=PASSWORD. Squid writes "YR BLOB" for a new dialogue and "KK
// BLOB" to go on; the answers are TT (challenge), AF (accepted), NA (refused) and
// BH (broken), see Squid's wiki, Features/AddonHelpers.
package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"os"
	"strings"

	"pullpath/internal/ntlm"
)

func main() {
	users := map[string]string{}
	for _, pair := range os.Args[1:] {
		name, password, _ := strings.Cut(pair, "=")
		users[name] = password
	}
	var challenge ntlm.Challenge
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		verb, blob, _ := strings.Cut(in.Text(), " ")
		message, _ := base64.StdEncoding.DecodeString(blob) // what is none is no message
		var said string
		challenge, said = answer(challenge, verb, message, users)
		if _, err := fmt.Println(said); err != nil {
			return
		}
	}
}

func answer(open ntlm.Challenge, verb string, message []byte, users map[string]string) (ntlm.Challenge, string) {
	if verb == "YR" {
		fresh, err := ntlm.New()
		if err != nil {
			return open, "BH no randomness"
		}
		return fresh, "TT " + base64.StdEncoding.EncodeToString(fresh.Message())
	}
	user, err := open.Verify(message, func(name string) (string, bool) {
		password, known := users[name]
		return password, known
	})
	if err != nil {
		return open, "NA " + err.Error()
	}
	return open, "AF " + user
}
