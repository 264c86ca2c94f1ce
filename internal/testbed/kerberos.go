//go:build linux

package testbed

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

const (
	kdcAddr = CorpAddr + ":88"
	// Realm is that of the KDC.
	Realm = "CORP"
	// ProxyAlias is another name of corp, see ServeNames; the KDC knows the service
	// under it, and the proxy has no key for it.
	ProxyAlias = "cache.corp"
)

// KDC is a Kerberos realm in corp.
type KDC struct {
	// Config is krb5.conf for clients and for the proxy, Keytab the proxy's key for
	// HTTP/ProxyName.
	Config, Keytab string

	bed *Bed
}

// StartKDC runs MIT Kerberos's KDC in corp, with users by name and password.
func (b *Bed) StartKDC(users map[string]string) KDC {
	b.t.Helper()
	Require(b.t, "kdc")
	dir := b.dir("kdc")
	k := KDC{bed: b, Keytab: filepath.Join(b.dir("squid"), "proxy.keytab"), Config: b.WriteFile("kdc/krb5.conf", []byte(strings.Join([]string{
		"[libdefaults]", " default_realm = " + Realm, " dns_lookup_kdc = false", " dns_lookup_realm = false", " rdns = false",
		" udp_preference_limit = 1", // TCP, so that a KDC that is not there is known at once
		"[realms]", " " + Realm + " = {", "  kdc = " + kdcAddr, " }", "[domain_realm]", " .corp = " + Realm, " corp = " + Realm,
		"[logging]", " kdc = FILE:" + dir + "/kdc.log"}, "\n")+"\n"))}
	profile := b.WriteFile("kdc/kdc.conf", []byte(strings.Join([]string{"[kdcdefaults]", " kdc_listen = " + kdcAddr,
		" kdc_tcp_listen = " + kdcAddr,
		"[realms]", " " + Realm + " = {", "  database_name = " + dir + "/principal", "  key_stash_file = " + dir + "/stash",
		"  acl_file = " + dir + "/acl", " }"}, "\n")+"\n"))
	env := []string{"env", "KRB5_CONFIG=" + k.Config, "KRB5_KDC_PROFILE=" + profile}
	admin := func(args ...string) { b.run(env[0], append(env[1:], args...)...) }
	admin("kdb5_util", "create", "-s", "-r", Realm, "-P", "testbed")
	for name, password := range users {
		admin("kadmin.local", "-q", "addprinc +requires_preauth -pw "+password+" "+name)
	}
	for _, name := range []string{ProxyName, ProxyAlias} {
		admin("kadmin.local", "-q", "addprinc -randkey HTTP/"+name)
	}
	admin("kadmin.local", "-q", "ktadd -k "+k.Keytab+" HTTP/"+ProxyName)
	b.start(daemon{name: "kdc", ns: b.Corp, ready: kdcAddr, logs: []string{"kdc.log"}, argv: append(env, "krb5kdc", "-n", "-r", Realm)})
	return k
}

// Tickets logs a user in by kinit(1) in the client's house and returns the path
// of the ticket cache.
func (k KDC) Tickets(name, password string) string {
	k.bed.t.Helper()
	cache := filepath.Join(k.bed.dir("kdc"), "tickets-"+name)
	ctx, cancel := context.WithTimeout(k.bed.t.Context(), readyWithin)
	defer cancel()
	cmd := k.bed.Command(ctx, k.bed.Client, "kinit", "-c", cache, name)
	cmd.Env = append(cmd.Env, "KRB5_CONFIG="+k.Config)
	cmd.Stdin = strings.NewReader(password + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		k.bed.t.Fatalf("kinit: %v: %s", err, out)
	}
	return cache
}

// Refused counts the passwords that the KDC refused.
func (k KDC) Refused() int {
	k.bed.t.Helper()
	log, err := os.ReadFile(filepath.Join(k.bed.dir("kdc"), "kdc.log"))
	if err != nil {
		k.bed.t.Fatal(err)
	}
	return strings.Count(string(log), "preauth (encrypted_timestamp) verify failure")
}
