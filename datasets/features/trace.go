package features

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"culprit/datasets"
	"culprit/graph"
	"culprit/model"
)

// Table makes rows of a recording. It belongs to one goroutine.
type Table struct {
	name   string
	labels *datasets.Labels // nil: not labelled
	table  *model.Symbols
	window int64
	path   graph.CriticalPath
	depth  []int64
}

// NewTable makes rows of the recording called name; labels may be nil.
func NewTable(name string, labels *datasets.Labels, table *model.Symbols, window time.Duration) *Table {
	return &Table{name: name, labels: labels, table: table, window: window.Nanoseconds()}
}

// row is what both kinds have in common.
func (t *Table) row(kind string, from int64, service, operation model.Sym) Row {
	r := Row{Kind: kind, Recording: t.name, Window: time.Unix(0, from).UTC(), Service: t.table.Name(service), Operation: t.table.Name(operation)}
	if f := t.faultIn(from); f != nil {
		r.Fault, r.FaultType = &f.ID, &f.Type
	}
	return r
}

// faultIn is the first labelled fault that touches the window, nil if there is none.
func (t *Table) faultIn(from int64) *datasets.Fault {
	if t.labels == nil {
		return nil
	}
	for i := range t.labels.Faults {
		if f := &t.labels.Faults[i]; from < f.To.UnixNano() && f.From.UnixNano() < from+t.window {
			return f
		}
	}
	return nil
}

// Faulty reports whether a labelled fault touches the window that begins at from.
func (t *Table) Faulty(from int64) bool { return t.faultIn(from) != nil }

// Trace is the row of a trace with at least one span, in the window that begins at from.
func (t *Table) Trace(from int64, x *graph.Trace) Row {
	main := &x.Spans[x.Main]
	r := t.row(KindTrace, from, main.Service, main.Operation)
	id, start := x.ID.String(), time.Unix(0, x.Start).UTC()
	r.TraceID, r.Start = &id, &start
	r.DurationMS = ptr(float64(main.Duration) / 1e6)
	r.Failed = ptr(main.Status == model.StatusError)
	r.Incomplete = ptr(x.Marks&(graph.Orphans|graph.NoRoot|graph.Truncated) != 0)
	r.Skewed = ptr(x.Marks&graph.Skew != 0)
	services := map[model.Sym]bool{}
	var deepest, failed, starts int64
	failsBelow := make([]bool, len(x.Spans))
	t.depth = append(t.depth[:0], make([]int64, len(x.Spans))...)
	calls := map[string]bool{}
	for i := range x.Spans {
		s, n := &x.Spans[i], &x.Nodes[i]
		services[s.Service] = true
		caller := ""
		t.depth[i] = 1
		if p := n.Parent; p >= 0 {
			t.depth[i] = t.depth[p] + 1
			caller = t.site(&x.Spans[p])
			failsBelow[p] = failsBelow[p] || s.Status == model.StatusError
		}
		deepest = max(deepest, t.depth[i])
		calls[caller+"\x01"+t.site(s)] = true
	}
	for i := range x.Spans {
		if x.Spans[i].Status == model.StatusError {
			failed++
			if !failsBelow[i] {
				starts++
			}
		}
	}
	r.Spans, r.Services, r.Depth = ptr(int64(len(x.Spans))), ptr(int64(len(services))), &deepest
	r.ErrorSpans, r.ErrorStarts = &failed, &starts
	r.Shape = ptr(shape(calls))
	if critical, share := t.critical(x); critical != "" {
		r.Critical, r.CriticalShare = &critical, &share
	}
	return r
}

func (t *Table) site(s *model.Span) string {
	return t.table.Name(s.Service) + "\x00" + t.table.Name(s.Operation)
}

// shape hashes a set of calls.
func shape(calls map[string]bool) string {
	all := make([]string, 0, len(calls))
	for c := range calls {
		all = append(all, c)
	}
	slices.Sort(all)
	return fmt.Sprintf("%016x", model.HashString(strings.Join(all, "\x02")))
}

// critical is the service in which a trace spent most of its time, and the share of it.
// Time that a callee without spans takes is the callee's.
func (t *Table) critical(x *graph.Trace) (service string, share float64) {
	spent := map[string]int64{}
	var all int64
	for _, s := range t.path.Of(x) {
		who := x.Spans[s.Span].Service
		if x.Nodes[s.Span].Opaque {
			who = x.Nodes[s.Span].Callee
		}
		spent[t.table.Name(who)] += s.To - s.From
		all += s.To - s.From
	}
	if all == 0 {
		return "", 0
	}
	names := make([]string, 0, len(spent))
	for name := range spent {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(spent[b], spent[a]), cmp.Compare(a, b)) })
	return names[0], float64(spent[names[0]]) / float64(all)
}

func ptr[T any](v T) *T { return &v }
