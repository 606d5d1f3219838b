package compare

import (
	"fmt"
	"slices"
	"strings"

	"culprit/detector/rootcause"
	"culprit/graph"
	"culprit/model"
)

// Selection picks the traces that hold a span with certain attributes: those of a version,
// of a deployment, of a tenant. The zero value picks all.
type Selection struct {
	pairs []pair
	dims  *rootcause.Dimensions
	table *model.Symbols
	seen  map[pair]bool // keys that were seen, with any value
}

type pair struct{ key, value string }

// ParseSelection reads "key=value" pairs, all of which must hold. Names of instances,
// versions and hosts are "instance", "service.version" and "host.name".
func ParseSelection(table *model.Symbols, texts []string) (*Selection, error) {
	s := &Selection{table: table, dims: rootcause.NewDimensions(table), seen: map[pair]bool{}}
	for _, text := range texts {
		key, value, ok := strings.Cut(text, "=")
		if !ok || key == "" || value == "" {
			return nil, fmt.Errorf("selection %q: want KEY=VALUE, such as service.version=1.2", text)
		}
		s.pairs = append(s.pairs, pair{key, value})
	}
	return s, nil
}

// Matches reports whether a trace is picked.
func (s *Selection) Matches(t *graph.Trace) bool {
	if len(s.pairs) == 0 {
		return true
	}
	left := slices.Clone(s.pairs)
	for i := range t.Spans {
		s.dims.Each(t, i, func(key, value model.Sym) {
			p := pair{s.dims.KeyName(key), s.table.Name(value)}
			left = slices.DeleteFunc(left, func(want pair) bool { return want == p })
			for _, want := range s.pairs {
				if want.key == p.key && len(s.seen) < mostSeen {
					s.seen[p] = true
				}
			}
		})
		if len(left) == 0 {
			return true
		}
	}
	return false
}

// mostSeen bounds the values that are remembered for the message that none matched.
const mostSeen = 256

// Seen lists the pairs with the keys asked for that were seen, sorted.
func (s *Selection) Seen() []string {
	var out []string
	for p := range s.seen {
		out = append(out, p.key+"="+p.value)
	}
	slices.Sort(out)
	return out
}
