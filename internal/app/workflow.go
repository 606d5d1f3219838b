package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"culprit/graph"
	"culprit/graph/workflow"
	"culprit/internal/engine"
	"culprit/internal/format/opname"
	"culprit/model"
)

// WorkflowOptions says which workflow is wanted.
type WorkflowOptions struct {
	Operation string           // "service operation"; empty: that of Trace, or the only entry point
	Trace     model.TraceID    // zero: all traces that begin in Now
	Now       engine.Stretch   // zero times are no limit
	Usual     []engine.Stretch // empty: of one trace all others; of a stretch what is before it, or after it where nothing is before
	MaxSpans  int              // that wait for the rest of their traces; 0 is the default
	Shards    int              // that convert side by side
}

// Workflow reads a recording and reconstructs how the runs of an operation travel. What
// is usual comes from usual, or from the same recording if that is nil.
func Workflow(ctx context.Context, rec, usual Recording, o WorkflowOptions) (model.Workflow, error) {
	conv := newConversion(max(o.Shards, 1))
	w := &workflows{
		o: o, conv: conv, elsewhere: usual != nil,
		assembler: graph.NewAssembler(graph.Config{MaxSpans: engine.DefaultConfig().MaxSpansPerTrace, Symbols: conv.table}),
	}
	read := func(rec Recording, take func(*model.Fragment)) error {
		_, err := streamTraces(ctx, rec, conv, o.MaxSpans, engine.Stretch{}, take)
		return err
	}
	if !o.Trace.IsZero() || o.Operation == "" {
		if err := read(rec, w.survey); err != nil {
			return model.Workflow{}, err
		}
		conv.forget()
	}
	if err := w.choose(); err != nil {
		return model.Workflow{}, err
	}
	if usual != nil {
		if err := read(usual, w.addUsual); err != nil {
			return model.Workflow{}, fmt.Errorf("the baseline: %w", err)
		}
	}
	if err := read(rec, w.add); err != nil {
		return model.Workflow{}, err
	}
	return w.view()
}

// workflows are the models of one question while its recording is read.
type workflows struct {
	o         WorkflowOptions
	conv      *conversion
	assembler *graph.Assembler
	elsewhere bool // what is usual stands in another recording

	entries map[graph.Site]int64 // entry points and their traces
	seen    map[graph.Site]struct{}
	main    graph.Site // of the one trace
	found   bool       // the one trace is there

	asked []asked
	odd   []*model.Fragment // whose entry is not there, to be placed when the usual is known
	spans int               // of odd
}

// asked is an operation that the question may mean: the name does not say where the
// service ends.
type asked struct {
	site                       graph.Site
	now, usual, before, beyond *workflow.Model
}

// mostOdd bounds the spans of traces that wait for the usual to be known.
const mostOdd = 500_000

// survey looks for entry points and for the one trace.
func (w *workflows) survey(f *model.Fragment) {
	t := w.assembler.Assemble(f)
	if t.Main < 0 {
		return
	}
	site := graph.Site{Service: t.Spans[t.Main].Service, Operation: t.Spans[t.Main].Operation}
	if w.entries == nil {
		w.entries = map[graph.Site]int64{}
	}
	if !t.Nodes[t.Main].Orphan {
		w.entries[site]++
	}
	if f.Trace == w.o.Trace {
		w.main, w.found = site, true
	}
}

// choose says which operations the question may mean.
func (w *workflows) choose() error {
	w.seen = map[graph.Site]struct{}{}
	table := w.conv.table
	add := func(s graph.Site) {
		a := asked{site: s}
		for _, m := range []**workflow.Model{&a.now, &a.usual, &a.before, &a.beyond} {
			*m = workflow.NewModel(table, s)
		}
		w.asked = append(w.asked, a)
	}
	switch {
	case !w.o.Trace.IsZero() && !w.found:
		return fmt.Errorf("trace %s is not in the recording", w.o.Trace)
	case w.o.Operation != "":
		for i, r := range w.o.Operation {
			if r != ' ' || i == 0 {
				continue
			}
			svc := table.Service(w.o.Operation[:i])
			name := strings.TrimSpace(w.o.Operation[i:])
			for _, op := range slices.Compact([]string{name, opname.Fold(name)}) {
				add(graph.Site{Service: svc, Operation: table.Operation(svc, op)})
			}
		}
		if len(w.asked) == 0 {
			return fmt.Errorf("operation %q: want a service and an operation, such as 'frontend GET /cart'", w.o.Operation)
		}
	case w.found:
		add(w.main)
	case len(w.entries) == 1:
		for s := range w.entries {
			add(s)
		}
	case len(w.entries) == 0:
		return errors.New("no trace in the recording has an entry point: name an operation")
	default:
		return w.which()
	}
	return nil
}

// which lists the entry points, most frequent first.
func (w *workflows) which() error {
	type entry struct {
		name string
		n    int64
	}
	var all []entry
	for s, n := range w.entries {
		all = append(all, entry{w.name(s), n})
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Or(cmp.Compare(b.n, a.n), strings.Compare(a.name, b.name)) })
	const most = 10
	var names []string
	for _, e := range all[:min(most, len(all))] {
		names = append(names, fmt.Sprintf("%q (%d traces)", e.name, e.n))
	}
	if more := len(all) - most; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("which operation? The entry points are %s", strings.Join(names, ", "))
}

func (w *workflows) name(s graph.Site) string {
	return w.conv.table.Name(s.Service) + " " + w.conv.table.Name(s.Operation)
}

// addUsual takes a trace of the recording of what is usual.
func (w *workflows) addUsual(f *model.Fragment) {
	t := w.assembler.Assemble(f)
	for i := range w.asked {
		w.asked[i].usual.Add(t)
	}
}

// add takes a trace of the recording.
func (w *workflows) add(f *model.Fragment) {
	t := w.assembler.Assemble(f)
	for i := range t.Spans {
		w.seen[graph.Site{Service: t.Spans[i].Service, Operation: t.Spans[i].Operation}] = struct{}{}
	}
	is := w.part(t)
	odd := true
	for i := range w.asked {
		a := &w.asked[i]
		var m *workflow.Model
		switch is {
		case ofNow:
			m = a.now
		case ofUsual:
			m = a.usual
		case ofBefore:
			m = a.before
		case ofAfter:
			m = a.beyond
		default:
			continue
		}
		odd = m.Add(t) == 0 && odd
	}
	if odd && is == ofNow && t.Marks&graph.Orphans != 0 && w.spans+len(f.Spans) <= mostOdd {
		w.odd = append(w.odd, f)
		w.spans += len(f.Spans)
	}
}

// The parts of a recording.
type recordingPart uint8

const (
	ofNothing recordingPart = iota
	ofNow
	ofUsual
	ofBefore
	ofAfter
)

// part says which part of the recording a trace belongs to.
func (w *workflows) part(t *graph.Trace) recordingPart {
	in := func(s engine.Stretch) bool {
		return (s.From.IsZero() || t.Start >= s.From.UnixNano()) && (s.To.IsZero() || t.Start < s.To.UnixNano())
	}
	if !w.o.Trace.IsZero() {
		if t.ID == w.o.Trace {
			return ofNow
		}
	} else if in(w.o.Now) {
		return ofNow
	}
	switch {
	case w.elsewhere:
		return ofNothing
	case len(w.o.Usual) > 0:
		if slices.ContainsFunc(w.o.Usual, in) {
			return ofUsual
		}
		return ofNothing
	case !w.o.Trace.IsZero():
		if in(w.o.Now) {
			return ofUsual
		}
		return ofNothing
	case !w.o.Now.From.IsZero() && t.Start < w.o.Now.From.UnixNano():
		return ofBefore
	}
	return ofAfter
}

// view shows the operation that was meant.
func (w *workflows) view() (model.Workflow, error) {
	var out model.Workflow
	at := -1
	for i := range w.asked {
		a := &w.asked[i]
		if !w.elsewhere && len(w.o.Usual) == 0 && w.o.Trace.IsZero() {
			if a.usual = a.before; a.usual.Runs() == 0 {
				a.usual = a.beyond
			}
		}
		if at < 0 || a.now.Runs()+a.usual.Runs() > w.asked[at].now.Runs()+w.asked[at].usual.Runs() {
			at = i
		}
	}
	a := &w.asked[at]
	if a.usual.Runs() > 0 {
		a.now.Follow(a.usual)
		for _, f := range w.odd {
			a.now.Add(w.assembler.Assemble(f))
		}
	}
	if a.now.Runs() == 0 && a.usual.Runs() == 0 {
		var known []string
		for _, s := range slices.Collect(maps.Keys(w.seen)) {
			known = append(known, w.name(s))
		}
		return out, unknownName("operation", w.o.Operation, known)
	}
	out = a.now.View(a.usual)
	if !w.o.Trace.IsZero() {
		out.Trace = w.o.Trace.String()
	}
	out.Warnings = model.MergeWarnings(append(out.Warnings, w.conv.warnings()...), maxPlaces)
	return out, nil
}
