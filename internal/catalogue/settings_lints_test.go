package catalogue

import (
	"slices"
	"testing"
)

// withoutRow are facts that need no row, with the reason.
func withoutRow() map[string]string {
	return map[string]string{"unit-masked": "a masked unit is not started, and its client has no way to speak of"}
}

// TestEveryRemarkHasARow reads the codes out of package settings: a fact that no
// row tells would be seen by nobody.
func TestEveryRemarkHasARow(t *testing.T) {
	// Two rows read more than remarks: matchSourceUnread, proxyIsPACFile.
	told := map[string]bool{sourceUnreadRemark: true, string(ProxyIsPACFile): true}
	for _, l := range allLints() {
		for _, code := range append(slices.Clone(l.Remarks), string(l.Code)) {
			told[code] = true
		}
	}
	codes := constants(t, "../settings/*.go", "Code")
	if len(codes) < 50 {
		t.Errorf("only %d codes were found", len(codes))
	}
	for _, code := range codes {
		if _, excused := withoutRow()[code]; told[code] == excused {
			t.Errorf("%s: told by a row %v, excused %v", code, told[code], excused)
		}
	}
}
