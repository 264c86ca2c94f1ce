package fault

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
)

// Saying is a refusal in the words of a registry, a token server or a store, as it was seen or as
// its maker's source has it.
type Saying struct {
	// Name is what the parameter what= of http-says takes. Who says it.
	Name, Who string
	// At is where it is met, one of the places below.
	At     Place
	Status int
	// Kind is the body's type.
	Kind, Body string
	Cite       string
}

// Place is a request at which a refusal is met.
type Place string

// Places.
const (
	// AtLogin: a token request with name and password. AtOpening: the first request, without a
	// login. AtImage: a request for a manifest with a token.
	AtLogin   Place = "login"
	AtOpening Place = "opening"
	AtImage   Place = "image"
	// AtStore: a request for a layer at the store where a redirect led. AtStoreWithToken: one
	// that has the registry's token besides.
	AtStore          Place = "store"
	AtStoreWithToken Place = "store-with-token"
)

// Sayings returns the refusals that a host can give in a registry's own words, by name.
func Sayings() []Saying { return slices.Clone(sayings()) }

var sayings = sync.OnceValue(func() []Saying {
	return slices.Concat(dockerHubSays(), cloudsSay(), selfHostedSay(), anybodySays(), storesSay())
})

// SayingNamed returns the refusal of a name.
func SayingNamed(name string) (Saying, bool) {
	all := sayings()
	i := slices.IndexFunc(all, func(s Saying) bool { return s.Name == name })
	if i < 0 {
		return Saying{}, false
	}
	return all[i], true
}

// readSaying reads the name of a refusal.
func readSaying(text string) (string, error) {
	name := strings.ToLower(text)
	if _, ok := SayingNamed(name); !ok {
		return text, errors.New("no refusal of that name; `pullpath mock --list` has them")
	}
	return name, nil
}

const (
	jsonKind = "application/json"
	xmlKind  = "application/xml"
)

// registryError is a body of the form of the distribution spec ("Error Codes").
func registryError(code, message, detail string) string {
	entry := map[string]any{"code": code, "message": message}
	if detail != "" {
		entry["detail"] = detail
	}
	return asJSON(map[string]any{"errors": []any{entry}})
}

func asJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(data)
}

func dockerHubSays() []Saying {
	const feedback = "https://github.com/docker/hub-feedback/issues/"
	const limit = "You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: " +
		"https://www.docker.com/increase-rate-limit"
	details := func(text string) string { return asJSON(map[string]string{"details": text}) }
	return []Saying{
		{"docker-hub-locked-out", "Docker Hub", AtLogin, 429, jsonKind, details("too many failed login attempts for username or IP address"),
			feedback + "786"},
		{"docker-hub-anonymous-limit", "Docker Hub", AtImage, 429, jsonKind, registryError("TOOMANYREQUESTS",
			"You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit", ""), feedback + "2464"},
		{"docker-hub-pull-limit", "Docker Hub", AtImage, 429, jsonKind, registryError("TOOMANYREQUESTS", limit, ""), feedback + "2429"},
		{"docker-hub-opening-limit", "Docker Hub", AtOpening, 429, jsonKind, registryError("TOOMANYREQUESTS", limit, ""), feedback + "2429"},
		{"docker-hub-sso", "Docker Hub", AtLogin, 401, jsonKind, details("please use personal access token to login when SSO is enforced"),
			feedback + "2181"},
	}
}

func cloudsSay() []Saying {
	const aws = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/common-errors-docker.html"
	return []Saying{
		{"ghcr-denied", "ghcr.io", AtLogin, 403, jsonKind, registryError("DENIED", "denied", ""), "https://github.com/dexidp/dex/issues/2672"},
		{"ecr-token-expired", "Amazon ECR", AtLogin, 403, jsonKind, registryError("DENIED",
			"Your authorization token has expired. Reauthenticate and try again.", ""), aws},
		{"ecr-upstream-login", "Amazon ECR", AtImage, 403, jsonKind, registryError("DENIED",
			"Authentication to the upstream registry failed", ""), "https://github.com/aws/containers-roadmap/issues/2354"},
		{"ecr-no-policy", "Amazon ECR", AtImage, 403, jsonKind, registryError("DENIED", "User: arn:aws:sts::111122223333:assumed-role/build/i-0 "+
			"is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:eu-west-1:111122223333:repository/app", ""),
			"https://github.com/aws/copilot-cli/issues/3518"},
		{"google-address", "Google's front end", AtOpening, 403, "text/html", "<!DOCTYPE html><html lang=en><title>Error 403 (Forbidden)!!1" +
			"</title><p><b>403.</b> <ins>That’s an error.</ins> <p>Your client does not have permission to get URL <code>/v2/</code> from this " +
			"server.", "https://github.com/kubernetes/registry.k8s.io/pull/212"},
		{"google-anonymous", "Google's registries", AtImage, 403, jsonKind, registryError("DENIED", "Unauthenticated request. Unauthenticated "+
			`requests do not have permission "artifactregistry.repositories.downloadArtifacts" on resource "projects/p/locations/l/repositories/r"`,
			""), "https://github.com/google/fuzzbench/issues/1981"},
		{"google-permission", "Google's registries", AtImage, 403, jsonKind, registryError("DENIED",
			`Permission "artifactregistry.repositories.downloadArtifacts" denied on resource "projects/p/locations/l/repositories/r" `+
				"(or it may not exist)", ""), "https://github.com/google-github-actions/auth/issues/50"},
		{"google-api-unused", "Google's registries", AtImage, 403, jsonKind, registryError("DENIED", "Artifact Registry API has not been used "+
			"in project 21 before or it is disabled.", ""), "https://github.com/validator/validator/issues/1753"},
		{"google-api-disabled", "Google's registries", AtImage, 403, jsonKind, registryError("DENIED", "Please enable or contact project owners "+
			"to enable the Google Container Registry API in Cloud Console", ""), "https://github.com/grafeas/kritis/pull/240"},
		{"acr-address", "Azure Container Registry", AtOpening, 403, jsonKind, registryError("DENIED", "client with IP '198.51.100.77' is not "+
			"allowed access. Refer https://aka.ms/acr/firewall to grant access.", ""), "https://github.com/Azure/acr/issues/633"},
	}
}

func selfHostedSay() []Saying {
	return []Saying{
		{"harbor-upstream-login", "Harbor", AtImage, 401, jsonKind, registryError("UNAUTHORIZED", "http status code: 401, body: {}", ""),
			"https://github.com/goharbor/harbor/issues/14767"},
		{"harbor-upstream", "Harbor", AtImage, 404, jsonKind, registryError("NOT_FOUND", "http status code: 404, body: {}", ""),
			"https://github.com/goharbor/harbor/issues/13446"},
		{"harbor-unknown", "Harbor", AtImage, 404, jsonKind, registryError("NOT_FOUND", "artifact proxy/library/nginx:latest not found", ""),
			"https://github.com/goharbor/harbor/issues/18270"},
		{"nexus-blocked", "Sonatype Nexus", AtImage, 500, jsonKind, registryError("UNKNOWN", "Remote Auto Blocked until 2026-11-23T12:00:00.000Z",
			""), "https://github.com/osism/testbed/issues/2357"},
		{"distribution-upstream", "a distribution registry", AtImage, 500, jsonKind, registryError("UNKNOWN", "unknown error",
			`error parsing HTTP 403 response body: unexpected end of JSON input: ""`), "https://github.com/distribution/distribution/issues/4383"},
		{"artifactory-locked-out", "JFrog Artifactory", AtLogin, 403, jsonKind, `{"errors":[{"status":403,"message":"This request is blocked ` +
			`due to recurrent login failures, please try again in 5 seconds"}]}`, "https://github.com/conan-io/conan/issues/17080"},
		{"gitlab-login", "GitLab", AtLogin, 401, jsonKind, registryError("UNAUTHORIZED", "HTTP Basic: Access denied", ""),
			"https://gitlab.com/gitlab-org/gitlab-foss/-/issues/26281"},
		{"gitlab-forbidden", "GitLab", AtLogin, 403, jsonKind, registryError("DENIED", "access forbidden", ""),
			"https://gitlab.com/gitlab-org/gitlab-foss/-/issues/48349"},
		{"quay-disabled", "Red Hat Quay", AtLogin, 401, jsonKind, registryError("UNAUTHORIZED", "This user has been disabled. Please contact "+
			"your administrator.", ""),
			"https://github.com/quay/quay/blob/01144dbb64432bff639bdfba82a0f5fcc1d311ab/auth/credentials.py"},
		{"red-hat-terms", "registry.access.redhat.com", AtImage, 403, jsonKind, registryError("DENIED", "Repo requires terms acceptance", ""),
			"https://github.com/syndesisio/fuse-online-install/issues/139"},
		{"red-hat-login", "registry.redhat.io", AtLogin, 401, jsonKind, registryError("UNAUTHORIZED", "Please login to the Red Hat Registry "+
			"using your Customer Portal credentials.", ""), "https://github.com/kubernetes/minikube/issues/9732"},
	}
}

// anybodySays has what every server may say.
func anybodySays() []Saying {
	const hub, oauth = "https://github.com/docker/hub-feedback/issues/", "https://www.rfc-editor.org/rfc/rfc6749#section-5.2"
	message := func(text string) string { return asJSON(map[string]string{"message": text}) }
	out := []Saying{
		{"login-attempts", "a server", AtLogin, 429, jsonKind, message("Too many login attempts"), hub + "1309"},
		{"locked-out", "a server", AtLogin, 403, jsonKind, message("You have been locked out"), hub + "642"},
		{"account-locked", "a server", AtLogin, 423, jsonKind, message("Account locked after 5 attempts"), hub + "642"},
		{"too-many-logins", "a server", AtLogin, 429, jsonKind, message("Too many login requests"), hub + "642"},
		{"too-many-failed", "a server", AtLogin, 429, jsonKind, message("Too many failed requests"), hub + "642"},
		{"too-many-authentications", "a server", AtLogin, 429, jsonKind, message("Too many authentication requests"), hub + "642"},
	}
	for _, what := range []string{"token", "credentials", "password", "robot account"} {
		for _, how := range []string{"has expired", "have expired", "is expired", "expired"} {
			out = append(out, Saying{strings.ReplaceAll(what+"-"+how, " ", "-"), "a server", AtLogin, 401, jsonKind,
				registryError("UNAUTHORIZED", "the "+what+" "+how, ""), oauth})
		}
	}
	for _, code := range []string{"invalid_grant", "invalid_client", "unauthorized_client"} {
		out = append(out, Saying{"oauth-" + strings.ReplaceAll(code, "_", "-"), "a token server", AtLogin, 401, jsonKind,
			asJSON(map[string]string{"error": code, "error_description": "Session not active"}), oauth})
	}
	return out
}

func storesSay() []Saying {
	const (
		s3     = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
		azure  = "https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes"
		google = "https://cloud.google.com/storage/docs/xml-api/reference-status"
		obs    = "https://support.huaweicloud.com/intl/es-us/api-obs/obs_errorcode_0012.html"
		sas    = "https://github.com/microsoft/AzureStorageExplorer/issues/3219"
	)
	says := func(name string, at Place, status int, code, message, detail, cite string) Saying {
		body := `<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code><Message>` + message + `</Message>`
		if detail != "" {
			body += `<AuthenticationErrorDetail>` + detail + `</AuthenticationErrorDetail>`
		}
		return Saying{name, "an object store", at, status, xmlKind, body + `</Error>`, cite}
	}
	out := []Saying{
		says("store-request-expired", AtStore, 403, "AccessDenied", "Request has expired", "", obs),
		says("store-request-early", AtStore, 403, "AccessDenied", "Request is not yet valid", "", obs),
		says("azure-sas-time", AtStore, 403, "AuthenticationFailed", "Server failed to authenticate the request.",
			"Signature not valid in the specified time frame: Start [a] - Expiry [b] - Current [c]", sas),
		says("azure-sas-signature", AtStore, 403, "AuthenticationFailed", "Server failed to authenticate the request.",
			"Signature did not match. String to sign used was r", "https://github.com/Azure/azure-storage-ruby/issues/217"),
		says("store-two-logins", AtStoreWithToken, 400, "InvalidArgument", "Only one auth mechanism allowed", "",
			"https://github.com/open-policy-agent/opa/issues/6580"),
		says("azure-second-login", AtStoreWithToken, 400, "InvalidAuthenticationInfo", "Authentication information is not given in the correct "+
			"format", "", azure),
		says("azure-login-failed", AtStoreWithToken, 403, "AuthenticationFailed", "Server failed to authenticate the request.", "", azure),
	}
	for _, group := range []struct {
		status      int
		cite, codes string
	}{
		{403, google, "ExpiredToken RequestExpired"},
		{403, s3, "SignatureDoesNotMatch AuthorizationQueryParametersError"},
		{403, azure, "AuthenticationFailed"},
		{403, s3, "RequestTimeTooSkewed AccessDenied AllAccessDisabled AccountProblem InvalidAccessKeyId NotSignedUp"},
		{403, azure, "AuthorizationFailure AuthorizationPermissionMismatch AuthorizationSourceIPMismatch InsufficientAccountPermissions " +
			"PublicAccessNotPermitted NoAuthenticationInformation AccountIsDisabled"},
		{400, google, "UserProjectMissing UserProjectAccountProblem"},
		{404, s3, "NoSuchKey NoSuchBucket"},
		{404, azure, "BlobNotFound ContainerNotFound ResourceNotFound"},
	} {
		for code := range strings.FieldsSeq(group.codes) {
			out = append(out, says("store-"+strings.ToLower(code), AtStore, group.status, code, "The request is refused.", "", group.cite))
		}
	}
	return out
}
