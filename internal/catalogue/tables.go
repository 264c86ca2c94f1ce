package catalogue

import (
	"slices"

	"pullpath/internal/diagnosis"
)

// changes are the kinds of change that mend a cause, where it is more than what
// the row's remedy says (issue 8). A row that is not here asks for its remedy.
func changes() map[string][]diagnosis.Change {
	return map[string][]diagnosis.Change{
		"tcp-timeout":             {diagnosis.AllowHost},
		"tcp-refused":             {diagnosis.AllowHost},
		"tcp-reset":               {diagnosis.AllowHost},
		"tcp-prohibited":          {diagnosis.AllowHost},
		"tcp-some-addresses-down": {diagnosis.AllowHost},
		"proxy-timeout":           {diagnosis.AllowHost},

		"proxy-connect-denied":          {diagnosis.AllowConnect},
		"proxy-connect-port-denied":     {diagnosis.AllowConnect},
		"proxy-answers-with-page":       {diagnosis.AllowConnect},
		"proxy-redirects":               {diagnosis.ExemptProxyAuth},
		"proxy-upstream-timeout":        {diagnosis.AllowHost},
		"proxy-auth-required":           {diagnosis.Mend, diagnosis.ExemptProxyAuth},
		"proxy-auth-scheme-unsupported": {diagnosis.ExemptProxyAuth},
		"http-proxy-auth-inside":        {diagnosis.ExemptProxyAuth},
		"tls-sni-blocked":               {diagnosis.AllowHost},
		"tls-intercepted-untrusted":     {diagnosis.Mend, diagnosis.ExemptInspection},
		"tls-intercepted-trusted":       {diagnosis.ExemptInspection},
		"tls-intercepted-broken":        {diagnosis.ExemptInspection},
		"http-block-page":               {diagnosis.AllowConnect},
		"http-redirected-elsewhere":     {diagnosis.ExemptProxyAuth},
		"http-method-blocked":           {diagnosis.AllowContent},
		"http-header-too-large":         {diagnosis.AllowContent},
		"http-authorization-stripped":   {diagnosis.ExemptInspection},
		"http-truncated":                {diagnosis.AllowContent},
		"http-body-altered":             {diagnosis.AllowContent},
		"http-timeout":                  {diagnosis.AllowContent},
		"http-slow":                     {diagnosis.AllowContent},
	}
}

// withTables fills in what stands in tables of its own beside the rows: the kinds
// of change, and what clients print.
func withTables(rows []diagnosis.Entry) []diagnosis.Entry {
	kinds, printed := changes(), symptoms()
	for i, e := range rows {
		rows[i].Symptoms = append(rows[i].Symptoms, printed[e.Code]...)
		if len(e.Changes) == 0 {
			rows[i].Changes = kinds[e.Code]
		}
		if len(rows[i].Changes) == 0 {
			rows[i].Changes = []diagnosis.Change{diagnosis.Mend}
		}
	}
	return slices.Clip(rows)
}
