// Package closest finds the names that someone may have meant: for the error that says
// that a name is not known.
package closest

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Names gives up to five of the known names that someone may have meant, nearest
// first: fewest edits, then by name. Names farther off than half their length
// are left out, unless one holds the other.
func Names(want string, known []string) []string {
	const most = 5
	type near struct {
		name  string
		edits int
	}
	var found []near
	w := foldName(want)
	for _, name := range known {
		k := foldName(name)
		d := edits(w, k)
		holds := len(w) > 2 && (strings.Contains(string(k), string(w)) || len(k) > 2 && strings.Contains(string(w), string(k)))
		if holds {
			d = min(d, len(w)/2)
		}
		if d <= max(len(w), len(k))/2 {
			found = append(found, near{clip(name), d})
		}
	}
	slices.SortFunc(found, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.edits, b.edits), cmp.Compare(a.name, b.name))
	})
	var names []string
	for _, n := range found[:min(most, len(found))] {
		names = append(names, n.name)
	}
	return names
}

// foldName is a name without case, cut to what is worth comparing.
func foldName(s string) []rune {
	const most = 128
	r := []rune(strings.ToLower(s[:min(len(s), 4*most)]))
	return r[:min(len(r), most)]
}

// edits is the number of runes to insert, delete or replace to make b of a
// (Levenshtein).
func edits(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			next := diagonal
			if x != y {
				next = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal = row[j+1]
			row[j+1] = next
		}
	}
	return row[len(b)]
}

// clip shortens a foreign name and makes it valid UTF-8.
func clip(s string) string {
	const most = 512
	if len(s) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
