package score

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"culprit/model"
)

// Change makes a recording worse. What it does to a span depends on IDs and names
// only, so that every method sees the same and the next run does too. The zero value
// changes nothing.
type Change struct {
	Drop   float64       // share of spans that are lost
	Sample float64       // share of traces that are kept; 0 keeps all
	Skew   time.Duration // clocks of emitters are wrong by up to so much, either way
	// Healthy is how many healthy windows a method may learn from, the nearest; 0 is
	// as the protocol says. The live engine begins to watch so many before the first fault.
	Healthy int
}

// String is the change as flags, "as recorded" if there is none.
func (c Change) String() string {
	var parts []string
	if c.Drop > 0 {
		parts = append(parts, fmt.Sprintf("--drop %g", c.Drop))
	}
	if c.Sample > 0 {
		parts = append(parts, fmt.Sprintf("--sample %g", c.Sample))
	}
	if c.Skew > 0 {
		parts = append(parts, "--skew "+c.Skew.String())
	}
	if c.Healthy > 0 {
		parts = append(parts, fmt.Sprintf("--healthy %d", c.Healthy))
	}
	if len(parts) == 0 {
		return "as recorded"
	}
	return strings.Join(parts, " ")
}

// Sweep are the changes of the table of robustness.
func Sweep() []Change {
	return []Change{
		{},
		{Drop: 0.01}, {Drop: 0.05}, {Drop: 0.2},
		{Sample: 0.3}, {Sample: 0.1},
		{Skew: 200 * time.Millisecond},
		{Healthy: 1}, {Healthy: 3}, {Healthy: 30},
	}
}

// Fragments reports whether the change touches spans at all.
func (c Change) Fragments() bool { return c.Drop > 0 || c.Sample > 0 || c.Skew > 0 }

// Apply returns the fragment as it would have come, nil if nothing of it would. The
// argument is left as it is; attributes and references are shared with it.
func (c Change) Apply(table *model.Symbols, f *model.Fragment) *model.Fragment {
	if c.Sample > 0 && chance(f.Trace.Hash(), saltSample) >= c.Sample {
		return nil
	}
	out := &model.Fragment{Trace: f.Trace, Attrs: f.Attrs, Refs: f.Refs, Spans: make([]model.Span, 0, len(f.Spans))}
	for i := range f.Spans {
		s := f.Spans[i]
		if c.Drop > 0 && chance(f.Trace.Hash()^binary.BigEndian.Uint64(s.ID[:]), saltDrop) < c.Drop {
			continue
		}
		if c.Skew > 0 {
			// the clock of an emitter: of its instance, which lives on one host
			r := table.ResourceOf(s.Resource)
			clock := table.Name(r.Service) + "\x00" + table.Name(r.Instance)
			s.Start += int64((2*chance(model.HashString(clock), saltSkew) - 1) * float64(c.Skew))
		}
		out.Spans = append(out.Spans, s)
	}
	if len(out.Spans) == 0 {
		return nil
	}
	return out
}

// The salts keep the changes independent of each other, and of the detector's own
// choice of traces, which goes by the hash of the trace ID.
const (
	saltDrop   = 0x9e3779b97f4a7c15
	saltSample = 0xd1b54a32d192ed03
	saltSkew   = 0x8cb92ba72f3d8dd7
)

// chance is a number in [0, 1) that looks random: SplitMix64 (Steele, Lea and Flood,
// OOPSLA 2014) of a hash and a salt.
func chance(h, salt uint64) float64 {
	h += salt
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	h ^= h >> 31
	return float64(h>>11) / (1 << 53)
}
