// Command tally reads what `go test -json` prints, shows the lines of packages and
// of tests that failed or were skipped, and writes "PASSED FAILED" to the file that
// it is given. Its exit status is 1 if anything failed.
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
	passed, failed, err := tally(bufio.NewReader(os.Stdin))
	if err == nil {
		err = os.WriteFile(os.Args[1], fmt.Appendf(nil, "%d %d\n", passed, failed), 0o644)
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
// not build, or died).
func tally(in *bufio.Reader) (passed, failed int, err error) {
	output := map[string][]string{} // by package and test, while it runs
	blamed := map[string]bool{}     // packages of which a test has failed
	dec := json.NewDecoder(in)
	for dec.More() {
		var e event
		if err := dec.Decode(&e); err != nil {
			return passed, failed, fmt.Errorf("reading test output: %w", err)
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
			}
			fmt.Printf("FAIL  %s %s\n%s", e.Package, e.Test, strings.Join(output[key], ""))
			delete(output, key)
		}
	}
	return passed, failed, nil
}
