package jaeger

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"culprit/internal/source"
)

const (
	// ownerMemory is how many stretches a service stays an owner after its last trace.
	// Shorter, and a service that is rare as an entry is probed and re-learned all the
	// time; longer, and a former owner costs a second copy of what it takes part in.
	ownerMemory = 20
	// idleMost is how many stretches a service that owns nothing waits at most for
	// its next probe, whatever the budget says.
	idleMost = 40
	// probeDepth is how many traces a probe asks for. More find a rare owner with fewer
	// probes, but the budget then allows fewer probes.
	probeDepth = 4
	// eagerDepth is the same for one-shot reading, which has no later chance: a service
	// that owns 5 % of its traces is met with 92 % probability.
	eagerDepth = 50
	// probesMost bounds the probes of one stretch that the budget allows, so that a
	// thousand silent services are not asked every time.
	probesMost = 32
	// fill is the share of the search depth that a window is planned for: with less
	// room a small rise in load means splitting, which fetches twice.
	fill = 0.6
)

// roster knows the services and what is worth asking them. It belongs to whoever
// holds the reader's lock.
type roster struct {
	stretch  int // number of the present stretch, from 1
	services map[string]*standing
	// eager probes all services at every stretch: for one-shot reading.
	eager bool
}

// standing is what is known about one service.
type standing struct {
	listed bool
	owned  int     // stretch in which it last owned a trace, 0: never
	asked  int     // stretch in which it was last asked, 0: never
	full   int     // stretch in which it was last asked for everything
	cost   int     // spans of its last probe
	rate   float64 // traces per second in its last full answer
	halves int     // how often its windows are halved because answers were slow or large
}

// begin opens the next stretch with the services that Jaeger knows now.
func (r *roster) begin(names []string, exclude []string) {
	r.stretch++
	for name, s := range r.services {
		s.listed = false
		if r.stretch-max(s.asked, s.owned) > 2*idleMost {
			delete(r.services, name)
		}
	}
	for _, name := range names {
		if name != "" && !slices.Contains(exclude, name) {
			r.at(name).listed = true
		}
	}
}

func (r *roster) at(name string) *standing {
	s := r.services[name]
	if s == nil {
		s = &standing{}
		r.services[name] = s
	}
	return s
}

// owners are the services to be asked in full that were not yet in this stretch.
func (r *roster) owners() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(r.services)) {
		s := r.services[name]
		if s.listed && s.full != r.stretch && s.owned > 0 && r.stretch-s.owned <= ownerMemory {
			out = append(out, name)
		}
	}
	return out
}

// probes are the services to be asked for a few traces: those never asked, those
// that waited longest as far as spare spans reach, and those that waited too long. While
// nobody is known to own anything, nothing is read, so spare spans are not asked for.
func (r *roster) probes(spare int) []string {
	type candidate struct {
		name string
		*standing
	}
	var idle []candidate
	for name, s := range r.services {
		owner := s.owned > 0 && r.stretch-s.owned <= ownerMemory
		if s.listed && !owner && s.asked != r.stretch {
			idle = append(idle, candidate{name, s})
		}
	}
	slices.SortFunc(idle, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.asked, b.asked), cmp.Compare(a.name, b.name))
	})
	blind := !slices.ContainsFunc(slices.Collect(maps.Values(r.services)), func(s *standing) bool {
		return s.listed && s.owned > 0 && r.stretch-s.owned <= ownerMemory
	})
	var out []string
	chosen := 0
	for _, c := range idle {
		switch {
		case r.eager, c.asked == 0, r.stretch-c.asked >= idleMost:
		case chosen < probesMost && (blind || c.cost == 0 || c.cost <= spare):
			chosen++
			spare -= c.cost
		default:
			continue
		}
		out = append(out, c.name)
	}
	slices.Sort(out)
	return out
}

// probeDepth is how many traces the next probe asks for.
func (r *roster) probeDepth() int {
	if r.eager {
		return eagerDepth
	}
	return probeDepth
}

// owns notes that a service owned a trace of this stretch.
func (r *roster) owns(name string) {
	if s, ok := r.services[name]; ok {
		s.owned = r.stretch
	}
}

// probed notes what a probe brought. complete: there was no more to bring.
func (r *roster) probed(name string, spans int, complete bool) {
	s := r.at(name)
	s.asked, s.cost = r.stretch, spans
	if complete {
		s.full = r.stretch
	}
}

// filled notes that a service was asked for all of w and answered with n traces.
func (r *roster) filled(name string, w source.Window, n int) {
	s := r.at(name)
	s.asked, s.full = r.stretch, r.stretch
	s.rate = float64(n) / w.Length().Seconds()
	if s.halves > 0 && r.stretch%ownerMemory == 0 {
		s.halves--
	}
}

// shrink has the service's windows halved for a while.
func (r *roster) shrink(name string) { r.at(name).halves++ }

// plan cuts a stretch so that each answer is expected to be complete.
func (r *roster) plan(name string, w source.Window, depth int, floor time.Duration) []source.Window {
	s := r.at(name)
	n := math.Ceil(s.rate * w.Length().Seconds() / (fill * float64(depth)))
	n = max(n, 1) * math.Exp2(float64(min(s.halves, 20)))
	n = min(n, math.Ceil(float64(w.Length())/float64(floor)))
	return w.Split(int(n))
}

// asked are the services that were asked in full in this stretch.
func (r *roster) asked() []string {
	var out []string
	for name, s := range r.services {
		if s.full == r.stretch {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
