// Command tally reads what `go test -json` prints, shows the lines of packages and
// of tests that failed or were skipped, and writes "PASSED FAILED" to the file that
// it is given, followed by a line "PACKAGE PATTERN" for each test that failed: what -run
// needs to run it again (all of a package that failed without a test to blame). Its exit status is 1 if
// anything failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// event is a line of test2json (`go doc test2json`); builds add ImportPath.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
	Elapsed    float64
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go test -json ... | tally FILE")
		os.Exit(2)
	}
	passed, failed, failures, err := tally(bufio.NewReader(os.Stdin))
	if err == nil {
		said := fmt.Sprintf("%d %d\n%s", passed, failed, strings.Join(failures, ""))
		err = os.WriteFile(os.Args[1], []byte(said), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(1)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// tally counts tests, and packages that failed without a test to blame (they did
// not build, or died); failures has their lines.
func tally(in *bufio.Reader) (passed, failed int, failures []string, err error) {
	output := map[string][]string{} // by package and test, while it runs
	blamed := map[string]bool{}     // packages of which a test has failed
	dec := json.NewDecoder(in)
	for dec.More() {
		var e event
		if err := dec.Decode(&e); err != nil {
			return passed, failed, failures, fmt.Errorf("reading test output: %w", err)
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output":
			output[key] = append(output[key], e.Output)
		case "build-output":
			fmt.Print(e.Output)
		case "pass", "skip":
			if e.Test == "" {
				fmt.Printf("ok    %s (%.1f s)\n", e.Package, e.Elapsed)
			} else if e.Action == "skip" {
				fmt.Printf("SKIP  %s %s\n%s", e.Package, e.Test, strings.Join(output[key], ""))
			} else {
				passed++
			}
			delete(output, key)
		case "fail":
			if e.Test != "" {
				blamed[e.Package] = true
				failed++
			} else if !blamed[e.Package] {
				failed++
				failures = append(failures, e.Package+" .\n")
			}
			if e.Test != "" && !strings.Contains(e.Test, "/") {
				failures = append(failures, e.Package+" ^"+e.Test+"$\n")
			}
			fmt.Printf("FAIL  %s %s\n%s", e.Package, e.Test, strings.Join(output[key], ""))
			delete(output, key)
		}
	}
	return passed, failed, failures, nil
}
