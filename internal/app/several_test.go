package app

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/source"
	"culprit/model"
)

// without is revisions without what says how the input was.
func without(ins []model.Incident) []model.Incident {
	out := slices.Clone(ins)
	for i := range out {
		out[i].Quality, out[i].Warnings = model.Quality{}, nil
	}
	return out
}

// Each trace comes from three sources, and by one of them each span twice: what is told is
// what one source alone leads to.
func TestATraceThatComesTwiceCountsOnce(t *testing.T) {
	want, _ := replayed(t, tape(batches(time.Time{})), ReplayOptions{Engine: engineConfig(1)})
	cfg := testConfig(t.TempDir())
	one, two := newPlayer(), newPlayer()
	one.name, two.name = "one", "two"
	three := &stutterer{newPlayer()}
	three.name = "three"
	s, stop := runs(t, cfg, WithSource("one", one), WithSource("two", two), WithSource("three", three))
	for _, p := range []*player{one, two, three.player} {
		<-p.done
	}
	eventually(t, func() bool {
		var page model.IncidentPage
		get(t, s, "/api/v1/incidents", &page)
		return len(page.Incidents) > 0 && page.Incidents[0].State == model.StateResolved
	})
	var st model.ServiceStatus
	get(t, s, "/api/v1/status", &st)
	if len(st.Sources) != 3 || st.SpansLate != 0 {
		t.Errorf("status %+v", st)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	got := logOf(t, cfg)
	if len(got) == 0 {
		t.Fatal("nothing was told")
	}
	if a, b := asLines(t, without(got)), asLines(t, without(want)); a != b {
		t.Errorf("from three sources\n%s\nfrom one\n%s", a, b)
	}
}

// stutterer delivers each message twice.
type stutterer struct{ *player }

func (s *stutterer) Run(ctx context.Context, from time.Time, deliver source.Deliver) error {
	return s.player.Run(ctx, from, func(ctx context.Context, b source.Batch) error {
		for _, td := range slices.Clone(b.Traces) {
			again := ptrace.NewTraces()
			td.CopyTo(again)
			b.Traces = append(b.Traces, again)
		}
		return deliver(ctx, b)
	})
}

// named delivers one span of this name for each number, and a watermark.
type named struct {
	*player
	name string
}

func (n named) Run(ctx context.Context, _ time.Time, deliver source.Deliver) error {
	defer close(n.done)
	b := source.Batch{Source: "named", Watermark: noon.Add(time.Minute)}
	for i := range 3 {
		td := shop(i, func(int) bool { return false })
		td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetName(fmt.Sprintf(n.name, 4711+i))
		b.Traces = append(b.Traces, td)
	}
	return deliver(ctx, b)
}

// What was folded is listed in the status, with an example of what it was.
func TestStatusListsWhatWasFolded(t *testing.T) {
	p := named{newPlayer(), "GET /users/%d/cart"}
	s, _ := runs(t, testConfig(t.TempDir()), WithSource("named", p))
	<-p.done
	var st model.ServiceStatus
	get(t, s, "/api/v1/status", &st)
	for _, f := range st.Folded {
		if f.Operation == "GET /users/{}/cart" && f.Names == 3 && f.Example == "GET /users/4711/cart" {
			return
		}
	}
	t.Errorf("folded: %+v", st.Folded)
}
