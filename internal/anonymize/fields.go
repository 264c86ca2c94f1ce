package anonymize

// fields has the class of every field of the evidence types that holds text.
var fields = map[string]class{
	"Trace.Schema": keep, "Trace.Seed": keep, "Tool.Version": keep,

	"Vantage.Node": name, "Vantage.Labels": label,
	"Vantage.Hostname": name, "Vantage.OS": keep, "Vantage.Addresses": text, "Vantage.Resolvers": text,
	"Vantage.Source": keep, "Vantage.Network": keep, "Vantage.CAInstall": text, "Vantage.Unread": text,
	"TrustStore.Client": keep, "TrustStore.Files": text, "TrustStore.Replaced": text, "TrustStore.Place": text, "TrustStore.Restart": keep,
	"Stub.Search": name,

	"TextFile.Name": text, "TextFile.Forms": keep, "Texts.Secrets": text, "Texts.Lacks": text, "Origin.Place": text, "Origin.Text": text,
	"Run.Profile": text, "Run.Client": keep, "Run.Credentials": keep, "Run.User": user, "Run.Ended": keep, "Run.NotModelled": text,
	"Run.GoRelease": keep,
	"Run.AuthFlow":  keep, "Run.PublicRoots": text, "Run.Flags": text,
	// A site's own signatures are what its products are recognised by: without them
	// the report would be judged otherwise.
	"Signature.Product": keep, "Signature.Header": keep, "Signature.Value": keep, "Signature.Status": keep, "Signature.Body": keep,
	"Signature.Says": keep,

	"Target.ID": endpoint, "Endpoint.Host": name, "Target.Role": keep, "Target.FoundBy": keep, "Target.Images": text, "Target.Status": keep,
	"Fingerprint.Realm": text, "Fingerprint.Service": text, "Fingerprint.APIVersion": text,
	"Route.Kind": keep, "Route.Proxy": text, "Route.Source": text, "Route.Rule": list,
	"RegistryEntry.Source": text, "RegistryEntry.Entry": text, "Asked.For": text, "Asked.Repository": text, "Asked.API": text,

	"Hop.Op": keep, "Hop.Target": endpoint, "Hop.Role": keep, "Hop.Via": text, "Hop.Peer": text, "Hop.Local": text,
	"Hop.LeftOut": keep, "Hop.Purpose": keep, "Hop.Probe": keep, "Hop.State": keep,
	"Failure.Kind": keep, "Failure.Text": text,

	"PACAnswer.File": text, "PACAnswer.FoundBy": text, "PACAnswer.Answer": text, "PACAnswer.Ways": text, "PACAnswer.Error": text,
	"PACLine.Text": text, "PACQuestion.Name": name, "PACQuestion.Addresses": text, "PACQuestion.Failure": text,
	"Setting.Dialect": keep, "Setting.Decision": keep, "Setting.Outcome": keep, "Setting.Why": text, "Setting.Proxy": text,
	"Setting.Variable": text, "Setting.Reads": keep, "Setting.NoProxyReads": keep, "Setting.Source": text, "Setting.Value": list,
	"Setting.NoProxyVariable": text, "Setting.NoProxySource": text, "Setting.NoProxyNetworks": list,
	"Setting.Token": list, "Setting.Implicit": text, "Setting.URL": text, "Setting.Client": keep, "Setting.Tool": keep, "Setting.Scope": text,
	"Setting.Find": text, "Setting.Machine": text, "Setting.Told": text, "Setting.ToldBy": text, "Setting.Inside": text,
	"Setting.Reaches": text, "Setting.Change": text,
	"Setting.PACFile":     text,
	"UnusedVariable.Name": keep, "UnusedVariable.Value": list, "UnusedVariable.Source": text, "UnusedVariable.Code": keep,
	"UnusedVariable.Why": text, "SettingProblem.Code": keep, "SettingProblem.Text": text,
	"NearMiss.Entry": list, "NearMiss.Code": keep, "NearMiss.Text": text,
	"SettingRemark.Code": keep, "SettingRemark.Source": text, "SettingRemark.Variable": text, "SettingRemark.Value": list,
	"SettingRemark.Text": text, "SettingRemark.Write": text,
	"StoredLogin.Registry": text, "StoredLogin.Rules": keep, "StoredLogin.Found": keep, "StoredLogin.User": user, "StoredLogin.File": text,
	"StoredLogin.Key": text, "StoredLogin.Helper": keep, "StoredLogin.Why": text, "StoredLogin.Cause": keep,
	"LoginPlace.File": text, "LoginPlace.Key": text, "LoginPlace.State": text,

	"Resolve.Name": name, "Resolve.Server": text, "Resolve.Transport": keep, "Resolve.Addresses": text,
	"Question.Name": name, "Question.Type": keep, "Question.Rcode": keep, "Question.ExtendedText": text, "Question.Records": text,
	"Question.Transport": keep, "Question.Error": text, "Question.Flags": keep, "Question.Aliases": name, "Question.Authority": name,
	"Rival.Rcode": keep, "Rival.Addresses": text,
	"AddressRecord.Address": text, "AddressRecord.Owner": name,

	"Dial.Address": text, "Dial.Errno": keep, "Dial.NotLooked": text,
	"ICMP.Name": keep, "ICMP.Sender": text, "Trail.Said": text, "TrailStep.Answer": keep, "TrailStep.Sender": text,

	"Tunnel.Request": text, "Tunnel.UserAgent": keep, "Tunnel.AuthSent": keep, "Tunnel.AuthProblem": text, "Tunnel.AuthAsked": text,
	"Tunnel.StatusLine": text, "Tunnel.Phrase": text, "Tunnel.EarlyBytes": text, "Tunnel.FirstBytes": text, "Tunnel.Connection": keep,
	"ProxyLog.Client": text, "ProxyLog.Says": keep,
	"Tunnel.Remarks": keep, "Leg.AuthSent": keep, "Leg.StatusLine": text, "Leg.Connection": keep,
	"SOCKS.ResolvedBy": keep, "SOCKS.Address": text,
	"Header.Name": headers, "Header.Value": headers, "Challenge.Scheme": text, "Challenge.Params": params, "Challenge.Problem": keep,
	"Body.Title": page, "Body.Markers": keep, "Body.Text": page,

	"Handshake.ServerName": name, "Handshake.Version": keep, "Handshake.Cipher": keep, "Handshake.Curve": keep,
	"Handshake.Groups": keep, "Handshake.ALPN": keep,
	"Handshake.TrustedBy": keep,
	"Handshake.AlertName": keep, "Handshake.FirstBytes": text, "Alerted.Name": keep,
	"Timestamps.List": keep, "Timestamps.NotLooked": text, "Timestamps.Logs": keep,
	"CertificateRequest.Authorities": wanted,
	"Certificate.Subject":            subject, "Certificate.Issuer": issuer, "Certificate.Names": name, "Certificate.Key": keep,
	"Certificate.Serial": hash,
	"Certificate.SHA256": hash, "Certificate.SPKI": hash, "Certificate.SubjectCN": attribute, "Certificate.SubjectOrg": attribute,
	"Certificate.IssuerCN": issuerPart, "Certificate.IssuerOrg": issuerPart, "Certificate.AIA": link, "Certificate.CRL": link,
	"Certificate.Policies": keep, "Certificate.Problem": text, "Certificate.SignatureAlgorithm": keep,
	"Anchor.Kind": keep, "Anchor.Subject": issuer, "Anchor.SPKI": hash, "Anchor.Store": text,
	"ClientTrust.Client": keep, "Completion.From": text, "Completion.Subject": issuer, "Completion.SHA256": hash,
	"Judgement.Store": keep, "Judgement.Aspect": keep, "Judgement.Error": text,

	"Request.Method": keep, "Request.URL": text, "Request.UserAgent": keep, "Request.AuthSent": keep,
	"Request.Range": keep, "Request.Withheld": keep,
	"Request.Step": keep, "Request.Expected": text,
	"Request.StatusLine": text, "Request.Location": text, "Request.FirstBytes": text, "Request.Platforms": text,
	"APIError.Form": keep, "APIError.Code": text, "APIError.Message": text, "APIError.Detail": text,
	"Token.Problem": text, "Token.IssuedAt": text, "Token.Scope": text, "Token.Access": text, "Token.Algorithm": text, "Token.Issuer": text,
	"Token.Audience": text, "Token.Subject": user,
	"Transfer.Range": keep, "Digest.Want": keep, "Digest.Got": keep,
}
