package engine

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"culprit/model"
)

// While an incident lasts, the workflow of the entry point names the slow stage first, and
// is the same on any number of shards. What was before is usual, and deviates in nothing.
func TestWorkflow(t *testing.T) {
	var want string
	for _, shards := range []int{1, 4} {
		cfg := DefaultConfig()
		cfg.Shards = shards
		tr := newTraffic(1)
		frags := stretch(tr, 14, 10)
		var e *Engine
		play(t, cfg, tr, frags, func(en *Engine) *Engine { e = en; return en })
		if e == nil {
			t.Fatal("no engine")
		}
		svc, op := tr.table.Name(tr.svc[2]), "operation-0" // the entry point that asks the slow one
		now, err := e.View().Workflow(svc, op, Stretch{}, model.TraceID{})
		if err != nil {
			t.Fatal(err)
		}
		if now.Usual == nil || now.Usual.Runs < 20 || len(now.Deviations) == 0 ||
			now.Deviations[0].Kind != model.DeviationSlow || now.Deviations[0].Service != tr.table.Name(tr.svc[5]) {
			t.Errorf("%d shards: usual %+v, deviations %+v; want the slow %s first", shards, now.Usual, now.Deviations, tr.table.Name(tr.svc[5]))
		}
		text, err := json.Marshal(now)
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = string(text)
		} else if want != string(text) {
			t.Errorf("%d shards give\n%s\none gives\n%s", shards, text, want)
		}
		from, _, _ := e.Retained()
		calm, err := e.View().Workflow(svc, op, Stretch{From: from, To: from.Add(2 * time.Minute)}, model.TraceID{})
		if err != nil || len(calm.Deviations) > 0 || calm.Runs == 0 {
			t.Errorf("calm windows: %d runs, %+v, %v", calm.Runs, calm.Deviations, err)
		}
		var one model.TraceID
		for _, f := range e.retained[len(e.retained)-1].sum.Sample.Traces().All {
			if f.Spans[0].Service == tr.svc[2] {
				one = f.ID
			}
		}
		w, err := e.View().Workflow(svc, op, Stretch{}, one)
		if err != nil || w.Trace != one.String() || w.Runs != 1 {
			t.Errorf("one trace: %d runs of %s, %v", w.Runs, w.Trace, err)
		}
	}
}

func TestWorkflowErrors(t *testing.T) {
	tr := newTraffic(1)
	e := New(DefaultConfig(), tr.table)
	if _, err := e.View().Workflow("a", "b", Stretch{}, model.TraceID{}); !errors.Is(err, ErrNotRetained) {
		t.Errorf("nothing judged yet: %v", err)
	}
	frags := stretch(tr, 3, 99)
	play(t, DefaultConfig(), tr, frags, func(en *Engine) *Engine { e = en; return en })
	svc, op := tr.table.Name(tr.svc[0]), tr.table.Name(frags[0].Spans[0].Operation)
	if _, err := e.View().Workflow(svc, "nothing", Stretch{}, model.TraceID{}); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown operation: %v", err)
	}
	if _, err := e.View().Workflow(svc, op, Stretch{}, model.TraceID{0xff}); !errors.Is(err, ErrNoTrace) {
		t.Errorf("unknown trace: %v", err)
	}
	if _, err := e.View().Workflow(svc, op, Stretch{From: time.Unix(1, 0), To: time.Unix(2, 0)}, model.TraceID{}); !errors.Is(err, ErrNotRetained) || !strings.Contains(err.Error(), "have ") {
		t.Errorf("another time: %v", err)
	}
}
