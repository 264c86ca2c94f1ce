package userfile

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// ownersOnly is the access that stands for mode 0600: the owner, the system and the administrators may do
// everything, and nothing is inherited from the folder
// (https://learn.microsoft.com/en-us/windows/win32/secauthz/security-descriptor-string-format).
const ownersOnly = "D:P(A;;FA;;;OW)(A;;FA;;;SY)(A;;FA;;;BA)"

// private keeps others from a new file whose mode says so: Windows has no modes, and a file inherits
// who may read it from its folder.
func private(f *os.File, mode fs.FileMode) error {
	if mode.Perm()&0o077 != 0 {
		return nil
	}
	d, err := windows.SecurityDescriptorFromString(ownersOnly)
	if err != nil {
		return err
	}
	list, _, err := d.DACL()
	if err != nil {
		return err
	}
	return windows.SetNamedSecurityInfo(f.Name(), windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
}
