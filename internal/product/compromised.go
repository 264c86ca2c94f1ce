package product

// Leaked is an authority whose private key is public: whoever has it can sign for
// any name, and a client that trusts it trusts everybody.
type Leaked struct {
	Name string
	// SPKI is the SHA-256 of the public key, hex.
	SPKI string
	Cite string
}

// leaked lists the authorities that were installed on other people's machines. The
// keys are those of Chromium's list of blocked ones.
var leaked = []Leaked{
	{"goproxy's example CA", "c012de113a81789eb5c392c0580156bbc281f9f93e07f08cafa3329672e6993b",
		"github.com/elazarl/goproxy certs.go, which holds the key"},
	{"Superfish", "4bb8f35ba1e126f8dde1b0c420625ed86dce61a7bddadbdea9aba578ff13145e", chromiumBlocklist + "Superfish"},
	{"eDellRoot", "cdee9f3305572a677e1a6c82dc1e02a35b11cae6a684338c9f37fe1ac8daec23", chromiumBlocklist + "Dell"},
	{"DSDTestProvider (Dell)", "130ad4e0633521290531b6651f5759b0bc7bc656709ff8f365c2143b0389b6f6", chromiumBlocklist + "Dell"},
	{"Mitel", "490b6ec6beb2d6034720b5149b6b29cd35515988cc16af854148b07b9b1f8a11", chromiumBlocklist + "Mitel"},
	{"Mitel", "6adb8e3e055460922d1501cb97f94c6a02e39c8f2774ca408825b7b58379dc14", chromiumBlocklist + "Mitel"},
	{"Mitel", "707d364e72ae521431dd953897f9c4846d5b8c324298fe53fbd4ada1f2d1157f", chromiumBlocklist + "Mitel"},
	{"Sennheiser HeadSetup", "0c43ea8bcde9fc3bca165664ac8215567e3489d5393a0c81e1a79141992e1953", chromiumBlocklist + "Sennheiser"},
	{"Sennheiser HeadSetup", "8f591f7aa4dc3efe9490c38a4692c9011ed128f1de595569406d77b6fa1f6b4c", chromiumBlocklist + "Sennheiser"},
	{"Cyberoam's default CA", "1af56c98ff043ef92bebff54cebb4dd67a25ba956c817f3e6dd3c1e52eb584c1",
		chromiumBlocklist + "Cyberoam; CVE-2012-3372"},
}

const chromiumBlocklist = "chromium/chromium, net/cert/cert_verify_proc_blocklist.inc and net/data/ssl/blocklist/README.md: "

// LeakedKey looks a public key up among the authorities whose private key is public.
func LeakedKey(spki string) (Leaked, bool) {
	for _, l := range leaked {
		if l.SPKI == spki {
			return l, true
		}
	}
	return Leaked{}, false
}
