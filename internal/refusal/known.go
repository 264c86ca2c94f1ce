package refusal

import (
	"slices"
	"strings"
	"sync"

	"pullpath/internal/evidence"
	"pullpath/internal/product"
)

// Meaning is what a server says by a refusal.
type Meaning string

// Meanings.
const (
	// RateLimit: too many requests were made. LockedOut: too many logins failed.
	RateLimit Meaning = "rate limit"
	LockedOut Meaning = "locked out"
	// LoginExpired and LoginRefused are about the login that was sent, AccessDenied about what
	// its account, or nobody, may do, and AddressDenied about where the request comes from.
	LoginExpired  Meaning = "login expired"
	LoginRefused  Meaning = "login refused"
	AccessDenied  Meaning = "access denied"
	AddressDenied Meaning = "address denied"
	// NotFound: there is no such image or object. UpstreamFailed: the server is a cache, and
	// the registry behind it refused.
	NotFound       Meaning = "not found"
	UpstreamFailed Meaning = "upstream failed"
	// The rest is said by stores, of the URL (its time is over or not yet come, its signature
	// does not hold, a login came besides) or of the object.
	URLExpired  Meaning = "URL expired"
	URLAltered  Meaning = "URL altered"
	SecondLogin Meaning = "second login"
	ClockOff    Meaning = "clock"
	StoreDenied Meaning = "store denied"
)

// Sentence is one refusal that is known.
type Sentence struct {
	// Who says it.
	Who string
	// Code is the error's code, and All are texts that its sentence or detail holds, without
	// case. Whole means that the sentence is the first of them and no more.
	Code  string
	All   []string
	Whole bool
	// Page means that it stands in a page, not in an error document.
	Page bool
	// Login limits it to answers to a request with a login, Anonymous to the others.
	Login, Anonymous bool
	Means            Meaning
	// Ask is the change to ask for, in place of what helps in general; empty for that. Operator
	// tells that it is the registry operator's move, whatever helps in general.
	Ask      string
	Operator bool
	Grade    product.Grade
	Cite     string
}

// Known returns the first known sentence that an answer says.
func Known(r evidence.Request) (Sentence, bool) {
	said := slices.Clone(r.Errors)
	page := r.Body != nil && r.Body.HTML
	if page {
		said = []evidence.APIError{{Message: r.Body.Title + " " + r.Body.Text}}
	}
	for _, e := range said {
		for _, s := range sentences() {
			if s.Page == page && s.said(r, e) {
				return s, true
			}
		}
	}
	return Sentence{}, false
}

func (s Sentence) said(r evidence.Request, e evidence.APIError) bool {
	if s.Code != "" && !strings.EqualFold(s.Code, e.Code) || s.Login && r.AuthSent == "" || s.Anonymous && r.AuthSent != "" {
		return false
	}
	if s.Whole {
		return strings.EqualFold(strings.TrimSpace(e.Message), s.All[0])
	}
	text := strings.ToLower(e.Message + "\n" + e.Detail)
	return !slices.ContainsFunc(s.All, func(part string) bool { return !strings.Contains(text, strings.ToLower(part)) })
}

// sentences returns the table, the more particular before the more general.
var sentences = sync.OnceValue(func() []Sentence {
	return slices.Concat(dockerHub(), clouds(), selfHosted(), redHat(), anyRegistry(), stores())
})

func dockerHub() []Sentence {
	const feedback = "https://github.com/docker/hub-feedback/issues/"
	return []Sentence{
		{Who: "Docker Hub", All: []string{"too many failed login attempts"}, Means: LockedOut, Grade: product.Seen, Cite: feedback + "786"},
		{Who: "Docker Hub", All: []string{"unauthenticated pull rate limit"}, Means: RateLimit, Grade: product.Seen, Cite: feedback + "2464",
			Ask: "log in to Docker Hub so that the account is counted in place of the address, mirror the images, or wait{wait}"},
		{Who: "Docker Hub", All: []string{"reached your pull rate limit"}, Login: true, Means: RateLimit, Grade: product.Seen,
			Cite: feedback + "2429",
			Ask:  "log in with an account that has a higher limit, mirror the images, or wait{wait}"},
		{Who: "Docker Hub", All: []string{"reached your pull rate limit"}, Means: RateLimit, Grade: product.Seen, Cite: feedback + "2429"},
		{Who: "Docker Hub", All: []string{"use personal access token to login"}, Means: LoginRefused, Grade: product.Seen,
			Cite: feedback + "2181",
			Ask:  "log in with a personal access token in place of the password: the account's organization enforces single sign-on"},
	}
}

func clouds() []Sentence {
	const google = "https://github.com/google-github-actions/auth/issues/50"
	return []Sentence{
		{Who: "ghcr.io", Code: "DENIED", All: []string{"denied"}, Whole: true, Login: true, Means: LoginRefused, Grade: product.Seen,
			Cite: "https://github.com/dexidp/dex/issues/2672",
			Ask:  "log out of the registry, or log in with a new token: an expired one is refused for public images too"},
		{Who: "Amazon ECR", All: []string{"authorization token has expired"}, Means: LoginExpired, Grade: product.Source,
			Cite: "https://docs.aws.amazon.com/AmazonECR/latest/userguide/common-errors-docker.html",
			Ask:  "log in again with a new password (aws ecr get-login-password): it holds for 12 hours; a credential helper renews it"},
		{Who: "Amazon ECR", All: []string{"authentication to the upstream registry failed"}, Means: UpstreamFailed, Grade: product.Seen,
			Cite: "https://github.com/aws/containers-roadmap/issues/2354",
			Ask:  "have the owner of the cache rule correct the upstream's login in Secrets Manager, and the name of the image"},
		{Who: "Amazon ECR", All: []string{"is not authorized to perform: ecr:"}, Means: AccessDenied, Grade: product.Seen,
			Cite: "https://github.com/aws/copilot-cli/issues/3518",
			Ask:  "allow the action that the answer names to this role, in its IAM policy or in the repository's"},
		{Who: "Google's front end", Page: true, All: []string{"your client does not have permission to get url"}, Means: AddressDenied,
			Grade: product.Seen, Cite: "https://github.com/kubernetes/registry.k8s.io/pull/212",
			Ask: "ask the provider of this network's address to have it unblocked by Google, or use a mirror"},
		{Who: "Google's registries", All: []string{"unauthenticated request", "artifactregistry."}, Means: AccessDenied, Grade: product.Seen,
			Cite: "https://github.com/google/fuzzbench/issues/1981",
			Ask:  "log in with an account that may read the repository (gcloud auth configure-docker), and check its name"},
		{Who: "Google's registries", All: []string{`permission "artifactregistry.`, "denied on resource"}, Means: AccessDenied,
			Grade: product.Seen,
			Cite:  google, Ask: "give the account the role Artifact Registry Reader on the repository that the answer names, and check that name"},
		{Who: "Google's registries", All: []string{"api has not been used in project"}, Means: AccessDenied, Grade: product.Seen,
			Cite: "https://github.com/validator/validator/issues/1753", Ask: "have the owner of the project that the answer names enable the " +
				"API there"},
		{Who: "Google's registries", All: []string{"please enable", "container registry api"}, Means: AccessDenied, Grade: product.Seen,
			Cite: "https://github.com/grafeas/kritis/pull/240", Ask: "have the owner of the project that the answer names enable the API there"},
		{Who: "Azure Container Registry", All: []string{"client with ip", "is not allowed access"}, Means: AddressDenied, Grade: product.Seen,
			Cite: "https://github.com/Azure/acr/issues/633",
			Ask: "have the owner of the registry allow the address that the answer names in its network rules, or give this network a " +
				"private endpoint"},
	}
}

func selfHosted() []Sentence {
	const harborAsk = "look at the upstream's address, login and rate limit in the registry endpoint of the cache's project, and " +
		"check the name (Docker Hub's official images need library/)"
	return []Sentence{
		{Who: "Harbor", All: []string{"http status code: 401", "body:"}, Means: UpstreamFailed, Grade: product.Seen,
			Cite: "https://github.com/goharbor/harbor/issues/14767", Ask: harborAsk},
		{Who: "Harbor", All: []string{"http status code: ", "body:"}, Means: UpstreamFailed, Grade: product.Seen,
			Cite: "https://github.com/goharbor/harbor/issues/13446", Ask: harborAsk},
		{Who: "Harbor", All: []string{"artifact ", " not found"}, Means: NotFound, Grade: product.Seen,
			Cite: "https://github.com/goharbor/harbor/issues/18270",
			Ask: "check project, repository and tag; where the project is a cache, ask its operator whether the upstream answers: the cache " +
				"says the " +
				"same where it does not"},
		{Who: "Sonatype Nexus", All: []string{"remote auto blocked until"}, Means: UpstreamFailed, Grade: product.Seen,
			Cite: "https://github.com/osism/testbed/issues/2357",
			Ask: "find out why the cache could not reach its upstream and repair that; then unblock the repository, or wait for the time " +
				"that the answer names"},
		{Who: "a distribution registry", All: []string{"error parsing http 4", "response body"}, Means: UpstreamFailed, Grade: product.Seen,
			Cite: "https://github.com/distribution/distribution/issues/4383"},
		{Who: "JFrog Artifactory", All: []string{"blocked due to recurrent login failures"}, Means: LockedOut, Grade: product.Seen,
			Cite: "https://github.com/conan-io/conan/issues/17080"},
		{Who: "GitLab", All: []string{"http basic: access denied"}, Means: LoginRefused, Grade: product.Seen,
			Cite: "https://gitlab.com/gitlab-org/gitlab-foss/-/issues/26281",
			Ask:  "log in with a personal, project or deploy token that has the scope read_registry and has not expired"},
		{Who: "GitLab", All: []string{"access forbidden"}, Whole: true, Login: true, Means: LoginRefused, Grade: product.Seen,
			Cite: "https://gitlab.com/gitlab-org/gitlab-foss/-/issues/48349",
			Ask:  "log in with a token that has the scope read_registry, and check the name of the project"},
		{Who: "Red Hat Quay", All: []string{"this user has been disabled"}, Means: LoginRefused, Grade: product.Source,
			Cite: "https://github.com/quay/quay/blob/01144dbb64432bff639bdfba82a0f5fcc1d311ab/auth/credentials.py",
			Ask:  "ask the registry's administrator why the account is disabled"},
	}
}

func redHat() []Sentence {
	return []Sentence{
		{Who: "registry.access.redhat.com", All: []string{"requires terms acceptance"}, Means: AccessDenied, Grade: product.Seen,
			Cite: "https://github.com/syndesisio/fuse-online-install/issues/139",
			Ask:  "log in to registry.redhat.io and pull the image from there, after its terms were accepted"},
		{Who: "registry.redhat.io", All: []string{"please login to the red hat registry"}, Login: true, Means: LoginRefused, Grade: product.Seen,
			Cite: "https://github.com/kubernetes/minikube/issues/9732"},
	}
}

// anyRegistry has what every server may say, in words that leave nothing open.
func anyRegistry() []Sentence {
	out := []Sentence{
		{Who: "a server", All: []string{"too many login attempts"}, Means: LockedOut, Grade: product.Seen,
			Cite: "https://github.com/docker/hub-feedback/issues/1309"},
		{Who: "a server", All: []string{"you have been locked out"}, Means: LockedOut, Grade: product.Seen,
			Cite: "https://github.com/docker/hub-feedback/issues/642"},
	}
	for _, what := range []string{"token", "credentials", "password", "robot account"} {
		for _, how := range []string{" has expired", " have expired", " is expired", " expired"} {
			out = append(out, Sentence{Who: "a server", All: []string{what + how}, Login: true, Means: LoginExpired, Grade: product.Memory,
				Cite: "https://www.rfc-editor.org/rfc/rfc6749#section-5.2"})
		}
	}
	for _, all := range [][]string{{"lock", "attempts"}, {"too many", "login"}, {"too many", "failed"}, {"too many", "authentication"}} {
		out = append(out, Sentence{Who: "a server", All: all, Login: true, Means: LockedOut, Grade: product.Memory,
			Cite: "https://github.com/docker/hub-feedback/issues/642"})
	}
	for _, code := range []string{"invalid_grant", "invalid_client", "unauthorized_client"} {
		out = append(out, Sentence{Who: "a token server", Code: code, Login: true, Means: LoginRefused, Grade: product.Source,
			Cite: "https://www.rfc-editor.org/rfc/rfc6749#section-5.2",
			Ask:  "log in again: the stored token has ended or was taken back, or the password is wrong"})
	}
	return out
}

func stores() []Sentence {
	const (
		s3     = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
		azure  = "https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes"
		google = "https://cloud.google.com/storage/docs/xml-api/reference-status"
		obs    = "https://support.huaweicloud.com/intl/es-us/api-obs/obs_errorcode_0012.html"
		sas    = "https://github.com/microsoft/AzureStorageExplorer/issues/3219"

		account = "have the account of the store enabled again: the answer says what is wrong with it"
	)
	out := []Sentence{
		{Code: "AccessDenied", All: []string{"request has expired"}, Means: URLExpired, Cite: obs},
		{Code: "AccessDenied", All: []string{"request is not yet valid"}, Means: ClockOff, Cite: obs},
		{Code: "AuthenticationFailed", All: []string{"not valid in the specified time frame"}, Means: URLExpired, Cite: sas},
		{Code: "AuthenticationFailed", All: []string{"signature did not match"}, Means: URLAltered,
			Cite: "https://github.com/Azure/azure-storage-ruby/issues/217"},
		{All: []string{"only one auth mechanism allowed"}, Means: SecondLogin, Cite: "https://github.com/open-policy-agent/opa/issues/6580"},
		{Code: "InvalidAuthenticationInfo", Login: true, Means: SecondLogin, Cite: azure},
		{Code: "AuthenticationFailed", Login: true, Means: SecondLogin, Cite: azure},
	}
	for _, group := range []struct {
		means Meaning
		cite  string
		codes string
		ask   string
	}{
		{URLExpired, google, "ExpiredToken RequestExpired", ""},
		{URLAltered, s3, "SignatureDoesNotMatch AuthorizationQueryParametersError", ""},
		{URLAltered, azure, "AuthenticationFailed", ""},
		{ClockOff, s3, "RequestTimeTooSkewed", ""},
		{StoreDenied, s3, "AccessDenied", ""},
		{StoreDenied, azure, "AuthorizationFailure", ""},
		{StoreDenied, s3, "AllAccessDisabled AccountProblem NotSignedUp", account},
		{StoreDenied, azure, "AccountIsDisabled", account},
		{StoreDenied, google, "UserProjectMissing UserProjectAccountProblem", "put the billing of the store's project in order, or name the " +
			"project that pays for reading"},
		{StoreDenied, s3, "InvalidAccessKeyId", "have the registry sign its URLs with a key that the store knows"},
		{StoreDenied, azure, "AuthorizationPermissionMismatch InsufficientAccountPermissions", "give the account by which the registry signs " +
			"its URLs the right to read blobs"},
		{StoreDenied, azure, "AuthorizationSourceIPMismatch", "have the registry sign its URLs for the address by which this network goes out, " +
			"or for any (sip of the signature)"},
		{StoreDenied, azure, "PublicAccessNotPermitted NoAuthenticationInformation", "have the registry sign its URLs: the store hands nothing " +
			"out to the public"},
		{NotFound, s3, "NoSuchKey NoSuchBucket", ""},
		{NotFound, azure, "BlobNotFound ContainerNotFound ResourceNotFound", ""},
	} {
		for code := range strings.FieldsSeq(group.codes) {
			out = append(out, Sentence{Code: code, Means: group.means, Cite: group.cite, Ask: group.ask, Operator: group.ask != ""})
		}
	}
	for i := range out {
		out[i].Who, out[i].Grade = "an object store", product.Source
	}
	return out
}
