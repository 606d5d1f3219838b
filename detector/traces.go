package detector

import (
	"cmp"
	"slices"

	"culprit/graph"
	"culprit/model"
)

// Traces are traces in some order and where in them each operation is. Questions are about a few
// operations, and asking every span for its name would take longer than the answer.
type Traces struct {
	All []*graph.Trace

	sites []Located
	ends  []int32 // of each site: where its part of at ends
	at    []Place // site by site, ascending
}

// Located is an operation that occurs in some traces.
type Located struct {
	Site Site
	Asks []model.Sym // the services that its spans ask and that send no spans themselves
}

// Place is where a span is: its trace in [Traces.All] and its index there.
type Place struct{ Trace, Span int32 }

// NewTraces makes the index. It keeps the list, which must not change any more.
func NewTraces(all []*graph.Trace) *Traces {
	t := &Traces{All: all}
	n := 0
	for _, one := range all {
		n += len(one.Spans)
	}
	of := make([]int32, 0, n) // by span: the number of its site
	known := numbering{}
	for _, one := range all {
		for i := range one.Spans {
			s := &one.Spans[i]
			n := known.of(s)
			if n == len(t.sites) {
				t.sites = append(t.sites, Located{Site: Site{Service: s.Service, Operation: s.Operation}})
				t.ends = append(t.ends, 0)
			}
			t.ends[n]++
			of = append(of, int32(n))
			if x := &one.Nodes[i]; x.Opaque && !slices.Contains(t.sites[n].Asks, x.Callee) {
				t.sites[n].Asks = append(t.sites[n].Asks, x.Callee)
			}
		}
	}
	var sum int32
	for n, count := range t.ends { // where each begins, for now
		t.ends[n] = sum
		sum += count
	}
	t.at = make([]Place, sum)
	for i, one := range all {
		for k := range one.Spans {
			end := &t.ends[of[0]]
			t.at[*end] = Place{int32(i), int32(k)}
			*end++
			of = of[1:]
		}
	}
	return t
}

// numbering numbers the sites of spans in the order in which they come. Operations have
// numbers of their own in each service, but for the one without a name: the service's stands
// for it, which no operation has.
type numbering struct {
	known []int32 // by symbol: the number and one
	next  int32
}

// of is the number of a span's site; a new one has the next.
func (m *numbering) of(s *model.Span) int {
	at := s.Operation
	if at == 0 {
		at = s.Service
	}
	if int(at) >= len(m.known) {
		m.known = append(m.known, make([]int32, int(at)+1-len(m.known))...)
	}
	if m.known[at] == 0 {
		m.next++
		m.known[at] = m.next
	}
	return int(m.known[at]) - 1
}

// of yields the places of each site that is wanted.
func (t *Traces) of(wanted func(*Located) bool, yield func([]Place)) {
	var begin int32
	for n := range t.sites {
		if wanted(&t.sites[n]) {
			yield(t.at[begin:t.ends[n]])
		}
		begin = t.ends[n]
	}
}

// Spans lists the spans of some operations, in the order of the traces.
func (t *Traces) Spans(wanted func(*Located) bool) []Place {
	var out []Place
	sites := 0
	t.of(wanted, func(these []Place) {
		out = append(out, these...)
		sites++
	})
	if sites > 1 {
		slices.SortFunc(out, func(a, b Place) int { return cmp.Or(cmp.Compare(a.Trace, b.Trace), cmp.Compare(a.Span, b.Span)) })
	}
	return out
}

// With lists the indexes of the traces that hold some of these operations, ascending.
func (t *Traces) With(wanted func(Site) bool) []int32 {
	var marks []bool
	t.of(func(l *Located) bool { return wanted(l.Site) }, func(these []Place) {
		if marks == nil {
			marks = make([]bool, len(t.All))
		}
		for _, p := range these {
			marks[p.Trace] = true
		}
	})
	var out []int32
	for i, is := range marks {
		if is {
			out = append(out, int32(i))
		}
	}
	return out
}
