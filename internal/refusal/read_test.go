package refusal

import (
	"slices"
	"testing"

	"pullpath/internal/cost"
	"pullpath/internal/evidence"
)

func TestRead(t *testing.T) {
	type said = evidence.APIError
	for name, row := range map[string]struct {
		body, kind string
		status     int
		want       []said
	}{
		"a registry": {`{"errors":[{"code":"DENIED","message":"denied","detail":null}]}`, "application/json", 403,
			[]said{{Code: "DENIED", Message: "denied"}}},
		"a registry's detail of objects": {`{"errors":[{"code":"UNAUTHORIZED","message":"no","detail":[{"Type":"repository"}]}]}`, "", 401,
			[]said{{Code: "UNAUTHORIZED", Message: "no", Detail: `[{"Type":"repository"}]`}}},
		"a cache's detail of an upstream": {`{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":"error parsing HTTP 403"}]}`, "",
			500,
			[]said{{Code: "UNKNOWN", Message: "unknown error", Detail: "error parsing HTTP 403"}}},
		"a registry's errors in an answer of success": {`{"errors":[{"code":"X"}]}`, "", 200, []said{{Code: "X"}}},
		"Artifactory": {`{"errors" : [ {"status" : 403, "message" : "blocked"} ]}`, "", 403,
			[]said{{Code: "403", Message: "blocked"}}},
		"errors as texts": {`{"errors":["no such thing"]}`, "", 404, []said{{Message: "no such thing"}}},
		"OAuth": {`{"error":"invalid_grant","error_description":"expired"}`, "", 400,
			[]said{{Form: "oauth", Code: "invalid_grant", Message: "expired"}}},
		"Google's JSON": {`{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}`, "", 403,
			[]said{{Form: "json", Code: "PERMISSION_DENIED", Message: "no"}}},
		"a problem": {`{"type":"about:blank","title":"Forbidden","detail":"not you","status":403}`, "application/problem+json", 403,
			[]said{{Form: "problem", Code: "Forbidden", Message: "not you"}}},
		"Docker Hub": {`{"details":"too many failed login attempts"}`, "", 429,
			[]said{{Form: "json", Message: "too many failed login attempts"}}},
		"Spring": {`{"status":404,"error":"Not Found","path":"/v2/"}`, "", 404,
			[]said{{Form: "oauth", Code: "Not Found"}}},
		"a token, refused": {`{"access_token":"s3cret"}`, "", 403, nil},
		"a token":          {`{"token":"s3cret","message":"hello"}`, "", 200, nil},
		"S3": {"<?xml version=\"1.0\"?>\n" +
			"<Error><Code>AccessDenied</Code><Message>Access Denied</Message><HostId>x</HostId></Error>", "application/xml", 403,
			[]said{{Form: "store", Code: "AccessDenied", Message: "Access Denied"}}},
		"S3, expired": {`<Error>` +
			`<Code>AccessDenied</Code><Message>Request has expired</Message><Expires>A</Expires><ServerTime>B</ServerTime></Error>`, "", 403,
			[]said{{Form: "store", Code: "AccessDenied", Message: "Request has expired",
				Detail: "expires A, server time B"}}},
		"Azure": {"\xef\xbb\xbf<?xml version=\"1.0\"?><Error><Code>AuthenticationFailed</Code>" +
			"<Message>no\nRequestId:1</Message>" +
			"<AuthenticationErrorDetail>Signature did not match</AuthenticationErrorDetail></Error>", "", 403,
			[]said{{Form: "store", Code: "AuthenticationFailed", Message: "no RequestId:1",
				Detail: "Signature did not match"}}},
		"an API of AWS": {`<ErrorResponse><Error><Type>Sender</Type><Code>X</Code></Error></ErrorResponse>`, "", 403,
			[]said{{Form: "store", Code: "X"}}},
		"other XML":         {`<note><Code>1</Code></note>`, "", 403, nil},
		"a page":            {`<!DOCTYPE html><html><title>no</title></html>`, "text/html", 403, nil},
		"a text":            {"Not Authorized\n", "text/plain", 401, []said{{Form: "text", Message: "Not Authorized"}}},
		"a text of success": {"hello", "text/plain", 200, nil},
		"bytes":             {"\x00\x01\x02", "", 403, nil},
		"nothing":           {" ", "", 403, nil},
		"JSON that is cut":  {`{"errors":[{"co`, "application/json", 403, nil},
	} {
		if got := Read([]byte(row.body), row.kind, row.status); !slices.Equal(got, row.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, row.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{`{"errors":[{"code":1,"detail":{"a":[{}]}}]}`, `{"error":{"message":"x"}}`, "<Error><Code>a</Code>", "text",
		"\xef\xbb\xbf<a"} {
		f.Add([]byte(s), 403)
	}
	f.Fuzz(func(t *testing.T, data []byte, status int) {
		cost.Linear(t, len(data), func() {
			got := Read(data, "", status)
			if len(got) > maxErrors {
				t.Errorf("%d entries", len(got))
			}
			for _, e := range got {
				if len(e.Code) > maxText || len(e.Message) > maxText || len(e.Detail) > 2*maxText+40 {
					t.Errorf("a text of %d bytes", max(len(e.Code), len(e.Message), len(e.Detail)))
				}
			}
			Known(evidence.Request{Code: status, Errors: got})
		})
	})
}
