package spans

import (
	"cmp"
	"slices"
	"strings"

	"culprit/internal/format/opname"
	"culprit/model"
)

// maxFolds bounds the operations whose folding is remembered.
const maxFolds = 1000

// folds remembers which operations came of names with generated parts.
type folds struct{ seen map[foldKey]*fold }

type foldKey struct{ service, operation model.Sym }

type fold struct {
	names   int64
	example string
}

// add takes note of a name that was folded into an operation.
func (f *folds) add(service, operation model.Sym, name string) {
	key := foldKey{service, operation}
	if at := f.seen[key]; at != nil {
		at.names++
		return
	}
	if f.seen == nil {
		f.seen = map[foldKey]*fold{}
	}
	if len(f.seen) < maxFolds {
		f.seen[key] = &fold{1, strings.Clone(opname.Clean(name, maxNameBytes))} // the name may hold a whole message alive
	}
}

func (f *folds) list(symbols *model.Symbols) []model.Folded {
	out := make([]model.Folded, 0, len(f.seen))
	for k, at := range f.seen {
		out = append(out, model.Folded{Service: symbols.Name(k.service), Operation: symbols.Name(k.operation), Names: at.names, Example: at.example})
	}
	slices.SortFunc(out, func(a, b model.Folded) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Operation, b.Operation))
	})
	return out
}
