package generate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Every case of the suites can be generated, and none has the seed of another.
func TestSuites(t *testing.T) {
	seeds := map[uint64]string{}
	bySplit := map[Split]int{}
	cases := append(append(Suite(), Calm()...), Days(60)...)
	for _, c := range cases {
		if other := seeds[c.Seed]; other != "" {
			t.Errorf("%s and %s have seed %d", other, c.Name, c.Seed)
		}
		seeds[c.Seed] = c.Name
		bySplit[c.Split]++
		if c.Split != SplitOf(c.Seed) {
			t.Errorf("%s %d is %s", c.Name, c.Seed, c.Split)
		}
		sc := named(t, c.Name, c.Seed)
		if _, _, err := prepare(sc, func(ptrace.Traces) error { return nil }); err != nil {
			t.Errorf("%s %d: %v", c.Name, c.Seed, err)
		}
		if fault := len(sc.Faults) > 0; fault != slices.Contains(Suite(), c) {
			t.Errorf("%s %d has faults: %v", c.Name, c.Seed, fault)
		}
	}
	if bySplit[Dev] != bySplit[Final] {
		t.Errorf("splits %v", bySplit)
	}
	for _, class := range Classes() {
		in := slices.ContainsFunc(Suite(), func(c Case) bool { return c.Name == faultFamily+class && c.Split == Final })
		if in == slices.Contains(later, class) {
			t.Errorf("class %s is in the suite: %v", class, in)
		}
	}
}

// Every name that is listed can be had, and no other.
func TestNames(t *testing.T) {
	for _, n := range Names() {
		if sc, err := Named(n, 1); err != nil || sc.check() != nil {
			t.Errorf("%s: %v, %v", n, err, sc.check())
		}
	}
	for _, n := range []string{"", "fault/", "fault/load/x", "no/errors", "errors", "calm/errors"} {
		if _, err := Named(n, 1); err == nil || !strings.Contains(err.Error(), "fault/slow-operation") {
			t.Errorf("%q: %v", n, err)
		}
	}
}

func TestImpossibleScenarios(t *testing.T) {
	ok := Scenario{Name: "x", Start: epoch, Length: time.Minute, Rate: 1}
	for _, c := range []struct {
		what string
		sc   func(*Scenario)
		want string
	}{
		{"no rate", func(sc *Scenario) { sc.Rate = 0 }, "rate"},
		{"no length", func(sc *Scenario) { sc.Length = 0 }, "length"},
		{"three services", func(sc *Scenario) { sc.Services = 3 }, "services"},
		{"a night without requests", func(sc *Scenario) { sc.Daily = 1 }, "daily"},
		{"half a second", func(sc *Scenario) { sc.Start = sc.Start.Add(time.Second / 2) }, "whole second"},
		{"fault beyond the end", func(sc *Scenario) { sc.Faults = []Plan{{"cpu", 0, time.Hour}} }, "cpu"},
		{"unknown fault", func(sc *Scenario) { sc.Faults = []Plan{{"gremlins", 0, time.Second}} }, "gremlins"},
		{"unknown temptation", func(sc *Scenario) { sc.Calm = []Plan{{"apple", 0, time.Second}} }, "apple"},
		{"fault where nothing happens", func(sc *Scenario) { sc.Rate, sc.Faults = 0.001, []Plan{{"cpu", 0, time.Second}} }, "place"},
	} {
		sc := ok
		c.sc(&sc)
		if _, err := Generate(sc, func(ptrace.Traces) error { return nil }); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	if _, err := Generate(ok, func(ptrace.Traces) error { return nil }); err != nil {
		t.Errorf("the scenario itself: %v", err)
	}
}

// The fault of a scenario changes nothing before it begins.
func TestFaultsLeaveThePastAlone(t *testing.T) {
	with := brief(t, "slow-operation", 4)
	without := with
	without.Faults = nil
	from := with.Start.Add(with.Faults[0].From)
	past := func(sc Scenario) (spans int) {
		_, err := Generate(sc, func(td ptrace.Traces) error {
			for i := range td.ResourceSpans().Len() {
				list := td.ResourceSpans().At(i).ScopeSpans().At(0).Spans()
				for j := range list.Len() {
					if list.At(j).EndTimestamp().AsTime().Before(from) {
						spans++
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return spans
	}
	if a, b := past(with), past(without); a != b || a == 0 {
		t.Errorf("%d spans before the fault, %d without it", a, b)
	}
}

func BenchmarkGenerate(b *testing.B) {
	sc, err := Named("medium", 1)
	if err != nil {
		b.Fatal(err)
	}
	sc.Length = 2 * time.Minute
	spans := 0
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Generate(sc, func(td ptrace.Traces) error { spans += td.SpanCount(); return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(spans)/b.Elapsed().Seconds(), "spans/s")
}
