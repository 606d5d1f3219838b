package app

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/spans"
	"culprit/model"
)

// conversion turns messages into fragments on several cores. It is not safe for
// concurrent use.
type conversion struct {
	table   *model.Symbols
	workers []*spans.Converter
	warned  []model.Warning
}

func newConversion(workers int) *conversion {
	c := &conversion{table: model.NewSymbols()}
	for range workers {
		c.workers = append(c.workers, spans.New(c.table, spans.DefaultConfig()))
	}
	return c
}

// all converts messages and calls emit with the fragments of message i, in order within
// the message; different messages at the same time.
func (c *conversion) all(messages []ptrace.Traces, emit func(i int, f *model.Fragment)) {
	var next atomic.Int64
	sideBySide(min(len(c.workers), len(messages)), func(worker int) {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(messages) {
				return
			}
			c.workers[worker].Convert(messages[i], func(f *model.Fragment) { emit(i, f) })
		}
	})
}

// inOrder converts messages and returns all fragments in the order in which they came.
func (c *conversion) inOrder(messages []ptrace.Traces) []*model.Fragment {
	parts := make([][]*model.Fragment, len(messages))
	c.all(messages, func(i int, f *model.Fragment) { parts[i] = append(parts[i], f) })
	return slices.Concat(parts...)
}

// warn adds warnings from elsewhere.
func (c *conversion) warn(ws []model.Warning) {
	if len(ws) > 0 {
		c.warned = model.MergeWarnings(append(c.warned, ws...), maxPlaces)
	}
}

// forget leaves out the warnings so far: the same input comes again.
func (c *conversion) forget() {
	c.warnings()
	c.warned = nil
}

// warnings is what was wrong with the input so far.
func (c *conversion) warnings() []model.Warning {
	for _, w := range c.workers {
		c.warn(w.Warnings())
	}
	return slices.Clone(c.warned)
}

// maxFolded is how many folded operations the status lists.
const maxFolded = 100

// folded lists the operations whose names hold generated parts, those with most
// variants first.
func (c *conversion) folded() []model.Folded {
	type site struct{ service, operation string }
	all := map[site]*model.Folded{}
	for _, w := range c.workers {
		for _, f := range w.Folded() {
			at := site{f.Service, f.Operation}
			if sum := all[at]; sum != nil {
				sum.Names += f.Names
				sum.Example = min(sum.Example, f.Example)
				continue
			}
			all[at] = &f
		}
	}
	out := make([]model.Folded, 0, len(all))
	for _, f := range all {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b model.Folded) int {
		return cmp.Or(cmp.Compare(b.Names, a.Names), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Operation, b.Operation))
	})
	return out[:min(len(out), maxFolded)]
}

// maxPlaces is how many places of one kind of warning are named.
const maxPlaces = 20

// sideBySide runs fn for 0 to n-1 and waits for all of them.
func sideBySide(n int, fn func(i int)) {
	if n == 1 {
		fn(0)
		return
	}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { fn(i) })
	}
	wg.Wait()
}
