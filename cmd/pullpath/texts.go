package main

import (
	"maps"
	"strings"

	"github.com/spf13/cobra"
)

// commandText is what help and manual say of a command besides its flags.
type commandText struct {
	// long replaces the one line of a command, where it has no more of its own.
	long     string
	examples []string
}

const checkLong = "pullpath walks the path that a container pull takes: proxy settings, DNS, TCP, CONNECT, TLS, token, /v2/, " +
	"manifest, the hosts of the layers. It says at which hop the path breaks, why, and who has to change something.\n\n" +
	"TARGET is a host, host:port or image reference. Without one the profile's hosts are checked. A host of one word is written " +
	"with its port, as in registry:443. The path is that of podman as this user; --client takes another."

// commandTexts are the texts by the path of the command, without the program's name.
func commandTexts() map[string]commandText {
	ofCheck := commandText{long: checkLong, examples: []string{
		"pullpath registry.redhat.io/ubi9/ubi:latest",
		"pullpath --profile openshift -o table -o html=report.html",
		"pullpath -x http://proxy.corp.example:3128 harbor.corp.example:8443",
	}}
	out := map[string]commandText{"": ofCheck, "check": ofCheck}
	for _, texts := range []map[string]commandText{networkTexts(), reportTexts(), hostTexts()} {
		maps.Copy(out, texts)
	}
	return out
}

// networkTexts are those of the commands that serve a network.
func networkTexts() map[string]commandText {
	return map[string]commandText{
		"watch": {
			long: "watch checks again and again, each time the whole path, and by each address of the proxy, of the hosts and of the name " +
				"servers in turn, so that the bad one of two is found. It counts how the walks came out, and says what came with each " +
				"outcome and with no other: an address, a name server, a host of the layers, an hour.\n\n" +
				"At its end it prints the most telling walk. It exits with 0 where the last walk passed. A login that was rejected ends it, " +
				"for more tries may lock the account.",
			examples: []string{
				"pullpath watch --until pass registry.redhat.io/ubi9/ubi",
				"pullpath watch --until 16:00 --every 30s -o json=report.json harbor.corp.example:8443",
				"pullpath watch --until change --exec 'logger \"pulls: $PULLPATH_WATCH_STATUS\"'",
			},
		},
		"serve": {
			long: "serve walks its modules on a schedule and tells over HTTP what they came to: /metrics for Prometheus; /probe?module=M&target=T " +
				"after the contract of blackbox_exporter, for targets that the module allows; /report and /report.html, the last report of " +
				"?module=M; /-/healthy and /-/ready.\n\n" +
				"It is made for many hosts: no login is used unless a module says login: true, the first walk begins at a time that the " +
				"host's name decides, side probes are sent only when something changed, and a module whose login was rejected rests for an " +
				"hour. Without --config the profile is walked every quarter of an hour. SIGHUP reads --config again. See docs/fleet.md.",
			examples: []string{
				"pullpath serve",
				"pullpath serve --root /host --node node7 --config /etc/pullpath/serve.yaml",
				"pullpath serve --listen 10.0.0.7:9719 --listen-anywhere --web-config web.yaml",
			},
		},
		"mock": {
			long: "mock serves a made-up network on loopback: a proxy, a name server, a token server, a registry with an image, the hosts " +
				"of its layers, and certificates of its own, with the faults that you ask for. With CMD it runs CMD inside, with proxy, " +
				"trust store and login in its environment, and exits with its status. Without CMD it serves until it is interrupted, and " +
				"prints what to set elsewhere.",
			examples: []string{
				"pullpath mock --fault proxy-connect-denied -- curl https://sso.redhat.com/",
				"pullpath mock --as zscaler --deny sso.redhat.com",
				"pullpath mock --transparent --fault dns-rcode:rcode=NXDOMAIN,host=sso.redhat.com -- curl https://sso.redhat.com/",
			},
		},
		"replay": {examples: []string{
			"pullpath replay report.json",
			"pullpath replay report.json -- skopeo inspect docker://registry.redhat.io/ubi9/ubi",
			"pullpath replay --print-scenario report.json",
		}},
	}
}

// reportTexts are those of the commands that read a report.
func reportTexts() map[string]commandText {
	return map[string]commandText{
		"diagnose": {
			long: "diagnose names the cause from evidence that people have: a report of this tool (JSON or HTML), or what other programs " +
				"printed: curl -v, openssl s_client, dig, wget, tcpdump, the error lines and logs of container clients, the access log of " +
				"a proxy, a HAR file, the environment, and captures of packets (pcap, pcapng, packed or not). Several files are one " +
				"case; - is stdin. Nothing is sent.\n\n" +
				"A text is put before the same causes as a check. What it does not say was not looked at: where it does not decide, the " +
				"causes that remain stand in order, each with the command that would decide it. Logins in the text are taken out while it " +
				"is read, and it is said that they were there.\n\n" +
				"Of a capture names, TCP, the proxy's dialogue, handshakes and HTTP in clear are read, on any port, and who sent a reset. " +
				"What is inside TLS is read where --keylog, or the file itself, has the client's secrets.\n\n" +
				"Exit status 1: the evidence shows a failure; 2: a file cannot be read, or has no form that is known.",
			examples: []string{
				"pullpath diagnose report.json -o markdown",
				"pullpath diagnose pull.pcap journal.txt",
				"pullpath diagnose report.json --anonymize -o html=shared.html",
			},
		},
		"compare": {
			long: "compare says how each of a few reports came out, and for each host every hop at which they differ. More than six are " +
				"grouped by how they came out, and what the hosts of a group have in common and no others have is named: labels, networks, " +
				"the proxy's address, name servers, the client's version and more. The reports are files, a directory, a pattern, a tar " +
				"archive, or - for JSON on stdin, one report after the other.\n\n" +
				"Two captures of one failure, the client's first, are laid side by side: what one place has and the other has not is lost, " +
				"made or changed between them.\n\n" +
				"It exits with 0 where all came out the same, with 1 where they differ, and with 2 where one could not be read; the others " +
				"are compared all the same.",
			examples: []string{
				"pullpath compare siteA.json siteB.json",
				"pullpath compare reports/ --labels nodes.json",
				"pullpath compare client.pcap outside.pcap",
			},
		},
		"ticket": {
			long: "ticket writes what to ask for: the change, in a part for each team that has to make one, with the evidence and the " +
				"command that shows afterwards that it worked.",
			examples: []string{"pullpath ticket report.json",
				"pullpath ticket report.json --for proxy-admin -o csv",
				"pullpath ticket --group 1a2b3c4d reports/"},
		},
		"anonymize": {
			long: "anonymize writes a saved report as JSON in which internal names, private addresses, users and authorities have " +
				"pseudonyms. One name always has one pseudonym, and the diagnosis is the same.",
			examples: []string{"pullpath anonymize report.json", "pullpath check --anonymize -o json=shared.json",
				"pullpath diagnose report.json --anonymize -o html=shared.html"},
		},
	}
}

// hostTexts are those of the commands about this host, its allow-lists and this program.
func hostTexts() map[string]commandText {
	return map[string]commandText{
		"settings": {examples: []string{
			"pullpath settings",
			"pullpath settings --root ./sosreport-node7 registry.redhat.io",
			"pullpath settings --suggest registry.redhat.io 10.1.2.3",
		}},
		"profiles": {
			long: "profiles lists the built-in allow-lists: the hosts that have to be allowed for a registry or a platform. profiles show " +
				"prints one, and --profile NAME checks it.",
			examples: []string{"pullpath profiles", "pullpath profiles show openshift", "pullpath --profile openshift"},
		},
		"profiles show": {
			long: "profiles show prints an allow-list: each host with its port, whether it is required, what it is for, and where that is " +
				"documented. FILE is a profile of your own.",
			examples: []string{"pullpath profiles show openshift", "pullpath profiles show openshift -o csv", "pullpath profiles show mirror.yaml"},
		},
		"version": {long: "version shows the version, how it was built, and the age of the lists that are built in."},
	}
}

// setTexts gives every command its texts.
func setTexts(root *cobra.Command) {
	texts := commandTexts()
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		t := texts[strings.TrimPrefix(strings.TrimPrefix(c.CommandPath(), root.Name()), " ")]
		if t.long != "" {
			c.Long = t.long
		}
		if len(t.examples) > 0 {
			c.Example = strings.Join(t.examples, "\n")
		}
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(root)
}
