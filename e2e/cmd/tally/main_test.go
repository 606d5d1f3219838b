package main

import (
	"bufio"
	"strings"
	"testing"
)

func TestTally(t *testing.T) {
	for _, tt := range []struct {
		name, in       string
		passed, failed int
		failures       string
	}{
		{"tests count, packages do not", `{"Action":"pass","Package":"p","Test":"A"}
{"Action":"pass","Package":"p","Test":"B"}
{"Action":"pass","Package":"p"}`, 2, 0, ""},
		{"a skipped test is neither", `{"Action":"skip","Package":"p","Test":"A"}
{"Action":"pass","Package":"p"}`, 0, 0, ""},
		{"a package fails with its test", `{"Action":"pass","Package":"p","Test":"A"}
{"Action":"fail","Package":"p","Test":"B/deep"}
{"Action":"fail","Package":"p","Test":"B"}
{"Action":"fail","Package":"p"}`, 1, 2, "p ^B$\n"},
		{"a package that does not build is a failure", `{"ImportPath":"p [p.test]","Action":"build-output","Output":"no\n"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`, 0, 1, "p .\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			passed, failed, failures, err := tally(bufio.NewReader(strings.NewReader(tt.in)))
			if err != nil || passed != tt.passed || failed != tt.failed || strings.Join(failures, "") != tt.failures {
				t.Errorf("tally() = %d, %d, %q, %v; want %d, %d, %q", passed, failed, failures, err, tt.passed, tt.failed, tt.failures)
			}
		})
	}
	if _, _, _, err := tally(bufio.NewReader(strings.NewReader("go: no such thing\n"))); err == nil {
		t.Error("output that is not JSON: no error")
	}
}
