package transcript

// blocks are the readers of programs whose output has a form of its own. A line that several
// could begin with is the first one's.
func blocks(r *reader) []block {
	return []block{newCurl(r), newOpenSSL(r), newDig(r), newNslookup(r), newResolvectl(r), newGetent(r), newConnecting(r), newWget(r),
		newSquid(r), newTinyproxy(r), newHAProxy(r), newNginxLog(r), newCoreDNS(r), newAnswerHead(r), newPackets(r),
		newEnvironment(r), newResolvConf(r)}
}

// recognisedForms is what a text can be.
const recognisedForms = "a report of this tool, the output of curl -v, wget, openssl s_client, dig, nslookup, host, resolvectl, getent, " +
	"nc, telnet, Test-NetConnection, tcpdump and tshark, an HTTP archive (HAR), heads of answers, the logs of Squid, tinyproxy, " +
	"HAProxy, nginx and CoreDNS, env, resolv.conf, and the error lines and logs of container clients"
