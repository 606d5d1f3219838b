package generate

import (
	"math"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// oneService is a service with one operation, exponential own times of a mean, and
// workers but no other limit.
func oneService(meanMS float64, workers int) *world {
	w := &world{name: "queue", tenants: []string{"one"}, tenantPop: []float64{1}}
	h := &host{name: "h", slow: 1}
	sv := &service{name: "desk", naming: funcs, slow: 1, acceptsFirst: true}
	op := &operation{service: sv, slow: 1, name: "serve"}
	op.prog = program{{kind: stepWork, time: dist{median: meanMS * ms, exponential: true}}}
	sv.ops = []*operation{op}
	sv.instances = []*instance{{
		service: sv, name: "desk-0", host: h, slow: 1,
		workers: pool{size: workers}, cores: pool{size: unlimited},
	}}
	w.hosts, w.services, w.entries = []*host{h}, []*service{sv}, []entry{{op, 1}}
	return w
}

// erlangC is the mean wait in an M/M/c queue, in units of the mean service time.
func erlangC(c int, load float64) float64 {
	term, sum := 1.0, 0.0
	for k := range c {
		sum += term
		term *= load / float64(k+1)
	}
	rho := load / float64(c)
	wait := term / (1 - rho) / (sum + term/(1-rho))
	return wait / (float64(c) - load)
}

// With exponential times and Poisson arrivals the mean time at a service is what
// Erlang's formula says.
func TestQueuesWaitAsErlangSays(t *testing.T) {
	for _, q := range []struct {
		workers int
		load    float64 // mean number of busy workers
	}{
		{1, 0.5}, {1, 0.8}, {2, 1.5}, {4, 3.2}, {8, 4},
	} {
		const meanMS, requests = 20.0, 200_000
		sc := Scenario{Name: "queue", Seed: 5, Rate: q.load / meanMS * 1000, Start: epoch}
		sc.Length = time.Duration(requests / sc.Rate * float64(time.Second))
		var total float64
		n := 0
		s := newSimulation(sc, oneService(meanMS, q.workers), func(td ptrace.Traces) error {
			spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
			for i := range spans.Len() {
				sp := spans.At(i)
				total += float64(sp.EndTimestamp()-sp.StartTimestamp()) / ms
				n++
			}
			return nil
		})
		if err := s.runToEnd(); err != nil {
			t.Fatal(err)
		}
		want := meanMS * (1 + erlangC(q.workers, q.load))
		got := total / float64(n)
		if math.Abs(got/want-1) > 0.06 {
			t.Errorf("%d workers, load %.1f: %.2f ms on average of %d, want %.2f", q.workers, q.load, got, n, want)
		}
	}
}

// The number of arrivals is that of a Poisson process: its variance is its mean.
func TestArrivalsArePoisson(t *testing.T) {
	l := load{start: epoch, rate: 7}
	r := source(1, streamArrivals)
	const windows = 4000
	var counts [windows]float64
	for at := l.next(r, 0); at < windows*10*sec; at = l.next(r, at) {
		counts[at/(10*sec)]++
	}
	m, v := 0.0, 0.0
	for _, c := range counts {
		m += c / windows
	}
	for _, c := range counts {
		v += (c - m) * (c - m) / windows
	}
	if math.Abs(m/70-1) > 0.02 || math.Abs(v/m-1) > 0.1 {
		t.Errorf("10 s have %.2f arrivals with variance %.2f, want 70 and 70", m, v)
	}
}

func TestLoadFollowsTheDayAndTheWeek(t *testing.T) {
	l := load{start: epoch, rate: 10, daily: 0.5, weekly: 0.4, surges: []surge{{sec, 11 * sec, 3}}}
	hour := 3600 * sec
	for _, c := range []struct {
		what string
		at   int64
		want float64
	}{
		{"Monday at 15:00", 15 * hour, 15},
		{"Monday at 3:00", 3 * hour, 5},
		{"Saturday at 15:00", (5*24 + 15) * hour, 9},
	} {
		if got := l.at(c.at); math.Abs(got-c.want) > 0.01 {
			t.Errorf("%s: %.2f a second, want %.2f", c.what, got, c.want)
		}
	}
	calm := l
	calm.surges = nil
	if got, usual := l.at(6*sec), calm.at(6*sec); math.Abs(got/usual-3) > 0.01 {
		t.Errorf("in the surge %.2f a second, want three times %.2f", got, usual)
	}
}

// A slow callee fills the workers of its caller: what nobody slowed gets slower.
func TestSlownessCascades(t *testing.T) {
	mean := func(slow float64) float64 {
		w := oneService(20, 2)
		desk := w.services[0]
		front := &service{name: "front", naming: funcs, slow: 1, acceptsFirst: true, clientSpans: true}
		quick := &operation{service: front, slow: 1, name: "quick", prog: program{{kind: stepWork, time: dist{median: ms, exponential: true}}}}
		asks := &operation{service: front, slow: 1, name: "asks", prog: program{{kind: stepCall, callee: desk.ops[0], name: "call"}}}
		front.ops = []*operation{quick, asks}
		front.instances = []*instance{{
			service: front, name: "front-0", host: w.hosts[0], slow: 1,
			workers: pool{size: 3}, cores: pool{size: unlimited},
		}}
		w.services = []*service{front, desk}
		w.entries = []entry{{quick, 1}, {asks, 1}}
		desk.slow = slow
		var total float64
		n := 0
		s := newSimulation(Scenario{Seed: 1, Rate: 40, Length: 10 * time.Minute, Start: epoch}, w, func(td ptrace.Traces) error {
			for i := range td.ResourceSpans().Len() {
				spans := td.ResourceSpans().At(i).ScopeSpans().At(0).Spans()
				for j := range spans.Len() {
					if sp := spans.At(j); sp.Name() == "quick" {
						total += float64(sp.EndTimestamp()-sp.StartTimestamp()) / ms
						n++
					}
				}
			}
			return nil
		})
		if err := s.runToEnd(); err != nil {
			t.Fatal(err)
		}
		return total / float64(n)
	}
	if healthy, slow := mean(1), mean(4); healthy > 3 || slow < 5*healthy {
		t.Errorf("the quick operation took %.1f ms in health and %.1f ms behind a slow callee", healthy, slow)
	}
}
