package bottleneck_test

import (
	"math/rand/v2"
	"testing"

	"culprit/detector/bottleneck"
	"culprit/graph"
	"culprit/model"
)

// What is predicted is what happens: the same requests drawn with a database that is 20 %
// faster take as long as predicted.
func TestPredictionComesTrue(t *testing.T) {
	table := model.NewSymbols()
	slow, fast := bottleneck.New(table), bottleneck.New(table)
	rnd := rand.New(rand.NewPCG(5, 5))
	var was, then []string
	for range 300 {
		sql, pay := 100+10*rnd.IntN(20), 20+rnd.IntN(300)
		was, then = append(was, shop(sql, pay)), append(then, shop(sql*8/10, pay))
	}
	sampled := fill(table, slow, was...)
	fill(table, fast, then...)
	v, w := slow.View(nil)[0], fast.View(nil)[0]
	bottleneck.Predict(table, sampled, []bottleneck.Change{{Service: "mysql", Operation: "SELECT", Faster: 0.2}}, &v)
	got := v.Predictions[0]
	if off := float64(got.Mean.AfterMS / w.MeanMS); off < 0.999 || off > 1.001 {
		t.Errorf("predicted a mean of %v ms, it is %v", got.Mean.AfterMS, w.MeanMS)
	}
	if got.P50.LowMS > got.P50.GainMS || got.P50.GainMS > got.P50.HighMS || got.P50.LowMS >= got.P50.HighMS {
		t.Errorf("interval %+v", got.P50)
	}
	if v.Sampled != 300 {
		t.Errorf("%d sampled", v.Sampled)
	}
}

// An operation that is hidden behind a slower one drags nothing and has slack.
func TestDragAndSlack(t *testing.T) {
	table := model.NewSymbols()
	p := bottleneck.New(table)
	sampled := fill(table, p, shop(100, 20), shop(100, 60))
	v := p.View(nil)[0]
	bottleneck.Predict(table, sampled, nil, &v)
	for _, o := range v.Operations {
		switch o.Service {
		case "mysql": // without it the request still waits for pay
			if o.DragMS == nil || *o.DragMS != 70 || o.SlackMS == nil || *o.SlackMS != 0 {
				t.Errorf("mysql: %s", text(t, o))
			}
		case "pay":
			if o.DragMS == nil || *o.DragMS != 0 {
				t.Errorf("pay: %s", text(t, o))
			}
		}
	}
	if len(v.Predictions) == 0 || v.Predictions[0].Service != "mysql" || v.Predictions[0].Faster != 0.2 {
		t.Errorf("predictions %s", text(t, v.Predictions))
	}
}

// The interval holds the truth about as often as it says, where neighbours are alike: the
// gain of each request follows a slow wave.
func TestIntervalsCover(t *testing.T) {
	table := model.NewSymbols()
	a := graph.NewAssembler(graph.Config{})
	held, rounds := 0, 60
	for round := range rounds {
		rnd := rand.New(rand.NewPCG(uint64(round), 9))
		p := bottleneck.New(table)
		var sampled []*graph.Trace
		level := 0.0
		for i := range 200 {
			level = 0.7*level + rnd.NormFloat64()
			t := a.Assemble(fragmentOf(table, i, 100+10*level)).Clone()
			p.Add(t)
			sampled = append(sampled, t)
		}
		v := p.View(nil)[0]
		bottleneck.Predict(table, sampled, []bottleneck.Change{{Service: "web", Faster: 0.5}}, &v)
		if m := v.Predictions[0].Mean; m.LowMS <= 50 && 50 <= m.HighMS { // half of a mean of 100 ms
			held++
		}
	}
	if held < rounds*80/100 {
		t.Errorf("the 95 %% interval held the truth in %d of %d cases", held, rounds)
	}
}

func fragmentOf(table *model.Symbols, i int, ms float64) *model.Fragment {
	f := &model.Fragment{}
	f.Trace[0], f.Trace[1] = byte(i>>8), byte(i+1)
	svc := table.Service("web")
	f.Spans = []model.Span{{ID: model.SpanID{1}, Start: int64(i+1) * 1e9, Duration: int64(ms * 1e6), Service: svc, Operation: table.Operation(svc, "GET"), Kind: model.KindServer}}
	return f
}
