package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"culprit/detector"
	"culprit/detector/bottleneck"
	"culprit/graph"
	"culprit/internal/closest"
	"culprit/internal/engine"
	"culprit/model"
)

// PathOptions says what critical paths are wanted.
type PathOptions struct {
	In        engine.Stretch // of the beginnings of traces; zero times are no limit
	Operation string         // "service operation" or "service" of the entry points; empty: all
	Changes   []PathChange   // to be predicted; none: each of the first operations 20 % faster
	MaxSpans  int            // that wait for the rest of their traces; 0 is the default
	Shards    int            // that convert side by side
}

// PathChange is something that is to spend another part of its time.
type PathChange struct {
	Site   string  // "service operation" or "service"
	Faster float64 // share of its own time; negative is slower
}

const (
	// sampledEach is how many requests of an entry point are kept to be replayed: its 99th
	// percentile then rests on twenty.
	sampledEach = 2000
	// sampledInAll bounds them over all entry points: some 120 MB.
	sampledInAll = 20_000
)

// CriticalPaths reads a recording and says what its requests spent their time in.
func CriticalPaths(ctx context.Context, rec Recording, o PathOptions) (model.CriticalPaths, error) {
	conv := newConversion(max(o.Shards, 1))
	cfg := engine.DefaultConfig()
	assembler := graph.NewAssembler(graph.Config{MaxSpans: cfg.MaxSpansPerTrace, Symbols: conv.table})
	profile := bottleneck.New(conv.table)
	sample := detector.NewSample(sampledEach)
	sum := detector.NewSummary(0, 0, 0) // counts what is wrong with the traces
	n := 0
	seen, err := streamTraces(ctx, rec, conv, o.MaxSpans, o.In, func(f *model.Fragment) {
		t := assembler.Assemble(f)
		if t.Main < 0 {
			return
		}
		profile.Add(t)
		sum.Note(t)
		main := &t.Spans[t.Main]
		sample.Offer(detector.Site{Service: main.Service, Operation: main.Operation}, t)
		if n++; n%sampledEach == 0 {
			sample = sample.Fit(sampledInAll)
		}
	})
	out := model.CriticalPaths{From: o.In.From, To: o.In.To, Entries: []model.EntryPaths{}}
	out.Warnings = model.MergeWarnings(append(sum.Warnings(), conv.warnings()...), maxPlaces)
	if err != nil {
		return out, err
	}
	out.From, out.To = seen.within(o.In)
	sample = sample.Fit(sampledInAll)
	err = fillPaths(&out, conv.table, profile, sample.Traces().All, o)
	return out, err
}

// within is a stretch whose open ends are those of what was seen.
func (e extent) within(in engine.Stretch) (from, to time.Time) {
	from, to = in.From, in.To
	if from.IsZero() && e.any {
		from = time.Unix(0, e.first)
	}
	if to.IsZero() && e.any {
		to = time.Unix(0, e.last+1)
	}
	return from.UTC(), to.UTC()
}

// fillPaths adds the entry points that were asked for, with predictions from sampled
// traces. An error says which name is not known.
func fillPaths(out *model.CriticalPaths, table *model.Symbols, profile *bottleneck.Profile, traces []*graph.Trace, o PathOptions) error {
	all := profile.View(nil)
	var entries, sites []string
	for i := range all {
		e := &all[i]
		entries = append(entries, e.Service, e.Service+" "+e.Operation)
		for _, op := range e.Operations {
			sites = append(sites, op.Service, op.Service+" "+op.Operation)
		}
		if o.Operation == "" || o.Operation == e.Service || o.Operation == e.Service+" "+e.Operation {
			out.Entries = append(out.Entries, *e)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if len(out.Entries) == 0 {
		return unknownName("entry point", o.Operation, entries)
	}
	changes := make([]bottleneck.Change, len(o.Changes))
	for i, c := range o.Changes {
		found := false
		for _, e := range all {
			for _, op := range e.Operations {
				switch c.Site {
				case op.Service + " " + op.Operation:
					changes[i], found = bottleneck.Change{Service: op.Service, Operation: op.Operation, Faster: c.Faster}, true
				case op.Service:
					changes[i], found = bottleneck.Change{Service: op.Service, Faster: c.Faster}, true
				}
			}
		}
		if !found {
			return unknownName("operation on a critical path", c.Site, sites)
		}
	}
	for i := range out.Entries {
		bottleneck.Predict(table, traces, changes, &out.Entries[i])
	}
	return nil
}

// UnknownNameError says that a name was not seen in a recording.
type UnknownNameError struct {
	What    string // what it should be the name of
	Name    string
	Known   []string // names of that kind
	Closest []string // of them
}

// Error offers the closest names.
func (e *UnknownNameError) Error() string {
	if len(e.Closest) == 0 {
		return fmt.Sprintf("no %s is named %q", e.What, e.Name)
	}
	return fmt.Sprintf("no %s is named %q: did you mean %s?", e.What, e.Name, strings.Join(quoted(e.Closest), ", "))
}

func unknownName(what, name string, known []string) error {
	known = slices.Compact(slices.Sorted(slices.Values(known)))
	return &UnknownNameError{What: what, Name: name, Known: known, Closest: closest.Names(name, known)}
}

func quoted(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fmt.Sprintf("%q", n)
	}
	return out
}
