package catalogue

import (
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// readLogs are about what servers in front of a registry write of themselves.
func readLogs() []diagnosis.Reading {
	const op = evidence.OpRequest
	answer := []evidence.Kind{evidence.UnexpectedAnswer}
	return []diagnosis.Reading{
		{Sign: "nginx' log says that the body is too large", Op: op, Kinds: answer, When: all(says("nginx: "), says("too large body")),
			Causes: []diagnosis.Cause{{Code: HTTPBodyLimit, Because: "nginx' own log says that it takes no body of this size",
				Remedy: "raise client_max_body_size in the configuration of the server that {where} names, or set it to 0"}}},
		{Sign: "nginx' log says that it looks for a file", Op: op, Kinds: answer, When: all(says("nginx: "), says("no such file")),
			Causes: []diagnosis.Cause{{Code: RegistryUnlike, Because: "nginx looks for a file of that name, and passes nothing on to a registry",
				Remedy: "pass /v2/ on to the registry (proxy_pass) in the configuration of nginx"}}},
		{Sign: "nginx' log says that it refuses", Op: op, Kinds: answer, When: all(says("nginx: "), says("forbidden by rule", "limiting")),
			Causes: []diagnosis.Cause{{Code: HTTPBlockedByOrigin, Because: "nginx' own log says that a rule of it refused the request",
				Remedy: "look for the rule (allow, deny, limit_req) in the configuration of nginx"}}},
		{Sign: "nginx' log says that no server took the request", Op: op, Kinds: answer, When: all(says("nginx: "), says("upstream")),
			Doubts: []diagnosis.Code{HTTPServerError, HTTPClosed, HTTPGatewayError}, Causes: []diagnosis.Cause{
				{Code: HTTPGatewayError, Because: "nginx' own log says that the server behind it did not take the request, or gave no answer",
					Remedy: "check the upstream that {where} names, and whether nginx can reach it"}}},
		{Sign: "HAProxy's log says that it refuses", Op: op, When: says("haproxy itself refused it"), Doubts: everyRefusal(),
			Causes: []diagnosis.Cause{
				{Code: HTTPBlockedByOrigin, Because: "HAProxy's own log says that HAProxy refused the request, and asked no server",
					Remedy: "look for the rule (http-request deny, or a limit) in the configuration of the frontend that {where} names"}}},
		{Sign: "HAProxy's log says that no server took the request", Op: op, When: says("while the connection to the server was made"),
			Doubts: []diagnosis.Code{HTTPServerError, HTTPClosed, HTTPGatewayError}, Causes: []diagnosis.Cause{
				{Code: HTTPServerError, Because: "HAProxy's own log says that no server behind it took the connection",
					Remedy: "check the servers of the backend that {where} names, and whether HAProxy can reach them"}}},
	}
}

// readPlaces are about answers of another place than the registry's own: another port, a mirror, a filter.
func readPlaces() []diagnosis.Reading {
	const op = evidence.OpRequest
	answer := []evidence.Kind{evidence.UnexpectedAnswer}
	return []diagnosis.Reading{
		{Sign: "the server wants TLS and is asked in plain HTTP", Op: op, Kinds: answer, When: says("http request was sent to https port",
			"http request to an https server"), Doubts: append(everyRefusal(), RegistryUnlike, RegistryNotFound), Causes: []diagnosis.Cause{
			{Code: RegistrySpeaksTLS, Because: "{host} says itself that it wants TLS at this port, and was asked in plain HTTP",
				Remedy: "ask it by https://: take it out of the client's insecure registries, or correct the URL"}}},
		{Sign: "a mirror has not got it", Op: op, Kinds: answer, When: oneOf(all(mirrorRole, code(404)), says("retries exhausted")),
			Doubts: []diagnosis.Code{RegistryNotFound, BlobURLRejected, RegistryUnlike}, Causes: []diagnosis.Cause{
				{Code: RegistryMirrorUpstream, Because: "the mirror answers that it has not got the image: it may not ask the registry behind it",
					Tell: askGET},
				{Code: RegistryEntryIneffective, Because: "the client's entry may lead to another path of the mirror than the one where the images are",
					Tell: "cat /etc/containerd/certs.d/*/hosts.toml; cat /etc/containers/registries.conf"},
				{Code: RegistryNotFound, Because: "the image may not be in the mirror, nor in the registry behind it", Tell: askGET}}},
		// What is said in a page that is known is judged as an answer to a check is.
		{Sign: "the server's own page says why", Op: op, Kinds: answer, When: ownPage},
		{Sign: "a page refuses", Op: op, Kinds: answer, When: all(code(403, 451), isPage, unseen), Doubts: []diagnosis.Code{HTTPBlockedByOrigin,
			HTTPBlockPage}, Causes: []diagnosis.Cause{
			{Code: HTTPBlockPage, Because: "a page refuses, and the text does not show whose certificate it came under: one of a filter looks so",
				Tell: askChain},
			{Code: HTTPBlockedByOrigin, Because: "the host itself, or what serves it, may refuse this address with a page", Tell: askGET},
			{Code: RegistryAccessDenied, Because: "the account may not have this repository", Tell: askGET}}},
	}
}

// readAnswers are about answers of which a text has the status alone.
func readAnswers() []diagnosis.Reading {
	const op = evidence.OpRequest
	answer := []evidence.Kind{evidence.UnexpectedAnswer}
	loggedIn := says("oauth token", "login", "creds")
	return []diagnosis.Reading{
		{Sign: "the token server gives no token without a login", Op: op, Kinds: answer, When: all(stepIs(evidence.StepToken), code(401, 400),
			not(loggedIn)),
			Doubts: []diagnosis.Code{AuthCredentialsRejected, HTTPChallengeMissing}, Causes: []diagnosis.Cause{
				{Code: RegistryNameSuspect, Because: "the name of the image has an empty part", Unless: not(says("invalid repository name")),
					Speaks: says("invalid repository name")},
				{Code: AuthCredentialsMissing, Because: "a token was asked for without a login", Tell: askLogins},
				{Code: AuthHelperFailed, Because: "the program that should give the login may have given none", Tell: askLogins},
				{Code: AuthCredentialsElsewhere, Because: "the login may stand in a file that this client does not read", Tell: askLogins},
				{Code: AuthCredentialsRejected, Because: "a login may have been sent and refused", Tell: askLogins}}},
		{Sign: "the token server refuses the login", Op: op, Kinds: answer, When: all(stepIs(evidence.StepToken), code(401, 403)),
			Doubts: everyRefusal(), Causes: []diagnosis.Cause{
				{Code: AuthCredentialsRejected, Because: "a login was sent for the token, and the token server refuses it; it may have expired",
					Tell: "docker logout {host}, then pull again"},
				{Code: AuthCredentialsExpired, Because: "the time of the login may be over", Tell: "docker logout {host}, then pull again"},
				{Code: RegistryAccessDenied, Because: "the account may not have this repository", Tell: askGET},
				{Code: HTTPBlockedByOrigin, Because: "this address may be refused", Tell: askGET}}},
		{Sign: "a registry for everybody refuses", Op: op, Kinds: answer, When: all(code(403), saysNothing, anonymousHost),
			Doubts: everyRefusal(), Causes: []diagnosis.Cause{
				{Code: HTTPBlockedByOrigin,
					Because: "{host} serves everybody without a login and refuses this request: most often because of where it comes from", Tell: askGET},
				{Code: HTTPBlockPage, Because: "a page may answer in its place", Tell: askGET},
				{Code: HTTPMethodBlocked, Because: "the method may be refused", Tell: askGET}}},
		{Sign: "a login is refused", Op: op, Kinds: answer, When: all(code(401), saysNothing), Doubts: append(everyRefusal(), RegistryUnlike),
			Causes: []diagnosis.Cause{
				{Code: AuthCredentialsRejected, Because: "the client tried to log in, and the registry refuses it", Tell: askLogins,
					Unless: not(loginTried)},
				{Code: AuthCredentialsMissing, Because: "the registry wants a login; the text does not show that one was sent", Tell: askLogins,
					Unless: loginTried},
				{Code: AuthCredentialsElsewhere, Because: "it may stand in a file that this client does not read", Tell: askLogins},
				{Code: AuthCredentialsRejected, Because: "a login may have been sent and refused", Tell: askLogins, Unless: loginTried},
				{Code: HTTPChallengeMissing, Because: "the answer may lack the challenge that tells where to log in", Tell: askGET},
				{Code: AuthRealmUnusable, Because: "the challenge may name a token server that cannot be asked", Tell: askGET}}},
		{Sign: "a layer is refused without a reason", Op: op, Kinds: answer, When: all(code(403), saysNothing, ofLayer),
			Doubts: append(everyRefusal(), BlobAccessDenied, BlobURLRejected), Causes: []diagnosis.Cause{
				{Code: BlobURLRejected, Because: "stores refuse so where the time of a signed URL is over, or its signature does not hold",
					Tell: askGET},
				{Code: BlobAccessDenied, Because: "a policy of the store, or of this network's endpoint to it, may be against it", Tell: askGET},
				{Code: HTTPBlockPage, Because: "a filter may refuse layers alone, and its page is not in the text", Tell: askGET},
				{Code: RegistryAccessDenied, Because: "the registry may refuse the layer to this account", Tell: askGET}}},
		{Sign: "a layer is not there", Op: op, Kinds: answer, When: all(code(404), saysNothing, ofLayer),
			Doubts: []diagnosis.Code{RegistryNotFound, BlobURLRejected, RegistryUnlike}, Causes: []diagnosis.Cause{
				{Code: RegistryNotFound, Because: "the registry, or its store, does not have a part of the image that it lists", Tell: askGET},
				{Code: BlobURLRejected, Because: "some stores answer so to a signed URL that was altered on the way", Tell: askGET}}},
		{Sign: "access is denied without a reason", Op: op, Kinds: answer, When: all(code(403), saysNothing), Doubts: everyRefusal(),
			Causes: []diagnosis.Cause{
				{Code: AuthCredentialsExpired, Because: "logins of ECR last twelve hours", Tell: askLogins, Unless: not(ofECR), Speaks: ofECR},
				{Code: RegistryAccessDenied, Because: "the registry refuses the request", Tell: askGET},
				{Code: HTTPBlockPage, Because: "a filter's page may answer in its place", Tell: askGET, Unless: private},
				{Code: HTTPBlockedByOrigin, Because: "this address may be refused", Tell: askGET},
				{Code: AuthCredentialsRejected, Because: "an expired login is refused so by some registries, also for public images",
					Tell: "docker logout {host}, then pull again"},
				{Code: HTTPMethodBlocked, Because: "the method may be refused", Tell: askGET, Unless: not(says("head"))}}},
	}
}

// readContent are about answers of servers that fail, and about what arrives damaged or as something else.
func readContent() []diagnosis.Reading {
	const op = evidence.OpRequest
	answer := []evidence.Kind{evidence.UnexpectedAnswer}
	return []diagnosis.Reading{
		{Sign: "a server error", Op: op, Kinds: answer, When: all(code(500, 502, 503, 504, 520, 521, 522, 523, 524), saysNothing),
			Doubts: []diagnosis.Code{HTTPServerError, HTTPGatewayError}, Causes: []diagnosis.Cause{
				{Code: RegistryMirrorUpstream, Because: "the registry is a cache, and the one behind it may not answer", Tell: askGET,
					Unless: not(mirrorRole), Speaks: mirrorRole},
				{Code: HTTPGatewayError, Because: "502 and 504 are those of something in front of the registry", Tell: askGET,
					Unless: not(code(502, 504))},
				{Code: HTTPGatewayError, Because: "numbers from 520 on are those of a content delivery network that does not reach the host behind it",
					Tell: askGET, Unless: not(code(520, 521, 522, 523, 524))},
				{Code: HTTPServerError, Because: "the registry, or what stands in front of it, cannot serve the request now", Tell: askGET},
				{Code: HTTPGatewayError, Because: "a balancer or an inspecting proxy may say so in its place", Tell: askGET,
					Unless: code(502, 504, 520, 521, 522, 523, 524)}}},
		{Sign: "a request is too large", Op: op, Kinds: answer, When: code(431), Causes: []diagnosis.Cause{{Code: HTTPHeaderTooLarge,
			Because: "what answers refuses the request because its head is too large; a registry's token makes it so",
			Remedy:  "raise the limit on request headers in front of {targets} to 16 KiB at least"}}},
		{Sign: "the token server cannot be asked", Op: op, When: says("too many colons", "unsupported protocol scheme", "challenge realm",
			"no host in url"),
			Causes: []diagnosis.Cause{{Code: AuthRealmUnusable,
				Because: "the challenge names a token server that no client can ask: a doubled port, a scheme or a host that got lost",
				Remedy:  "correct the realm that the registry announces, most often in the reverse proxy in front of it"}}},
		{Sign: "/v2/ is no registry's, and /v1/ answers", Op: op, Kinds: answer, When: says("a v1 container registry", "a v1 docker registry"),
			Causes: []diagnosis.Cause{
				{Code: RegistryUnlike, Because: "what answers at {host} answers /v2/ with neither 200 nor 401, which a registry does", Tell: askGET},
				{Code: HTTPBlockPage, Because: "something on the way may answer with a page of its own", Tell: askGET, Unless: private}}},
		{Sign: "/v2/ is not there", Op: op, Kinds: answer, When: all(code(404), oneOf(stepIs(evidence.StepPing), says("pinging"))),
			Doubts: []diagnosis.Code{RegistryNotFound, BlobURLRejected},
			Causes: []diagnosis.Cause{
				{Code: RegistryUnlike, Because: "what answers at {host} has no registry at /v2/, or does not pass it on for this client", Tell: askGET},
				{Code: RegistryNameSuspect, Because: "the name may be another host's", Tell: askDNS}}},
		{Sign: "the image is not made for the platform", Op: op, When: says("no matching manifest", "no image found in", "specified platform",
			"no child with platform", "no match for platform"),
			Causes: []diagnosis.Cause{{Code: RegistryPlatformMissing, Because: "the image has no part for the platform of the client",
				Remedy: "pull with --platform for one that the image has, or have the image built for this one"}}},
		{Sign: "a document of another kind answers", Op: op, Kinds: answer, When: says("invalid character", "beginning of value",
			"top-level value"), Doubts: everyRefusal(), Causes: []diagnosis.Cause{
			{Code: HTTPBlockPage, Because: "a page answers where the registry's JSON should be", Tell: askGET, Unless: not(says("'<'", "<html",
				"<!doctype"))},
			{Code: RegistryUnlike, Because: "what answers is no registry", Tell: askGET},
			{Code: HTTPGatewayError, Because: "something in front of the registry may answer with a page of its own", Tell: askGET}}},
	}
}

// readEnds are about requests of which no answer came.
func readEnds() []diagnosis.Reading {
	return []diagnosis.Reading{
		{Sign: "a request of plain HTTP gets no answer", Op: evidence.OpRequest, Kinds: []evidence.Kind{evidence.Reset, evidence.Closed},
			When:   func(_ *diagnosis.View, h evidence.Hop) bool { return overHTTP(h) && endedUnanswered(h) },
			Doubts: []diagnosis.Code{HTTPClosed}, Causes: []diagnosis.Cause{
				{Code: HTTPClosed, Because: "the connection stood and ended in place of an answer",
					Tell: "curl -sv --max-time 10 --noproxy '*' http://{host}:{port}/v2/"},
				{Code: RegistrySpeaksTLS, Because: "the port may speak TLS, and some servers end plain HTTP without a word", Tell: askChain},
				{Code: TCPReset, Because: "it may have been reset before anything was sent", Tell: "nc -v {host} {port}"}}},
	}
}

// readForeign are about answers that are no HTTP/1.
func readForeign() []diagnosis.Reading {
	const op = evidence.OpRequest
	foreign := []evidence.Kind{evidence.Unknown}
	return []diagnosis.Reading{
		{Sign: "TLS answers plain HTTP", Op: op, Kinds: foreign, When: all(says("malformed http"), says(`\x15\x03`, `\u0015\u0003`)),
			Causes: []diagnosis.Cause{
				{Code: RegistrySpeaksTLS, Because: "what answers plain HTTP is an alert of TLS", Tell: askChain},
				{Code: ProxySpeaksTLS, Because: "where the request goes through a proxy, it may be the proxy's", Tell: askEnv}}},
		{Sign: "HTTP/2 answers HTTP/1.1", Op: op, Kinds: foreign, When: all(says("malformed http"), says(`"\x00\x00`, `"\u0000\u0000`)),
			Causes: []diagnosis.Cause{
				{Code: HTTP2Broken, Because: "what answers is a frame of HTTP/2, and the client did not agree to it", Tell: "curl -sv --http1.1 {url}"},
				{Code: RegistryUnlike, Because: "what answers may be no registry", Tell: askGET}}},
		{Sign: "what answers speaks no HTTP", Op: op, Kinds: foreign, When: says("malformed http"),
			Causes: []diagnosis.Cause{
				{Code: RegistryUnlike, Because: "what answers at {host} speaks no HTTP", Tell: askGET},
				{Code: HTTPBodyAltered, Because: "something on the way may alter the answer", Tell: askCheck + " --full"}}},
		{Sign: "redirects do not end", Op: op, When: says("stopped after 10 redirects", "number of redirects"),
			Causes: []diagnosis.Cause{
				{Code: BlobRedirectUnusable, Because: "the redirects of a layer lead in a circle", Tell: askGET, Speaks: ofLayer, Unless: not(ofLayer)},
				{Code: HTTPRedirectedElsewhere, Because: "the answers lead in a circle, as those of a page for a login do", Tell: askGET},
				{Code: RegistryUnlike, Because: "a reverse proxy in front of the registry may send it back to itself", Tell: askGET},
				{Code: BlobRedirectUnusable, Because: "the redirects may be those of a layer", Tell: askGET, Unless: ofLayer}}},
	}
}

// readDamage are about what arrives and is not what it should be.
func readDamage() []diagnosis.Reading {
	const op = evidence.OpRequest
	answer := []evidence.Kind{evidence.UnexpectedAnswer}
	return []diagnosis.Reading{
		{Sign: "the layer is damaged", Op: op, Kinds: []evidence.Kind{evidence.DigestMismatch}, Doubts: []diagnosis.Code{HTTPBodyAltered,
			BlobCorrupt}, Causes: []diagnosis.Cause{
			{Code: HTTPTruncated, Because: "what arrived does not have the size that it should: the answer may have ended early",
				Tell: askCheck + " --full", Speaks: says("size validation"), Unless: not(says("size validation"))},
			{Code: HTTPBodyAltered, Because: "what arrives does not have the digest that it should: something on the way may alter it",
				Tell: askCheck + " --full"},
			{Code: BlobCorrupt, Because: "the host, or a cache in front of it, may serve damaged content", Tell: askCheck + " --full"},
			{Code: BlobNotALayer, Because: "a page may be served in place of the layer", Tell: askCheck + " --full"}}},
		{Sign: "a layer is no archive", Op: op, Kinds: answer, When: says("gzip: invalid header", "invalid tar header"),
			Causes: []diagnosis.Cause{
				{Code: BlobNotALayer, Because: "what arrived as a layer is no archive: a page may be served in its place", Tell: askCheck + " --full"},
				{Code: HTTPBodyAltered, Because: "something on the way may alter it", Tell: askCheck + " --full"},
				{Code: BlobCorrupt, Because: "the host, or a cache in front of it, may serve damaged content", Tell: askCheck + " --full"}}},
		{Sign: "a page answers", Op: op, Kinds: answer, When: all(code(200), isPage), Doubts: []diagnosis.Code{RegistryHeaderMissing},
			Causes: []diagnosis.Cause{
				{Code: HTTPBlockPage, Because: "a page answers where the registry should: one of a filter, or of a login to the network",
					Tell: askGET, Unless: private},
				{Code: RegistryUnlike, Because: "what answers at {host} may be no registry", Tell: askGET}}},
		{Sign: "an answer ends early", Op: op, Kinds: []evidence.Kind{evidence.Closed, evidence.Unknown}, When: says("unexpected eof"),
			Doubts: []diagnosis.Code{HTTPClosed}, Causes: []diagnosis.Cause{
				{Code: HTTPTruncated, Because: "the client says that what it read ended early", Tell: askCheck + " --full"},
				{Code: HTTPClosed, Because: "the host may have ended the connection instead of an answer", Tell: askTCP},
				{Code: TLSClosed, Because: "the connection may have ended in the handshake", Tell: askChain},
				{Code: HTTPRangeRefused, Because: "the host may refuse to go on with a layer where it broke off", Tell: askCheck + " --full"}}},
		{Sign: "HTTP/2 breaks off", Op: op, Kinds: []evidence.Kind{evidence.Protocol}, Causes: []diagnosis.Cause{
			{Code: HTTP2Broken, Because: "the request broke off over HTTP/2", Tell: "curl -sv --http1.1 {url}"},
			{Code: HTTPTruncated, Because: "the connection may have ended in the middle of an answer", Tell: askCheck + " --full"}}},
	}
}

// everyRefusal are the rows that go by a status.
func everyRefusal() []diagnosis.Code {
	return []diagnosis.Code{RegistryAccessDenied, HTTPBlockedByOrigin, HTTPBlockPage, AuthCredentialsRejected, HTTPChallengeMissing,
		HTTPMethodBlocked, AuthCredentialsExpired}
}

// readRefusals are about what registries say, of which a client prints code and sentence.
func readRefusals() []diagnosis.Reading {
	const op = evidence.OpRequest
	return []diagnosis.Reading{
		{Sign: "the token server refuses, with a login or without", Op: op, When: says("unable to retrieve auth token"),
			Doubts: everyRefusal(), Causes: []diagnosis.Cause{
				{Code: AuthCredentialsMissing, Because: "the client says this of each 401 of the token server, also where it sent no login",
					Tell: askLogins},
				{Code: AuthCredentialsRejected, Because: "a login may have been sent and refused", Tell: askLogins},
				{Code: AuthCredentialsElsewhere, Because: "the login may stand in a file that this client does not read", Tell: askLogins}}},
		{Sign: "the password is refused", Op: op, When: says("incorrect username", "invalid username", "wrong password", "bad username",
			"basic: access denied", "personal access token"),
			Causes: []diagnosis.Cause{
				{Code: AuthCredentialsRejected, Because: "the registry says that name or password are wrong",
					Remedy: "log in again with the right name and password or token"}}},
		{Sign: "the login has expired", Op: op, When: says("token has expired", "token is expired", "expiredtoken"), Causes: []diagnosis.Cause{
			{Code: AuthCredentialsExpired, Because: "the registry says that the time of the login is over",
				Remedy: "log in again; where a helper gives the login, look why it gave an old one"}}},
		{Sign: "no login was sent", Op: op, When: says("no basic auth credentials"), Causes: []diagnosis.Cause{
			{Code: AuthCredentialsMissing, Because: "the registry wants a login, and the client has none for it", Tell: askLogins},
			{Code: AuthCredentialsElsewhere, Because: "it may stand in a file that this client does not read", Tell: askLogins},
			{Code: AuthHelperFailed, Because: "a helper may have to give it, and have given none", Tell: askLogins}}},
		{Sign: "the registry's own rules refuse the image", Op: op, When: all(saysSomething, says("request rejected", "xray", "curation",
			"quarantine", "vulnerabilit", "security policy", "blocked by")), Doubts: everyRefusal(), Causes: []diagnosis.Cause{
			{Code: RegistryAccessDenied, Because: "the registry says that a rule of its own refuses this image",
				Remedy: "ask the operator of {targets} which rule it is, and to release the image"}}},
		{Sign: "a cache has not got it", Op: op, When: all(errorCode("NOT_FOUND", "UNKNOWN", "MANIFEST_UNKNOWN"),
			says("artifact", "proxy"), says("not found", "unknown", "auto blocked")), Doubts: []diagnosis.Code{RegistryNotFound},
			Causes: []diagnosis.Cause{
				{Code: RegistryMirrorUpstream,
					Because: "the name is that of a cache for another registry, which says \"not found\" also where it cannot reach that one",
					Tell:    "curl -sv https://{host}/v2/"},
				{Code: RegistryNotFound, Because: "the image may not be there", Tell: askGET}}},
		{Sign: "the rate is limited", Op: op, When: errorCode("TOOMANYREQUESTS"), Causes: []diagnosis.Cause{
			{Code: HTTPRateLimited, Because: "the registry says that this account or address has made too many requests",
				Remedy: "log in, wait, or pull through a cache of one's own; behind a shared address all its users count together"}}},
		{Sign: "the image is not there", Op: op, When: errorCode("MANIFEST_UNKNOWN", "NAME_UNKNOWN"), Doubts: []diagnosis.Code{RegistryNotFound,
			RegistryMirrorUpstream},
			Causes: []diagnosis.Cause{
				{Code: RegistryMirrorUpstream,
					Because: "the name looks like that of a cache for another registry, which says this also where it may not ask that one", Tell: askGET,
					Speaks: likeCache, Unless: not(likeCache)},
				{Code: RegistryNotFound, Because: "the registry says that it has no such tag or repository", Tell: askGET},
				{Code: RegistryNameSuspect, Because: "the name may be misspelt", Tell: askGET},
				{Code: RegistryMirrorUpstream, Because: "a cache says so also of a registry behind it that it cannot reach", Tell: askGET,
					Unless: likeCache}}},
		{Sign: "the registry says that something is not there", Op: op, When: oneOf(errorCode("BLOB_UNKNOWN"),
			all(errorCode("UNKNOWN", "NOT_FOUND"), says("not found", "does not exist"))),
			Causes: []diagnosis.Cause{
				{Code: RegistryNotFound, Because: "the registry says that it has not got it", Tell: askGET},
				{Code: RegistryNameSuspect, Because: "the name may be misspelt", Tell: askGET},
				{Code: RegistryMirrorUpstream, Because: "a cache says so also of a registry behind it that it cannot reach", Tell: askGET}}},
		{Sign: "the registry fails", Op: op, When: errorCode("UNKNOWN", "UNAVAILABLE", "INTERNAL_ERROR"), Causes: []diagnosis.Cause{
			{Code: HTTPServerError, Because: "the registry answers with an error that it has no name for", Tell: askGET},
			{Code: HTTPGatewayError, Because: "what stands in front of it may answer", Tell: askGET}}},
	}
}

// readDenials are about refusals that say little more than that.
func readDenials() []diagnosis.Reading {
	const op = evidence.OpRequest
	return []diagnosis.Reading{
		{Sign: "a login is wanted", Op: op, When: errorCode("UNAUTHORIZED"), Doubts: append(everyRefusal(), RegistryUnlike, AuthRealmPlaintext),
			Causes: []diagnosis.Cause{
				{Code: AuthCredentialsMissing, Because: "the registry wants a login; the text does not show that one was sent", Tell: askLogins},
				{Code: AuthCredentialsElsewhere, Because: "it may stand in a file that this client does not read", Tell: askLogins},
				{Code: AuthCredentialsRejected, Because: "a login may have been sent and refused", Tell: askLogins},
				{Code: RegistryTokenRejected, Because: "the registry does not take the token that its token server gave", Tell: askLogins,
					Speaks: says("invalid token"), Unless: not(says("invalid token"))},
				{Code: RegistryAccessDenied, Because: "the account may not have this repository", Tell: askGET},
				{Code: AuthRealmPlaintext, Because: "a reverse proxy may name the token server by http://, and the login gets lost", Tell: askGET},
				{Code: RegistryNotFound, Because: "some registries say so of a repository that does not exist", Tell: askGET}}},
		{Sign: "access is denied", Op: op, When: all(errorCode("DENIED", "FORBIDDEN"), bareDenial), Doubts: everyRefusal(),
			Causes: []diagnosis.Cause{
				{Code: AuthCredentialsRejected, Because: "{host} says only \"denied\" to a login that has expired, also for a public image",
					Tell: "docker logout {host}, then pull again", Speaks: hostIs("ghcr.io")},
				{Code: RegistryAccessDenied, Because: "the registry refuses the image to this account, or to nobody in particular", Tell: askGET},
				{Code: RegistryNotFound, Because: "some registries say so of a repository that does not exist", Tell: askGET},
				{Code: AuthCredentialsMissing, Because: "the registry may want a login", Tell: askLogins},
				{Code: AuthCredentialsRejected, Because: "the login may have expired", Tell: "docker logout {host}, then pull again",
					Unless: hostIs("ghcr.io")}}},
		{Sign: "access is denied at /v2/", Op: op, When: all(errorCode("DENIED", "FORBIDDEN"), stepIs(evidence.StepPing),
			not(says("not allowed", "firewall", "client with ip"))),
			Doubts: everyRefusal(), Causes: []diagnosis.Cause{
				{Code: AuthCredentialsRejected, Because: "{host} refuses at /v2/ already, where no image is asked for",
					Tell: "docker logout {host}, then log in again"},
				{Code: HTTPBlockedByOrigin, Because: "this address may be refused", Tell: askGET},
				{Code: RegistryAccessDenied, Because: "the account may not use this registry", Tell: askGET}}},
		{Sign: "access is denied, with a reason", Op: op, When: errorCode("DENIED", "FORBIDDEN"), Causes: []diagnosis.Cause{
			{Code: AuthTokenWithoutAccess, Because: "the registry says that the client's token lacks the access that it asks for", Tell: askLogins,
				Unless: not(says("insufficient_scope")), Speaks: says("insufficient_scope")},
			{Code: RegistryAccessDenied, Because: "the registry refuses the image to this account, or to nobody in particular", Tell: askGET},
			{Code: AuthCredentialsMissing, Because: "the registry may want a login", Tell: askLogins},
			{Code: RegistryNotFound, Because: "some registries say so of a repository that does not exist", Tell: askGET},
			{Code: AuthCredentialsRejected, Because: "the login may have expired, or not have the scope", Tell: askLogins}}},
	}
}
