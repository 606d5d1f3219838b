package generate

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// counts of the spans of a recording.
type census struct {
	kinds   map[ptrace.SpanKind]int
	failed  int // with a status
	proxies int
	lost    int // with a parent that is not there
}

func take(t *testing.T, d Dialect) census {
	t.Helper()
	sc, err := Named("fault/errors", 3)
	if err != nil {
		t.Fatal(err)
	}
	sc.Dialect = d
	c := census{kinds: map[ptrace.SpanKind]int{}}
	parents, ids := map[string]bool{}, map[string]bool{}
	_, err = Generate(sc, func(td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, sp := range ss.Spans().All() {
					c.kinds[sp.Kind()]++
					if sp.Status().Code() == ptrace.StatusCodeError {
						c.failed++
					}
					if _, ok := sp.Attributes().Get("component"); ok {
						c.proxies++
					}
					ids[sp.TraceID().String()+sp.SpanID().String()] = true
					if !sp.ParentSpanID().IsEmpty() {
						parents[sp.TraceID().String()+sp.ParentSpanID().String()] = true
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for p := range parents {
		if !ids[p] {
			c.lost++
		}
	}
	return c
}

// Each dialect leaves out, or adds, what its name says, and no span loses its parent by it.
func TestDialects(t *testing.T) {
	plain := take(t, "")
	total := func(c census) (n int) {
		for _, k := range c.kinds {
			n += k
		}
		return n
	}
	for _, name := range Dialects() {
		d := Dialect(name)
		t.Run(name, func(t *testing.T) {
			c := take(t, d)
			if c.lost > plain.lost {
				t.Errorf("%d spans name a parent that is not there, %d without the dialect", c.lost, plain.lost)
			}
			ok := map[Dialect]bool{
				Kindless:   c.kinds[ptrace.SpanKindUnspecified] == total(c),
				ClientOnly: c.kinds[ptrace.SpanKindServer] < plain.kinds[ptrace.SpanKindServer]/2,
				ServerOnly: c.kinds[ptrace.SpanKindClient] < plain.kinds[ptrace.SpanKindClient],
				Sidecars:   c.proxies > total(plain)/2,
				Codes:      c.failed == 0 && plain.failed > 0,
			}[d]
			if !ok {
				t.Errorf("it has %+v; the plain recording %+v", c, plain)
			}
		})
	}
	if err := Dialect("elvish").check(); err == nil {
		t.Error("an unknown dialect is accepted")
	}
}
