package userfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// What a file of each kind may have, in bytes. A file that is larger is not one of that
// kind, or never ends, as a device does.
const (
	// MaxBundle bounds certificates in PEM: Mozilla's roots with their names have 1 MiB,
	// every intermediate that browsers know 6 MiB.
	MaxBundle = 16 << 20
	// MaxLogList bounds a list of transparency logs; that of all logs ever has 0.5 MiB.
	MaxLogList = 4 << 20
	// MaxSignatures bounds a site's own signatures: a hundred of the longest have 130 KiB.
	MaxSignatures = 1 << 20
	// MaxPass bounds the pass into a made-up network. It holds what a scenario of 8 MiB
	// does, some of it twice, and certificates.
	MaxPass = 64 << 20
	// MaxHosts bounds a hosts file. Lists that block advertisements have up to 20 MiB.
	MaxHosts = 64 << 20
)

// TooLarge is the error of a file that has more bytes than its kind has.
type TooLarge struct{ Limit int64 }

// Error implements error.
func (e *TooLarge) Error() string {
	if e.Limit%(1<<20) == 0 {
		return fmt.Sprintf("larger than %d MiB", e.Limit>>20)
	}
	return fmt.Sprintf("larger than %d bytes", e.Limit)
}

// Read returns a file of at most limit bytes; else the error is a [*TooLarge]. It also
// reads what is not a regular file, for instance a pipe of a shell, up to the same limit.
// Errors name the file.
func Read(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := ReadFrom(f, limit)
	var named *fs.PathError
	if err != nil && !errors.As(err, &named) {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return data, err
}

// ReadFrom reads at most limit bytes to the end; else the error is a [*TooLarge].
func ReadFrom(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, &TooLarge{limit}
	}
	return data, nil
}
