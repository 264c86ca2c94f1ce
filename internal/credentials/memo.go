package credentials

// memo keeps what was read of a host's files. A profile may have thousands of
// registries, and all are looked up in the same few files.
type memo map[any]any

// Remembering returns the host, each of whose files is read once. It is for look-ups that
// follow each other, by one goroutine.
func (h Host) Remembering() Host {
	h.memo = memo{}
	return h
}

// outcome is a result with its error.
type outcome[T any] struct {
	value T
	err   error
}

// remembered returns the outcome of work by its key, whose type is the caller's own;
// without a memo the work is done again.
func remembered[T any](h Host, key any, work func() (T, error)) (T, error) {
	if known, ok := h.memo[key].(outcome[T]); ok {
		return known.value, known.err
	}
	var o outcome[T]
	o.value, o.err = work()
	if h.memo != nil {
		h.memo[key] = o
	}
	return o.value, o.err
}
