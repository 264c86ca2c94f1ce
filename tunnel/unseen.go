package tunnel

// unseenError is a failed dial of which the system did not show all.
type unseenError struct {
	error
	what string
}

func (e *unseenError) Unwrap() error { return e.error }

// NotLooked returns what was not looked at.
func (e *unseenError) NotLooked() string { return e.what }
