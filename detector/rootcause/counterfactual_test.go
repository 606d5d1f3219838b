package rootcause_test

import (
	"regexp"
	"strconv"
	"testing"
)

// relieved is the share of slow requests, in percent, that a reason says would be as usual.
func relieved(t *testing.T, reason string) float64 {
	t.Helper()
	m := regexp.MustCompile(`; with its usual time ([0-9.]+)% of the slow requests would be as usual$`).FindStringSubmatch(reason)
	if m == nil {
		t.Fatalf("the reason is %q", reason)
	}
	share, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return share
}

// The durations of caller and callee are blurred by a tenth each, so that some callers
// stay slow by themselves.
func TestWhatWouldHaveBeenIsTold(t *testing.T) {
	first := verdict(t, shop(nil), shop(func(int) map[string]string {
		return map[string]string{"web": "620ms", "paygap": "582ms", "pay": "580ms"}
	}))[0]
	if got, want := say(first), "pay charge @pay-0: own_time"; got != want {
		t.Fatalf("first suspect is %q, want %q", got, want)
	}
	if share := relieved(t, first.Reason); share < 60 {
		t.Errorf("%q: want most of them", first.Reason)
	}
}

// Whoever is slow beside the first suspect stays slow without it.
func TestOfTwoFaultsOneExplainsOnlyItsOwn(t *testing.T) {
	first := verdict(t, shop(nil), shop(func(int) map[string]string {
		return map[string]string{"web": "2700ms", "paygap": "2082ms", "pay": "2080ms", "cartgap": "502ms", "cart": "500ms"}
	}))[0]
	if share := relieved(t, first.Reason); share != 0 {
		t.Errorf("first suspect %q: %q", say(first), first.Reason)
	}
}
