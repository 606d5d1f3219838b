package closest_test

import (
	"strings"
	"testing"

	"culprit/internal/closest"
)

// Names that were meant come first; names that are far off are not offered.
func TestNames(t *testing.T) {
	known := []string{"GET /cart", "GET /cart/{}", "POST /cart", "Charge", "GetDriver", "SQL SELECT"}
	for want, first := range map[string]string{"get /card": "GET /cart", "charge": "Charge", "GetDrivers": "GetDriver", "select": "SQL SELECT", "Zebra": ""} {
		got := closest.Names(want, known)
		if first == "" && len(got) > 0 || first != "" && (len(got) == 0 || got[0] != first) {
			t.Errorf("closest to %q: %q, want %q first", want, got, first)
		}
	}
	if got := closest.Names(strings.Repeat("x", 1<<20), []string{strings.Repeat("x", 1<<20), ""}); len(got) != 1 || len(got[0]) > 600 {
		t.Errorf("%d names for a name of 1 MB", len(got))
	}
}
