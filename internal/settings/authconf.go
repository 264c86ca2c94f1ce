package settings

import "pullpath/internal/route"

// CredentialHelpers returns credential-helpers of registries.conf: the programs that
// podman, skopeo and buildah ask for a login, in their order, and the file that sets
// them. The name containers-auth.json stands for the auth files; where nothing is set,
// only these are read (containers-registries.conf(5)). named is the value of
// CONTAINERS_REGISTRIES_CONF.
func CredentialHelpers(root *Root, home, named string) (helpers []string, file string) {
	var env route.Environment
	if named != "" {
		env = route.Environment{{Name: "CONTAINERS_REGISTRIES_CONF", Value: named}}
	}
	for _, name := range registriesFiles(root, home, env) {
		if found := tomlList(root, name, "credential-helpers"); found != nil {
			helpers, file = found, name // a later file replaces the list (sysregistriesv2)
		}
	}
	return helpers, file
}

// CRIOAuthFile returns global_auth_file of CRI-O: the file from which it takes the
// logins that no pull secret brings. It is empty where none is set (crio.conf(5)).
func CRIOAuthFile(root *Root) string {
	out := ""
	for _, name := range append([]string{"/etc/crio/crio.conf"}, root.Glob("/etc/crio/crio.conf.d/*")...) {
		for _, value := range tomlList(root, name, "crio.image.global_auth_file") {
			out = value
		}
	}
	return out
}

// tomlList returns the values of a key in a file, nil where the file does not set it.
func tomlList(root *Root, name, key string) []string {
	text, ok := root.text(name)
	if !ok {
		return nil
	}
	values, _, err := parseTOML(text)
	if err != nil {
		return nil // reported by the reader of the rest of the file
	}
	var out []string
	for _, v := range values {
		if v.path == key && v.text != "" {
			out = append(out, v.text)
		}
	}
	return out
}
