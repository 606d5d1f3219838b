package engine

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"culprit/model"
)

// revisions plays the usual stretch and decodes what was published.
func revisions(t *testing.T) []model.Incident {
	t.Helper()
	tr := newTraffic(3)
	var out []model.Incident
	for _, line := range bytes.Split(bytes.TrimSpace(play(t, Config{Shards: 1}, tr, stretch(tr, 40, 20), nil)), []byte("\n")) {
		var in model.Incident
		if err := json.Unmarshal(line, &in); err != nil {
			t.Fatal(err)
		}
		out = append(out, in)
	}
	return out
}

// An incident is opened with a trace that shows the fault beside a healthy one: the
// differences of what they waited for add up, and most of it is the suspect's.
func TestExhibitShowsTheFault(t *testing.T) {
	in := revisions(t)[0]
	x := in.Exhibit
	if in.Event != model.EventOpened || x == nil || x.Trace == nil || x.Normal == nil || x.Topology == nil {
		t.Fatalf("%s with %+v", in.Event, x)
	}
	diff, most := 0.0, x.Excess[0]
	for _, e := range x.Excess {
		diff += float64(e.NowMS - e.NormalMS)
		if e.NowMS-e.NormalMS > most.NowMS-most.NormalMS {
			most = e
		}
	}
	if want := float64(x.Trace.DurationMS - x.Normal.DurationMS); math.Abs(diff-want) > 0.01*want || most.Service != in.Service() {
		t.Errorf("the traces differ by %.2f ms, what they waited for by %.2f ms, most at %+v; the suspect is %s: %+v", want, diff, most, in.Service(), x.Excess)
	}
	for _, tr := range []*model.ExhibitTrace{x.Trace, x.Normal} {
		onPath, marked := 0.0, false
		for i, s := range tr.Spans {
			if s.Parent >= i || s.Parent < -1 || (s.Parent >= 0) != (s.Depth > 0) {
				t.Errorf("span %d has parent %d at depth %d", i, s.Parent, s.Depth)
			}
			for _, p := range s.Path {
				onPath += float64(p[1] - p[0])
			}
			marked = marked || s.Suspect
		}
		if math.Abs(onPath-float64(tr.DurationMS)) > 0.01*float64(tr.DurationMS) {
			t.Errorf("trace %s takes %v ms, its critical path %v", tr.ID, tr.DurationMS, onPath)
		}
		if !marked || len(tr.Spans) > mostSpans {
			t.Errorf("trace %s shows %d spans, of the suspect: %v", tr.ID, len(tr.Spans), marked)
		}
	}
	cause := 0
	for _, n := range x.Topology.Nodes {
		if n.Suspect {
			cause++
			if n.Service != in.Service() || n.Usual == nil || n.P50MS < n.Usual.P50MS {
				t.Errorf("the marked node is %+v", n)
			}
		}
	}
	if cause != 1 || len(x.Topology.Nodes) < len(in.Affected) {
		t.Errorf("%d of %d nodes are marked, %d services are affected", cause, len(x.Topology.Nodes), len(in.Affected))
	}
}

// A cause that has fallen silent stands in the topology with who usually calls it; one that
// is there stands once.
func TestSilentCauseIsShown(t *testing.T) {
	edge := model.TopologyEdge{Caller: "web", Callee: "pay", Calls: 300, P50MS: 12, GapMS: 1}
	u := &usually{
		windows: 10, nodes: map[string]*model.Usual{"pay": {PerSecond: 1}}, edges: map[model.TopologyEdge]*model.Usual{edgeName(edge): {PerSecond: 1}},
		all: model.Topology{
			Nodes: []model.TopologyNode{{Service: "web", Requests: 300}, {Service: "pay", Type: "database", Requests: 300, P50MS: 10}},
			Edges: []model.TopologyEdge{edge, {Caller: "web", Callee: "cart", Calls: 300}},
		},
	}
	now := model.Topology{Nodes: []model.TopologyNode{{Service: "web", Requests: 290}}}
	for range 2 {
		u.withSilent(&now, "pay")
	}
	if len(now.Nodes) != 2 || len(now.Edges) != 1 {
		t.Fatalf("%+v", now)
	}
	n, c := now.Nodes[1], now.Edges[0]
	if n.Service != "pay" || n.Type != "database" || n.Requests != 0 || !math.IsNaN(float64(n.P50MS)) || n.Usual == nil {
		t.Errorf("node %+v", n)
	}
	if c.Caller != "web" || c.Callee != "pay" || c.Calls != 0 || !math.IsNaN(float64(c.P50MS)) || c.Usual == nil {
		t.Errorf("edge %+v", c)
	}
}

// The charts show the step out of the band, and after the end the way back; they are
// small enough for a message.
func TestExhibitCharts(t *testing.T) {
	all := revisions(t)
	first, last := all[0], all[len(all)-1]
	if last.Event != model.EventResolved || last.Exhibit == nil || last.Exhibit.Trace != nil {
		t.Fatalf("the last revision is %s with %+v", last.Event, last.Exhibit)
	}
	find := func(in model.Incident, quantity string) model.Chart {
		for _, c := range in.Exhibit.Charts {
			if len(c.At) != len(c.Value) || len(c.High) != 0 && len(c.High) != len(c.At) || c.Low > c.Usual || c.Usual > c.Top {
				t.Errorf("chart %+v", c)
			}
			if c.Quantity == quantity {
				return c
			}
		}
		t.Fatalf("no chart of %s", quantity)
		return model.Chart{}
	}
	for quantity, service := range map[string]string{"own_time": first.Service(), "duration": first.Impact.EntryPoints[0].Service} {
		c := find(first, quantity)
		n := len(c.Value) - 1
		if c.Service != service || c.Basis != basisValues || c.Value[n] < 1.15*c.Usual || c.Value[n-1] > c.Top {
			t.Errorf("%s of %s before and in the first window of the fault: %v of %+v", quantity, service, c.Value[n-1:], c)
		}
		c = find(last, quantity)
		if n := len(c.Value) - 1; c.Value[n] > c.Top || c.At[n] <= find(first, quantity).At[0] {
			t.Errorf("%s after the end: %+v", quantity, c)
		}
	}
	if c := find(first, "rate"); c.Basis != basisWindows || math.Abs(float64(c.Value[len(c.Value)-1]/c.Usual)-1) > 0.5 {
		t.Errorf("rate %+v", c)
	}
	const most = 64 << 10
	for _, in := range all {
		if text, err := json.Marshal(in.Exhibit); err != nil || len(text) > most {
			t.Errorf("revision %d is shown with %d bytes (%v)", in.Revision, len(text), err)
		}
	}
}

// The strangest operation of the fault's windows is the faulty one, and it is flagged
// with the number that it was judged by; before, none is.
func TestListOfOperations(t *testing.T) {
	tr := newTraffic(3)
	frags := stretch(tr, 23, 20)
	var e *Engine
	play(t, Config{Shards: 1}, tr, frags, func(x *Engine) *Engine { e = x; return x })
	from, to, _ := e.Retained()
	now, err := e.View().List(to.Add(-1), "", "", 5)
	if err != nil || len(now.Operations) != 5 || now.Total <= 5 {
		t.Fatalf("%+v, %v", now, err)
	}
	if o := now.Operations[0]; o.Service != "service-5" || !o.Flagged || o.Z < now.Threshold || o.OwnP50MS < 1.5*o.UsualP50MS {
		t.Errorf("first is %+v, with threshold %v", o, now.Threshold)
	}
	before, err := e.View().List(from.Add(15*30e9), "", "", 500)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range before.Operations {
		if o.Flagged {
			t.Errorf("flagged before the fault: %+v", o)
		}
	}
	if some, err := e.View().List(to.Add(-1), "service-5", "SERVICE-5", 500); err != nil || some.Total != len(some.Operations) || some.Total == 0 || some.Total >= before.Total {
		t.Errorf("of one service: %+v, %v", some, err)
	}
	if none, err := e.View().List(to.Add(-1), "", "no such name", 500); err != nil || none.Total != 0 || none.Operations == nil {
		t.Errorf("of none: %+v, %v", none, err)
	}
}
