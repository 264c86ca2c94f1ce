package settings

// Remark is one fact about a source of settings: what the reader of that source
// makes of a line. Value and Write hold no credentials.
type Remark struct {
	Code     string
	Source   string
	Variable string
	Value    string
	Text     string
	Write    string
}
