// Package render holds what all drawings and diagrams need: foreign text that is safe to
// show, and numbers as people read them. The drawings are one package each below this one;
// each turns published nouns of package model into text and does nothing else.
package render

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"culprit/model"
)

// Line makes foreign text safe for a line on a terminal or in a file: valid UTF-8, without
// control characters and without what turns the direction of writing.
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return '\uFFFD'
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
			return ' '
		}
		return r
	}, s)
}

// Cut makes foreign text safe and at most n runes long; what is cut shows as an ellipsis.
func Cut(s string, n int) string {
	if len(s) > utf8.UTFMax*n { // more than n runes in any case
		s = s[:utf8.UTFMax*n] + "…"
	}
	r := []rune(Line(s))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n-1]) + "…"
}

// Millis is a time in milliseconds as people read it: "12.3 s", "456 ms", "78.9 µs". A
// number that does not exist is a dash.
func Millis(ms model.Number) string {
	x := float64(ms)
	switch a := math.Abs(x); {
	case math.IsNaN(x):
		return "-"
	case a >= 600_000:
		return three(x/60_000) + " min"
	case a >= 1000:
		return three(x/1000) + " s"
	case a >= 1, a == 0:
		return three(x) + " ms"
	}
	return three(x*1000) + " µs"
}

// Percent is a share as people read it. A share that does not exist is a dash.
func Percent(share model.Number) string {
	x := 100 * float64(share)
	switch {
	case math.IsNaN(x):
		return "-"
	case x > 0 && x < 0.1:
		return "<0.1 %"
	case x > 99.9 && x < 100:
		return ">99.9 %"
	case x >= 10 || x == 0:
		return strconv.FormatFloat(x, 'f', 0, 64) + " %"
	}
	return strconv.FormatFloat(x, 'f', 1, 64) + " %"
}

// three writes three digits, or the whole number where it has more.
func three(x float64) string {
	digits := 2
	for y := math.Abs(x); y >= 10 && digits > 0; y /= 10 {
		digits--
	}
	s := strconv.FormatFloat(x, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
