package product

import (
	"testing"

	"pullpath/internal/evidence"
)

// publicIssuers are authorities of the public web, as their leaves name them,
// and private ones whose names have a vendor's letters in them.
func publicIssuers() []struct{ org, cn string } {
	return []struct{ org, cn string }{
		{"Let's Encrypt", "R10"}, {"Let's Encrypt", "E7"}, {"Let's Encrypt", "R3"},
		{"Internet Security Research Group", "ISRG Root X1"},
		{"DigiCert Inc", "DigiCert TLS RSA SHA256 2020 CA1"}, {"DigiCert Inc", "DigiCert Global G2 TLS RSA SHA256 2020 CA1"},
		{"DigiCert Inc", "GeoTrust TLS RSA CA G1"}, {"DigiCert Inc", "Thawte TLS RSA CA G1"}, {"DigiCert Inc", "RapidSSL TLS RSA CA G1"},
		{"Google Trust Services", "WR2"}, {"Google Trust Services", "WE1"}, {"Google Trust Services LLC", "GTS CA 1P5"},
		{"Amazon", "Amazon RSA 2048 M03"}, {"Amazon", "Amazon ECDSA 256 M04"}, {"Amazon", "Amazon Root CA 1"},
		{"Sectigo Limited", "Sectigo RSA Domain Validation Secure Server CA"},
		{"Sectigo Limited", "Sectigo Public Server Authentication CA DV E36"},
		{"COMODO CA Limited", "COMODO RSA Certification Authority"}, {"The USERTRUST Network", "USERTrust RSA Certification Authority"},
		{"GlobalSign nv-sa", "GlobalSign Atlas R3 DV TLS CA 2024 Q4"}, {"GlobalSign nv-sa", "GlobalSign RSA OV SSL CA 2018"},
		{"Cloudflare, Inc.", "Cloudflare Inc ECC CA-3"}, {"CLOUDFLARE, INC.", "Cloudflare TLS Issuing ECC CA 1"},
		{"Microsoft Corporation", "Microsoft Azure RSA TLS Issuing CA 03"}, {"Microsoft Corporation", "Microsoft TLS G2 RSA CA OCSP 02"},
		{"Apple Inc.", "Apple Public Server RSA CA 12 - G1"}, {"Entrust, Inc.", "Entrust Certification Authority - L1K"},
		{"SSL Corporation", "SSL.com TLS Issuing ECC CA R1"}, {"GoDaddy.com, Inc.", "Go Daddy Secure Certificate Authority - G2"},
		{"Starfield Technologies, Inc.", "Starfield Services Root Certificate Authority - G2"},
		{"IdenTrust", "HydrantID Server CA O1"}, {"IdenTrust", "TrustID Server CA O1"}, {"Buypass AS-983163327", "Buypass Class 2 CA 5"},
		{"ZeroSSL", "ZeroSSL ECC Domain Secure Site CA"}, {"Telia Company AB", "Telia Server CA v4"},
		{"SwissSign AG", "SwissSign RSA TLS DV ICA 2022 - 1"},
		{"D-Trust GmbH", "D-TRUST BR CA 1-20-2 2020"}, {"T-Systems International GmbH", "TeleSec ServerPass Class 2 CA"},
		{"Verein zur Foerderung eines Deutschen Forschungsnetzes e. V.", "DFN-Verein Global Issuing CA"},
		{"GEANT Vereniging", "GEANT OV RSA CA 4"}, {"Hellenic Academic and Research Institutions CA", "GEANT TLS RSA 1"},
		{"Actalis S.p.A.", "Actalis Organization Validated Server CA G3"}, {"Certum", "Certum Domain Validation CA SHA2"},
		{"Trustwave Holdings, Inc.", "Trustwave Organization Validation SHA256 CA, Level 1"},
		{"Symantec Corporation", "Symantec Class 3 Secure Server CA - G4"}, {"McAfee, Inc.", "McAfee OV SSL CA"},
		{"Trend Micro Inc", "Trend Micro S2 CA"}, {"Cisco Systems", "Cisco SSCA2"}, {"AffirmTrust", "AffirmTrust Commercial"},
		{"Acme Corp", "Acme Corp Issuing CA"}, {"San Francisco Works", "San Francisco Issuing CA"},
		{"Corp Example", "Corp Example Squid CA"}, {"Contoso", "Kaspersky Street Plant CA"}, {"Contoso", "Forward Trust CA"},
		{"Arista Records", "Arista Records CA"}, {"Corp Example", "FG Plant 12 CA"}, {"Corp Example", "CA of mitmproxy"},
		{"Red Hat", "Fortinet Migration Project CA"}, {"Mock Public Trust", "Mock Public TLS CA"}, {"", ""},
	}
}

func TestPublicIssuersAreNobody(t *testing.T) {
	for _, issuer := range publicIssuers() {
		chain := []evidence.Certificate{
			{SubjectCN: "registry.example", IssuerCN: issuer.cn, IssuerOrg: []string{issuer.org},
				Issuer: "CN=" + issuer.cn + ",O=" + issuer.org + ",L=San Francisco"},
			{SubjectCN: issuer.cn, SubjectOrg: []string{issuer.org}, IssuerCN: issuer.cn, IssuerOrg: []string{issuer.org}, CA: true},
		}
		if got := OfChain(chain); len(got) > 0 {
			t.Errorf("O=%s, CN=%s: taken for %q by its %s", issuer.org, issuer.cn, names(got), got[0].Sign)
		}
	}
}

// A vendor's own site has the vendor's name on its leaf, and a public issuer.
func TestVendorsOwnSitesAreNobody(t *testing.T) {
	for _, leaf := range []struct{ org, cn string }{
		{"Zscaler Inc.", "*.zscaler.com"}, {"Netskope Inc.", "*.goskope.com"}, {"Fortinet", "www.fortinet.com"},
		{"Bitdefender", "www.bitdefender.com"}, {"PortSwigger", "portswigger.net"}, {"Arista", "edge.arista.com"},
	} {
		chain := []evidence.Certificate{
			{SubjectCN: leaf.cn, SubjectOrg: []string{leaf.org}, IssuerCN: "DigiCert TLS RSA SHA256 2020 CA1", IssuerOrg: []string{"DigiCert Inc"}},
		}
		if got := OfChain(chain); len(got) > 0 {
			t.Errorf("%s: taken for %q", leaf.cn, names(got))
		}
	}
}

// origins are headers of ordinary answers of origins and their edges.
func origins() map[string][]string {
	return map[string][]string{
		"docker hub": {"Docker-Distribution-Api-Version: registry/2.0",
			"Www-Authenticate: Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\"",
			"Strict-Transport-Security: max-age=31536000"},
		"docker hub cdn": {"Server: cloudflare", "CF-RAY: 8f0-FRA", "Cf-Cache-Status: HIT", "Set-Cookie: __cf_bm=x; path=/"},
		"quay":           {"Server: nginx/1.22.1", "X-Frame-Options: DENY", "Docker-Distribution-Api-Version: registry/2.0"},
		"quay cdn": {"Server: AmazonS3", "Via: 1.1 0a1b.cloudfront.net (CloudFront)", "X-Cache: Hit from cloudfront",
			"X-Amz-Cf-Pop: FRA56-P4", "X-Amz-Cf-Id: x"},
		"registry.redhat.io": {"Server: Apache", "X-Registry-Supports-Signatures: 1", "X-Content-Type-Options: nosniff"},
		"redhat sso":         {"Server: AkamaiGHost", "X-Akamai-Request-Id: 1a2b", "Set-Cookie: AWSALB=x"},
		"ghcr":               {"X-Github-Request-Id: 1:2", "Docker-Distribution-Api-Version: registry/2.0"},
		"ghcr blobs": {"Server: Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0", "X-Ms-Request-Id: 1", "Via: 1.1 varnish",
			"X-Served-By: cache-fra-1", "X-Cache: HIT"},
		"gcr":              {"Server: Docker Registry", "X-Xss-Protection: 0", "Via: 1.1 google"},
		"gcs":              {"Server: UploadServer", "X-Goog-Generation: 1", "Alt-Svc: h3=\":443\""},
		"ecr":              {"Docker-Distribution-Api-Version: registry/2.0", "Sizes: x"},
		"acr":              {"Server: AzureContainerRegistry", "X-Ms-Correlation-Request-Id: 1"},
		"mcr":              {"X-Azure-Ref: 1", "X-Cache: CONFIG_NOCACHE", "X-Ms-Version: 2019-07-11"},
		"azure front door": {"X-Azure-Ref: 1", "X-Cache: TCP_MISS", "X-Fd-Int-Roxy-Purgeid: 1"},
		"artifactory":      {"Server: nginx", "X-Jfrog-Version: Artifactory/7.1", "X-Artifactory-Id: x"},
		"nexus":            {"Server: Nexus/3.60.0-02 (OSS)", "X-Content-Type-Options: nosniff"},
		"harbor":           {"Server: nginx", "X-Request-Id: 1", "Set-Cookie: sid=x"},
		"gitlab":           {"Server: nginx", "X-Gitlab-Meta: {}", "Ratelimit-Limit: 2000"},
		"istio ingress":    {"server: istio-envoy", "x-envoy-upstream-service-time: 12"},
		"aws alb":          {"Server: awselb/2.0", "Set-Cookie: AWSALBCORS=x"},
		"heroku":           {"Server: Cowboy", "Via: 1.1 vegur"},
		"fastly":           {"Via: 1.1 varnish, 1.1 varnish", "X-Served-By: cache-iad-kiad7000021-IAD", "X-Timer: S1", "X-Cache-Hits: 1"},
		"wikimedia":        {"Server: ATS/9.2.11", "X-Cache: cp3066 hit/7", "X-Cache-Status: hit-front", "Server-Timing: cache"},
		"yahoo":            {"Server: ATS", "Via: http/1.1 media-router (ApacheTrafficServer [cHs f ])", "Age: 0"},
		"bunny":            {"Server: BunnyCDN-DE1-1081", "Cdn-Cache: HIT"},
		"tencent":          {"Server: NWS_SPmid", "X-Cache-Lookup: Hit From MemCache", "X-Nws-Log-Uuid: 1"},
		"iis":              {"Server: Microsoft-IIS/10.0", "X-Powered-By: ASP.NET", "X-AspNet-Version: 4.0"},
		"big-ip":           {"Server: BigIP", "Set-Cookie: BIGipServerpool_web=1.2.0000; path=/"},
		"plain":            {"Date: Tue, 03 Nov 2026 10:00:00 GMT", "Content-Length: 0", "Proxy-Connection: keep-alive"},
		"named alike": {"Server: zscaler-mirror", "Via: 1.1 squid.mirror.example", "Server: charles-river-lab/2",
			"Location: https://example.org/?next=block.opendns.com"},
	}
}

func TestOriginsAreNoCorporateProducts(t *testing.T) {
	for name, headers := range origins() {
		r := evidence.Request{StatusLine: "HTTP/1.1 200 OK", Code: 200, Headers: headersOf(headers)}
		for _, m := range OfRequest(r) {
			if !m.Category.OnOriginSide() {
				t.Errorf("%s: taken for %s by its %s", name, m.Name, m.Sign)
			}
		}
	}
	if len(origins()) < 20 || len(publicIssuers()) < 30 {
		t.Error("too few to prove anything")
	}
}

// A proxy that adds its Via to an answer of a CDN is the one to be named.
func TestTheClientsSideIsNamedBeforeTheOrigins(t *testing.T) {
	r := evidence.Request{StatusLine: "HTTP/1.1 200 OK", Code: 200, Headers: headersOf([]string{
		"Server: cloudflare", "CF-RAY: 1-FRA",
		"Via: 1.1 0a1b.cloudfront.net (CloudFront), 1.1 192.0.2.75 (McAfee Web Gateway 11.2.6.5.1.44812)",
	})}
	m, ok := Best(OfRequest(r))
	if !ok || m.Name != "Skyhigh (McAfee) Web Gateway" || m.Version != "11.2.6.5.1.44812" || m.Sign != "header Via" || m.Cite == "" {
		t.Errorf("named %+v", m)
	}
}

func TestTheLocationFieldOfARequestIsRead(t *testing.T) {
	r := evidence.Request{Code: 302, Location: "http://block.opendns.com/main"}
	if m, ok := Best(OfRequest(r)); !ok || m.Name != "Cisco Umbrella" {
		t.Errorf("named %+v", m)
	}
}
