package main

import (
	"bytes"
	"path/filepath"
	"testing"

	"culprit/internal/tracetest"
)

// The table of every recording, with all methods: a change in quality is a line in the
// diff. Read it before committing, and say in the commit what it is worth.
//
//	go test ./cmd/culprit -run TestScoreTables -update
func TestScoreTables(t *testing.T) {
	if testing.Short() {
		t.Skip("reads hundreds of megabytes")
	}
	for _, name := range []string{"packs", "nezha-onlineboutique-20220823", "nezha-trainticket-20230129-early", "nezha-trainticket-20230130-early"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("..", "..", "datasets", "packs")
			if name != "packs" {
				dir = tracetest.Shared(t, name)
			}
			var out, errs bytes.Buffer
			if status := run(t.Context(), []string{"score", dir, "--methods", "all", "--each", "--faults", "--no-timings"}, &out, &errs); status != 0 || errs.Len() > 0 {
				t.Fatalf("status %d: %s", status, errs.Bytes())
			}
			tracetest.Golden(t, "score/"+name+".golden", out.Bytes())
		})
	}
}

// A gate that fails has a status of its own, and the table is printed all the same.
func TestScoreGate(t *testing.T) {
	args := []string{"score", filepath.Join("..", "..", "datasets", "packs", "hotrod-mysql-delay"), "--no-detect", "--methods"}
	for method, want := range map[string]int{"culprit": 0, "baro": exitGate} {
		var out, errs bytes.Buffer
		if got := run(t.Context(), append(args, method, "--healthy", "3", "--at-least", "service:1"), &out, &errs); got != want {
			t.Errorf("%s: status %d, want %d: %s", method, got, want, errs.Bytes())
		}
		if !bytes.Contains(out.Bytes(), []byte("AC@1")) {
			t.Errorf("%s: no table: %s", method, out.Bytes())
		}
	}
}
