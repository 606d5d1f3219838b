package model

import (
	"cmp"
	"fmt"
	"slices"
)

// Warning is something wrong with the input that was survived: counted and shown,
// never fatal. Warnings of one Kind, Place and Message add up.
type Warning struct {
	Kind    string `json:"kind"`            // a short fixed word: "orphan-spans", "bad-record", ...
	Place   string `json:"place,omitempty"` // file:line, trace or service
	Count   int64  `json:"count"`           // how often
	Message string `json:"message"`         // what it means, for a person
}

// String is the warning as a line on stderr.
func (w Warning) String() string {
	s := w.Message
	if w.Place != "" {
		s = w.Place + ": " + s
	}
	if w.Count > 1 {
		s += fmt.Sprintf(" (%d times)", w.Count)
	}
	return s
}

// SortWarnings orders warnings by kind, place and message.
func SortWarnings(ws []Warning) {
	slices.SortFunc(ws, func(a, b Warning) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Message, b.Message))
	})
}

// MergeWarnings adds up equal warnings and sorts them. It keeps at most max places
// of a kind, the first by name; the rest of that kind is added up without a place.
func MergeWarnings(ws []Warning, max int) []Warning {
	ws = slices.Clone(ws)
	SortWarnings(ws)
	out := []Warning{}
	places, rest := 0, -1
	for _, w := range ws {
		last := len(out) - 1
		switch {
		case last >= 0 && rest < 0 && out[last].Kind == w.Kind && out[last].Place == w.Place && out[last].Message == w.Message:
			out[last].Count += w.Count
			continue
		case last < 0 || out[last].Kind != w.Kind:
			places, rest = 1, -1
		case rest >= 0:
			out[rest].Count += w.Count
			continue
		default:
			places++
		}
		if places > max {
			rest = len(out)
			w.Place = ""
			w.Message = "further warnings of this kind"
		}
		out = append(out, w)
	}
	return out
}
