package catalogue

import (
	"pullpath/internal/diagnosis"
	"pullpath/internal/fault"
)

// Files of logins in the Worlds below: podman's and docker's of root.
const (
	podmanLogins = "/root/.config/containers/auth.json"
	dockerLogins = "/root/.docker/config.json"
)

// stored is a World in which an image is pulled by a client with these files.
func stored(title, client string, files map[string]string, helpers ...string) fault.World {
	return fault.World{Title: title, Direct: true, Targets: []string{fault.Image + ":" + fault.ImageTag}, Files: files, Client: client,
		Stored: &fault.Stored{Helpers: helpers}}
}

// storedFiles are what can be wrong with the files.
func storedFiles() []storedRow {
	broken := fault.AuthFile("registry.redhat.io", fault.AccountUser, fault.AccountPassword)
	other := broken[:len(broken)-len("}}\n")] + `, "harbor.corp.example": {"auth": "***"}}}`
	return []storedRow{
		{code: "auth-file-broken", audience: diagnosis.HostAdmin, title: "the login file {where} cannot be used",
			means:  "The client gives up before it asks the registry, or goes on as nobody; what it prints seldom names the file.",
			remedy: "mend {where}, or move it away and log in again",
			cite:   []string{"containers/image, pkg/docker/config/config.go, parse", "docker/cli, cli/config/configfile/file.go, LoadFromReader", "docker/cli#4501"},
			world:  stored("podman's file is cut", "podman", map[string]string{podmanLogins: `{"auths": {"registry.redhat.io": {`}),
			also: []fault.World{stored("docker's file has a proxy of the wrong type", "docker",
				map[string]string{dockerLogins: `{"proxies": "http://proxy.corp.example:3128", ` + broken[1:]}),
				stored("docker's file is cut, and podman has its own", "podman", map[string]string{podmanLogins: rightLogin(), dockerLogins: `{"auths": {`})}},
		{code: "auth-entry-broken", audience: diagnosis.HostAdmin, title: "one entry of {where} cannot be decoded: {entry}",
			means:  "docker and crane decode every entry before they use one, so a broken one takes all registries with it and the message does not name it. podman fails for that entry alone.",
			remedy: "log out of {entry} and in again, or take the entry out of {where}",
			cite:   []string{"libraries section 4, measured", "docker/cli, cli/config/configfile/file.go, decodeAuth"},
			world:  stored("another registry's entry breaks docker", "docker", map[string]string{dockerLogins: other}),
			also:   []fault.World{stored("the entry breaks docker, and podman passes", "podman", map[string]string{dockerLogins: other})}},
		{code: "auth-helper-failed", audience: diagnosis.HostAdmin, title: "the credential helper for {registry} does not answer",
			means:  "The file hands the login over to a program. Without its answer the client gives up, even for images that need no login.",
			remedy: "install the helper or put it into PATH; or take credsStore and credHelpers out of {where} and log in again",
			cite:   []string{"libraries section 4, measured", "docker-credential-helpers, client/client.go"},
			world: stored("the helper of docker's file is not installed", "docker",
				map[string]string{dockerLogins: `{"credsStore": "desktop"}`})},
		{code: "auth-entry-hidden", audience: diagnosis.HostAdmin, title: "a helper is asked in place of the login in {where}", fatal: true,
			means:  "With credsStore or credHelpers the entries of the file count for nothing to docker and crane; podman reads them. The helper answered that it has no login.",
			remedy: "take the helper out of {where}, or log in again so that the helper has it",
			cite:   []string{"docker/cli, cli/config/credentials/native_store.go, Get", "libraries section 4, measured"},
			world: stored("a store without a login hides the entry", "docker",
				map[string]string{dockerLogins: `{"credsStore": "pass", ` + broken[1:]}, "pass")},
		{code: "auth-files-disagree", audience: diagnosis.HostAdmin, title: "two files hold different logins for {registry}",
			means:  "Each client takes the one that it reads first. A login that works in one says nothing about the other, and an expired one is easily left behind.",
			remedy: "log out of {registry} with the client that is not used, or log in again with both",
			cite:   []string{"libraries section 4, measured", "containers-auth.json(5)"},
			world: stored("docker's login differs from podman's", "podman", map[string]string{podmanLogins: rightLogin(),
				dockerLogins: fault.AuthFile("registry.redhat.io", fault.AccountUser, "an-older-Passw0rd-20ab")})},
	}
}

// storedForms are what can be wrong with a login itself.
func storedForms() []storedRow {
	form := func(user, secret string) map[string]string {
		return map[string]string{podmanLogins: fault.AuthFile("registry.redhat.io", user, secret)}
	}
	return []storedRow{
		{code: "auth-credentials-newline", audience: diagnosis.AccountOwner, title: "the secret for {registry} ends in a line break", fatal: true,
			means:  "It was made with \"echo ... | base64\", or pasted with its line end. Every client keeps the line break and sends it; the token server compares it with the secret.",
			remedy: "log in again; by hand: printf '%s' 'NAME:SECRET' | base64 -w0",
			cite:   []string{"libraries section 4, measured: kept by all", "base64(1)"},
			world:  stored("the secret was encoded with its line end", "podman", form(fault.AccountUser, fault.AccountPassword+"\n"))},
		{code: "auth-credentials-malformed", audience: diagnosis.AccountOwner, title: "the login for {registry} cannot be what was meant", fatal: true,
			means:  "The form alone says so, whatever the server answers. Upper or lower case in a service account's name is not the matter: these names are case-insensitive.",
			remedy: "quote the name in a shell ('NUMBER|NAME'), and give the secret by --password-stdin or a file; a terminal cuts a paste at 4,095 bytes",
			cite: []string{"article 3560571 and its comments", "redhat-cop/openshift-toolkit#69", "Linux, drivers/tty/n_tty.c, N_TTY_BUF_SIZE",
				"registries section 1.4"},
			world: stored("a shell took the | for a pipe", "podman", form("11009103", fault.AccountPassword)),
			also: []fault.World{stored("the secret is a JWT that was cut", "podman", form(fault.AccountUser, "eyJhbGciOiJSUzUxMiJ9.eyJzdWIiOiIxIn0.c2ln")),
				stored("a blank was pasted along", "podman", form(fault.AccountUser, fault.AccountPassword+" ")),
				stored("the password stands in quotes", "podman", form(fault.AccountUser, `"`+fault.AccountPassword+`"`))}},
	}
}
