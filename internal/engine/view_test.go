package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"culprit/detector/compare"
	"culprit/model"
)

// answersOf is everything that a view can be asked, as JSON.
func answersOf(t *testing.T, v *View) []byte {
	t.Helper()
	from, to, ok := v.Retained()
	if !ok {
		t.Error("nothing is retained")
		return nil
	}
	all, now := Stretch{from, to}, Stretch{to.Add(-30 * time.Second), to}
	page, err := v.List(time.Time{}, "service-5", "", 1)
	if err != nil || len(page.Operations) == 0 {
		t.Errorf("operations of service-5: %+v, %v", page, err)
		return nil
	}
	service, operation := page.Operations[0].Service, page.Operations[0].Operation
	var out bytes.Buffer
	add := func(answer any, err error) {
		if err != nil {
			t.Error(err)
		} else if err := json.NewEncoder(&out).Encode(answer); err != nil {
			t.Error(err)
		}
	}
	add(page, nil)
	topology, err := v.Topology(from)
	add(topology, err)
	op, err := v.Operation(service, operation, time.Time{})
	add(op, err)
	ranking, err := v.Rank(now.From, now.To, nil)
	add(ranking, err)
	difference, err := v.Compare(Stretch{from, now.From}, now)
	add(difference, err)
	correlation, err := v.Correlate(service, operation, all, compare.Choice{})
	add(correlation, err)
	flow, err := v.Workflow(service, operation, now, model.TraceID{})
	add(flow, err)
	profile, sampled, _, _, err := v.Paths(all)
	add([]any{profile.View(func(string, string) bool { return true }), len(sampled)}, err)
	add([]any{v.Status(), v.Open(), v.Services(), v.Operations(service)}, nil)
	return out.Bytes()
}

// A view answers the same for as long as it is asked, by however many, and whatever the
// engine judges, learns, forgets and accepts meanwhile; and asking changes no incident.
func TestViewStays(t *testing.T) {
	cfg := Config{Shards: 2, Retain: 13}
	tr := newTraffic(1)
	frags := stretch(tr, 30, 20)
	want := play(t, cfg, tr, frags, func(e *Engine) *Engine { return e })
	if len(want) == 0 {
		t.Fatal("the fault is not told of")
	}
	var asking sync.WaitGroup
	var views []*View
	var first [][]byte
	windows := 0
	got := play(t, cfg, tr, frags, func(e *Engine) *Engine {
		windows++
		if windows == 14 || windows == 22 || windows == 29 {
			v := e.View()
			answers := answersOf(t, v)
			views, first = append(views, v), append(first, answers)
			asking.Go(func() {
				for range 3 {
					if text := answersOf(t, v); !bytes.Equal(text, answers) {
						t.Errorf("while the engine goes on, the view answers\n%s\nnot\n%s", text, answers)
					}
				}
			})
		}
		if windows == 30 {
			for _, in := range e.View().Open() {
				e.Accept(in, "expected")
			}
		}
		return e
	})
	asking.Wait()
	if !bytes.Equal(got, want) {
		t.Errorf("while somebody asked, it told\n%s\notherwise\n%s", got, want)
	}
	if len(views) != 3 {
		t.Fatalf("%d windows", windows)
	}
	for i, v := range views {
		if text := answersOf(t, v); !bytes.Equal(text, first[i]) {
			t.Errorf("view %d answered\n%s\nand later\n%s", i, first[i], text)
		}
	}
	if fmt.Sprint(views[0].Open()) == fmt.Sprint(views[1].Open()) {
		t.Error("the views of before and within the fault show the same incidents")
	}
}

// A database is known from those who ask it: the requests of its operations are their calls.
func TestCorrelateOfWhoSendsNoSpans(t *testing.T) {
	tr := newTraffic(1)
	frags := stretch(tr, 4, 0)
	for _, f := range frags {
		for i := range f.Spans {
			if s := &f.Spans[i]; s.Kind == model.KindInternal {
				s.Kind, s.Peer = model.KindClient, tr.table.Service("database")
			}
		}
	}
	var e *Engine
	play(t, Config{Shards: 2}, tr, frags, func(en *Engine) *Engine { e = en; return en })
	v := e.View()
	if got, err := v.Correlate("database", "operation-0", Stretch{}, compare.Choice{}); err != nil || got.Selected == 0 || got.Rest == 0 {
		t.Errorf("%d chosen, %d others, %v", got.Selected, got.Rest, err)
	}
	if _, err := v.Correlate("database", "operation-1", Stretch{}, compare.Choice{}); !errors.Is(err, ErrUnknown) {
		t.Errorf("an operation that nobody asks for: %v", err)
	}
}
