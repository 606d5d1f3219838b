package detector

import (
	"culprit/graph"
	"culprit/model"
)

// Traces are traces in some order and where in it each operation is. Questions are about a few
// operations, and asking every span for its name would take longer than the answer.
type Traces struct {
	All []*graph.Trace

	sites []Site  // that occur
	ends  []int32 // of each site: where its part of at ends
	at    []int32 // indexes of the traces that hold a site, site by site, ascending
}

// NewTraces makes the index. It keeps the list, which must not change any more.
func NewTraces(all []*graph.Trace) *Traces {
	t := &Traces{All: all}
	number := numbering{}
	var of []int32 // by span
	var last []int32
	for i, trace := range all {
		for k := range trace.Spans {
			s := &trace.Spans[k]
			n := number.of(s)
			if n == len(t.sites) {
				t.sites = append(t.sites, Site{Service: s.Service, Operation: s.Operation})
				t.ends, last = append(t.ends, 0), append(last, -1)
			}
			if last[n] == int32(i) {
				of = append(of, -1)
				continue
			}
			last[n] = int32(i)
			t.ends[n]++
			of = append(of, int32(n))
		}
	}
	var sum int32
	for n, count := range t.ends { // where each begins, for now
		t.ends[n] = sum
		sum += count
	}
	t.at = make([]int32, sum)
	for i, trace := range all {
		for range trace.Spans {
			if n := of[0]; n >= 0 {
				t.at[t.ends[n]] = int32(i)
				t.ends[n]++
			}
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

// With lists the indexes of the traces that hold some site of these, ascending.
func (t *Traces) With(wanted func(Site) bool) []int32 {
	var marks []bool
	var begin int32
	for n, site := range t.sites {
		these := t.at[begin:t.ends[n]]
		begin = t.ends[n]
		if !wanted(site) {
			continue
		}
		if marks == nil {
			marks = make([]bool, len(t.All))
		}
		for _, i := range these {
			marks[i] = true
		}
	}
	var out []int32
	for i, is := range marks {
		if is {
			out = append(out, int32(i))
		}
	}
	return out
}
