//go:build !linux

package packets

func open() (source, error) { return nil, ErrUnsupported }
