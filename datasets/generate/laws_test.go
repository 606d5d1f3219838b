package generate

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/graph"
	"culprit/internal/format/opname"
)

func named(t *testing.T, name string, seed uint64) Scenario {
	t.Helper()
	sc, err := Named(name, seed)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// short is a named scenario of three minutes.
func short(t *testing.T, name string, seed uint64) Scenario {
	t.Helper()
	sc := named(t, name, seed)
	sc.Length = 3 * time.Minute
	for i := range sc.Faults {
		sc.Faults[i].From, sc.Faults[i].To = time.Minute, 2*time.Minute
	}
	return sc
}

// Without dirt and faults a trace is whole: every span has its parent, and children
// that somebody waits for lie within it.
func TestCleanTracesAreWhole(t *testing.T) {
	for seed := range uint64(6) {
		frags, _, _ := fragments(t, short(t, "small", seed))
		if len(frags) < 1000 {
			t.Fatalf("seed %d: %d traces", seed, len(frags))
		}
		a := graph.NewAssembler(graph.Config{})
		const wrong = graph.Orphans | graph.ManyRoots | graph.NoRoot | graph.Cycle | graph.Duplicates
		bad := 0
		for _, f := range frags {
			if tr := a.Assemble(f); tr.Marks&wrong != 0 {
				bad++
			}
		}
		if bad > 0 {
			t.Errorf("seed %d: %d of %d traces are not whole", seed, bad, len(frags))
		}
	}
}

func digest(t *testing.T, sc Scenario) string {
	t.Helper()
	h := sha256.New()
	var m ptrace.ProtoMarshaler
	l, err := Generate(sc, func(td ptrace.Traces) error {
		b, err := m.MarshalTraces(td)
		h.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	h.Write(text)
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestSameSeedSameBytes(t *testing.T) {
	for _, name := range []string{"dirty", "fault/retry-storm", "fault/bad-version"} {
		a, again, b := digest(t, short(t, name, 3)), digest(t, short(t, name, 3)), digest(t, short(t, name, 4))
		if a != again {
			t.Errorf("%s: two runs of seed 3 differ", name)
		}
		if a == b {
			t.Errorf("%s: seeds 3 and 4 are the same", name)
		}
	}
}

// The operation in a label is what the product makes of the recorded name.
func TestLabelledOperationsAreAsRecorded(t *testing.T) {
	for seed := range uint64(10) {
		sc := short(t, "fault/slow-operation", seed)
		frags, sy, l := fragments(t, sc)
		want := l.Faults[0].RootCauses[0]
		if got := opname.Fold(want.Operation); got != want.Operation {
			t.Errorf("seed %d: operation %q folds to %q", seed, want.Operation, got)
		}
		seen := false
		for _, f := range frags {
			for _, s := range f.Spans {
				seen = seen || sy.Name(s.Service) == want.Service && sy.Name(s.Operation) == want.Operation
			}
		}
		if !seen {
			t.Errorf("seed %d: no span of %s %q", seed, want.Service, want.Operation)
		}
	}
}

// The spans of a seed are the same tomorrow, and on another processor. A change here
// changes every recording that was ever generated: say so in the commit, and score
// again.
func TestSpansOfASeedAreFixed(t *testing.T) {
	sc := named(t, "dirty", 1)
	sc.Length = time.Minute
	h := fnv.New64a()
	n := 0
	each(t, sc, func(res pcommon.Map, sp ptrace.Span) {
		fmt.Fprint(h, text(res, "k8s.pod.name"), sp.Name(), sp.TraceID(), sp.SpanID(), sp.StartTimestamp(), sp.EndTimestamp(), sp.Status().Code())
		n++
	})
	const wantSpans, want = 14348, "4ed763bd0e6c7403"
	if got := fmt.Sprintf("%016x", h.Sum64()); n != wantSpans || got != want {
		t.Errorf("%d spans with hash %s, want %d with %s", n, got, wantSpans, want)
	}
}
