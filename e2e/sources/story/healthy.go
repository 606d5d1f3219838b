package story

import "time"

// WithoutFault is the trace as it would have been had the slow operation taken what it
// usually takes. A trace in which nothing is slow stays as it is.
func (t Trace) WithoutFault() Trace {
	p := Usual()
	const usual = 8 * ms
	for i, s := range t.Spans {
		if s.Parent != t.charge() {
			continue
		}
		own := time.Duration(s.Start - t.Spans[s.Parent].Start)
		if own < usual+p.Slow/2 {
			return t
		}
		saved := int64(own) * int64(p.Slow) / int64(usual+p.Slow) / 1000 * 1000
		out := Trace{Spans: append([]Span{}, t.Spans...)}
		for j := range out.Spans {
			if out.Spans[j].Start >= t.Spans[i].Start {
				out.Spans[j].Start -= saved
			}
			if out.Spans[j].End >= t.Spans[i].Start {
				out.Spans[j].End -= saved
			}
		}
		return out
	}
	return t
}

// charge is the index of the span that becomes slow; -2 if the trace has none.
func (t Trace) charge() int {
	for i, s := range t.Spans {
		if s.Service == Service && s.Name == Operation {
			return i
		}
	}
	return -2
}
