package e2e

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"culprit/e2e/outside"
)

// sleep waits for real time to pass, or for the test to be stopped.
func sleep(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
}

// showLog prints the end of a process's log.
func showLog(t *testing.T, file string) {
	t.Helper()
	const lines = 60
	data, err := os.ReadFile(file)
	if err != nil {
		t.Log(err)
		return
	}
	all := bytes.Split(data, []byte("\n"))
	t.Logf("end of %s:\n%s", file, bytes.Join(all[max(0, len(all)-lines):], []byte("\n")))
}

// tell is a ranking on one line each.
func tell(suspects []outside.Suspect) string {
	var b strings.Builder
	for i, s := range suspects[:min(len(suspects), 5)] {
		fmt.Fprintf(&b, "\n  %d. %s %s (%s, %.3g): %s", i+1, s.Service, s.Operation, s.Kind, s.Score, s.Reason)
	}
	return b.String()
}

// firstDifference shows two texts from where they part.
func firstDifference(want, got []byte) string {
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	line := 1 + bytes.Count(want[:i], []byte("\n"))
	near := func(b []byte) []byte { return b[max(0, i-200):min(len(b), i+200)] }
	return fmt.Sprintf("line %d\n--- want\n%s\n--- got\n%s", line, near(want), near(got))
}
