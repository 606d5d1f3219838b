package flame

import (
	"fmt"
	"io"

	"github.com/google/pprof/profile"
)

// Profile writes a profile that `go tool pprof` and other viewers read: time in
// nanoseconds per request. Of two stretches it holds the later one, less the earlier one,
// whose samples are labelled as pprof labels the base of a difference.
func (g *Graph) Profile(w io.Writer) error {
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "critical", Unit: "nanoseconds"}},
		PeriodType: &profile.ValueType{Type: "critical", Unit: "nanoseconds"},
		Period:     1,
	}
	locations := map[string]*profile.Location{}
	at := func(name string) *profile.Location {
		l := locations[name]
		if l == nil {
			id := uint64(len(locations) + 1)
			f := &profile.Function{ID: id, Name: plain(name), SystemName: plain(name)}
			l = &profile.Location{ID: id, Line: []profile.Line{{Function: f}}}
			locations[name] = l
			p.Function = append(p.Function, f)
			p.Location = append(p.Location, l)
		}
		return l
	}
	for _, f := range g.ordered() {
		if f.self == (values{}) {
			continue
		}
		var stack []*profile.Location // the leaf first
		for up := f; up.up != nil; up = up.up {
			stack = append(stack, at(up.name))
		}
		if f.self.now != 0 {
			p.Sample = append(p.Sample, &profile.Sample{Location: stack, Value: []int64{f.self.now}})
		}
		if f.self.before != 0 {
			p.Sample = append(p.Sample, &profile.Sample{
				Location: stack, Value: []int64{-f.self.before},
				Label: map[string][]string{"pprof::base": {"true"}},
			})
		}
	}
	if err := p.CheckValid(); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return p.Write(w)
}
