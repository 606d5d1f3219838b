package generate

import (
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// each generates a scenario and visits its spans in the order of their arrival.
func each(t testing.TB, sc Scenario, visit func(res pcommon.Map, sp ptrace.Span)) {
	t.Helper()
	_, err := Generate(sc, func(td ptrace.Traces) error {
		for i := range td.ResourceSpans().Len() {
			rs := td.ResourceSpans().At(i)
			spans := rs.ScopeSpans().At(0).Spans()
			for j := range spans.Len() {
				visit(rs.Resource().Attributes(), spans.At(j))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func text(m pcommon.Map, key string) string {
	v, _ := m.Get(key)
	return v.Str()
}

// phases counts per phase of a scenario: before, during and after its first plan.
type phases [3]int

func phaseOf(sc Scenario, at time.Time) int {
	p := sc.Calm[0]
	switch d := at.Sub(sc.Start); {
	case d < p.From:
		return 0
	case d < p.To:
		return 1
	}
	return 2
}

func calm(t *testing.T, class string) Scenario {
	sc := named(t, calmFamily+class, 3)
	sc.Length, sc.Calm[0].From, sc.Calm[0].To = 6*time.Minute, 2*time.Minute, 4*time.Minute
	return sc
}

// Every temptation does what it is called, and leaves no label.
func TestTemptations(t *testing.T) {
	roots := func(t *testing.T, sc Scenario) (n phases) {
		each(t, sc, func(_ pcommon.Map, sp ptrace.Span) {
			if sp.ParentSpanID().IsEmpty() && sp.Links().Len() == 0 {
				n[phaseOf(sc, sp.StartTimestamp().AsTime())]++
			}
		})
		return n
	}
	// names collects the values of a resource attribute by phase.
	names := func(t *testing.T, sc Scenario, key string) (out [3]map[string]bool) {
		for i := range out {
			out[i] = map[string]bool{}
		}
		each(t, sc, func(res pcommon.Map, sp ptrace.Span) {
			at := sp.StartTimestamp().AsTime()
			if sc.Start.Add(sc.Calm[0].To).Sub(at).Abs() > 5*time.Second { // some are still at work
				out[phaseOf(sc, at)][text(res, "service.name")+" "+text(res, key)] = true
			}
		})
		return out
	}
	checks := map[string]func(t *testing.T, sc Scenario){
		"deploy": func(t *testing.T, sc Scenario) {
			n := names(t, sc, "service.version")
			if len(n[1]) != len(n[0])+1 || len(n[2]) != len(n[0]) {
				t.Errorf("%d versions before, %d during, %d after", len(n[0]), len(n[1]), len(n[2]))
			}
		},
		"scale-up": func(t *testing.T, sc Scenario) {
			n := names(t, sc, "k8s.pod.name")
			if len(n[1]) != len(n[0])+1 || len(n[2]) != len(n[0]) {
				t.Errorf("%d instances before, %d during, %d after", len(n[0]), len(n[1]), len(n[2]))
			}
		},
		"restart": func(t *testing.T, sc Scenario) {
			sc.Calm[0].From -= time.Minute
			n := names(t, sc, "k8s.pod.name")
			if len(n[0]) != len(n[2]) {
				t.Errorf("%d instances before, %d after", len(n[0]), len(n[2]))
			}
		},
		"flash-crowd": func(t *testing.T, sc Scenario) {
			if n := roots(t, sc); n[1] < n[0]*3/2 || n[2] > n[0]*5/4 {
				t.Errorf("%v requests before, during, after", n)
			}
		},
		"mix-shift": func(t *testing.T, sc Scenario) {
			var ops [3]map[string]int
			for i := range ops {
				ops[i] = map[string]int{}
			}
			each(t, sc, func(res pcommon.Map, sp ptrace.Span) {
				if sp.ParentSpanID().IsEmpty() && sp.Links().Len() == 0 {
					ops[phaseOf(sc, sp.StartTimestamp().AsTime())][sp.Name()]++
				}
			})
			var all [2]float64
			for i := range all {
				for _, n := range ops[i] {
					all[i] += float64(n)
				}
			}
			moved := 0.0 // the share of requests that are of another kind
			for name, n := range ops[1] {
				moved += max(0, float64(n)/all[1]-float64(ops[0][name])/all[0])
			}
			if moved < 0.15 {
				t.Errorf("%.2f of the requests are of another kind: %v, then %v", moved, ops[0], ops[1])
			}
		},
		"long-poll": func(t *testing.T, sc Scenario) {
			var long phases
			each(t, sc, func(_ pcommon.Map, sp ptrace.Span) {
				if sp.EndTimestamp()-sp.StartTimestamp() > pcommon.Timestamp(2*time.Second) {
					long[phaseOf(sc, sp.StartTimestamp().AsTime())]++
				}
			})
			if slices.Min(long[:]) < 5 {
				t.Errorf("%v long polls before, during, after", long)
			}
		},
		"cron": func(t *testing.T, sc Scenario) {
			sc.Calm[0].To = sc.Length
			var runs phases
			each(t, sc, func(res pcommon.Map, sp ptrace.Span) {
				if text(res, "service.name") == "report-job" && sp.ParentSpanID().IsEmpty() {
					runs[phaseOf(sc, sp.StartTimestamp().AsTime())]++
				}
			})
			if runs[0] != 0 || runs[1] == 0 {
				t.Errorf("%v runs before, during, after", runs)
			}
		},
		"sampling-change": func(t *testing.T, sc Scenario) {
			if n := roots(t, sc); n[1] > n[0]/2 || n[2] < n[0]*3/4 {
				t.Errorf("%v traces before, during, after", n)
			}
			each(t, sc, func(_ pcommon.Map, sp ptrace.Span) {
				if quarter := sp.TraceState().AsRaw() == "ot=th:c"; quarter != (phaseOf(sc, sp.StartTimestamp().AsTime()) == 1) &&
					sp.ParentSpanID().IsEmpty() && sp.Links().Len() == 0 {
					t.Fatalf("trace state %q at %v", sp.TraceState().AsRaw(), sp.StartTimestamp().AsTime())
				}
			})
		},
		"clock-step": func(t *testing.T, sc Scenario) {
			var last pcommon.Timestamp
			back := 0
			each(t, sc, func(_ pcommon.Map, sp ptrace.Span) {
				if end := sp.EndTimestamp(); end+pcommon.Timestamp(time.Second) < last {
					back++
				} else {
					last = max(last, end)
				}
			})
			if back == 0 {
				t.Error("all spans arrive within a second of their end")
			}
		},
		"gap": func(t *testing.T, sc Scenario) {
			n := roots(t, sc)
			if n[0] < 100 || n[1] > 2 || n[2] < 100 {
				t.Errorf("%v traces before, during, after", n)
			}
		},
	}
	for _, class := range Temptations() {
		t.Run(class, func(t *testing.T) {
			sc := calm(t, class)
			checks[class](t, sc)
			if l, err := Generate(sc, func(ptrace.Traces) error { return nil }); err != nil || len(l.Faults) != 0 {
				t.Errorf("labels %v, error %v", l.Faults, err)
			}
		})
	}
}

// What goes wrong on the way goes wrong as often as was asked for.
func TestDirt(t *testing.T) {
	clean := named(t, "small", 2)
	clean.Length = 4 * time.Minute
	dirt := clean
	dirt.Dirt = Dirt{Lost: 0.1, Late: 0.2, Lateness: 10 * time.Second, Duplicates: 0.05, Rootless: 0.3, Skew: time.Second}
	type key struct {
		trace pcommon.TraceID
		span  pcommon.SpanID
	}
	type tally struct{ spans, copies, roots, late int }
	take := func(sc Scenario) (n tally) {
		seen := map[key]bool{}
		var newest pcommon.Timestamp
		each(t, sc, func(_ pcommon.Map, sp ptrace.Span) {
			k := key{sp.TraceID(), sp.SpanID()}
			if seen[k] {
				n.copies++
				return
			}
			seen[k] = true
			n.spans++
			if sp.ParentSpanID().IsEmpty() && sp.Links().Len() == 0 {
				n.roots++
			}
			newest = max(newest, sp.EndTimestamp())
			if sp.EndTimestamp()+pcommon.Timestamp(3*time.Second) < newest {
				n.late++
			}
		})
		return n
	}
	a, b := take(clean), take(dirt)
	if a.copies != 0 || a.late != 0 {
		t.Errorf("without dirt: %+v", a)
	}
	share := func(x, of int) float64 { return float64(x) / float64(of) }
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"spans left", share(b.spans, a.spans), 0.9},
		{"copies", share(b.copies, b.spans), 0.05},
		{"roots left", share(b.roots, a.roots), 0.9 * 0.7},
	} {
		if c.got < 0.9*c.want || c.got > 1.1*c.want {
			t.Errorf("%s: %.3f, want about %.3f", c.what, c.got, c.want)
		}
	}
	if b.late < a.spans/10 {
		t.Errorf("%d of %d spans are late", b.late, b.spans)
	}
}

// A surge makes requests wait, and nobody is to blame.
func TestLoadSurgeSaturates(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		saturates(t, brief(t, "load", seed))
	}
}

func saturates(t *testing.T, sc Scenario) {
	t.Helper()
	r := observe(t, sc)
	entry := func(s *seen) bool { return s.root }
	before, during := mean(t, r.before, entry, dur), mean(t, r.during, entry, dur)
	perSecond := func(list []seen, over time.Duration) float64 { return float64(len(list)) / over.Seconds() }
	if perSecond(r.during, 2*time.Minute) < 2*perSecond(r.before, 2*time.Minute) || during < 1.15*before {
		t.Errorf("seed %d: requests take %.2f ms before, %.2f in the surge; %d spans before, %d in it", sc.Seed, before, during, len(r.before), len(r.during))
	}
	if f := r.labels.Faults[0]; f.Type != "load" || f.RootCauses == nil || len(f.RootCauses) != 0 || !f.Visible {
		t.Errorf("label %+v", f)
	}
}
