package generate

import (
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/datasets"
	"culprit/graph"
	"culprit/internal/format/spans"
	"culprit/model"
)

// seen is one span as whoever reads the recording sees it.
type seen struct {
	service, operation, instance, host, version string
	callee                                      string // of client and producer spans
	tenant                                      string // of its trace
	flag                                        bool   // one of its own is on
	role                                        graph.Role
	root, hasGap, errs                          bool
	kids                                        map[string]int // callees of a server span and of spans within it
	own, dur, gap                               float64        // ms
	busy, covered                               float64
	at                                          time.Time
}

// recording is what a test looks at: the spans before the fault and during it, without
// the last ten seconds of each, in which traces are cut.
type recording struct {
	labels         datasets.Labels
	before, during []seen
}

// fragments generates a scenario and joins the spans of each trace, in the order in
// which the traces began to arrive.
func fragments(t testing.TB, sc Scenario) ([]*model.Fragment, *model.Symbols, datasets.Labels) {
	t.Helper()
	sy := model.NewSymbols()
	conv := spans.New(sy, spans.DefaultConfig())
	byID := map[model.TraceID]*model.Fragment{}
	var order []*model.Fragment
	labels, err := Generate(sc, func(td ptrace.Traces) error {
		conv.Convert(td, func(f *model.Fragment) {
			to := byID[f.Trace]
			if to == nil {
				to = &model.Fragment{Trace: f.Trace}
				byID[f.Trace] = to
				order = append(order, to)
			}
			to.Append(f)
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return order, sy, labels
}

func observe(t testing.TB, sc Scenario) recording {
	t.Helper()
	frags, sy, labels := fragments(t, sc)
	r := recording{labels: labels}
	from, to := sc.Start.Add(sc.Faults[0].From), sc.Start.Add(sc.Faults[0].To)
	const cut = 10 * time.Second
	a := graph.NewAssembler(graph.Config{})
	for _, f := range frags {
		tr := a.Assemble(f)
		at := time.Unix(0, tr.Start)
		var list *[]seen
		switch {
		case at.Before(from.Add(-cut)):
			list = &r.before
		case !at.Before(from.Add(cut)) && at.Before(to.Add(-cut)):
			list = &r.during
		default:
			continue
		}
		tenant, _ := attr(sy, tr, tr.Main, "tenant.id")
		first := len(*list)
		for i := range tr.Spans {
			*list = append(*list, look(sy, tr, i, tenant))
		}
		countKids(tr, (*list)[first:])
	}
	return r
}

func look(sy *model.Symbols, tr *graph.Trace, i int, tenant string) seen {
	s, n := &tr.Spans[i], &tr.Nodes[i]
	res := sy.ResourceOf(s.Resource)
	const ms = 1e6
	v := seen{
		service: sy.Name(s.Service), operation: sy.Name(s.Operation), callee: sy.Name(n.Callee), tenant: tenant,
		instance: sy.Name(res.Instance), host: sy.Name(res.Host), version: sy.Name(res.Version),
		role: n.Role, root: i == tr.Main, hasGap: n.HasGap, errs: s.Status == model.StatusError,
		own: float64(n.Own) / ms, dur: float64(s.Duration) / ms, gap: float64(n.Gap) / ms,
		busy: float64(n.Busy), covered: float64(n.Covered),
		at: time.Unix(0, s.Start),
	}
	for _, f := range flagNames {
		if side, _ := attr(sy, tr, i, "feature_flag."+f); side == "on" {
			v.flag = true
		}
	}
	return v
}

// countKids counts for every span what it asks for, itself or through spans of its own
// service below it.
func countKids(tr *graph.Trace, list []seen) {
	for i := range list {
		to := list[i].callee
		if to == "" && tr.Nodes[i].Parent >= 0 && list[tr.Nodes[i].Parent].service != list[i].service &&
			list[tr.Nodes[i].Parent].callee == "" { // callers without client spans
			to = list[i].service
		}
		if to == "" && tr.Nodes[i].NKids == 0 && list[i].role == graph.Internal && !strings.HasPrefix(list[i].operation, "build") { // a query of a service whose spans are all INTERNAL
			to = list[i].operation
		}
		if to == "" {
			continue
		}
		for up := tr.Nodes[i].Parent; up >= 0; up = tr.Nodes[up].Parent {
			if list[up].kids == nil {
				list[up].kids = map[string]int{}
			}
			list[up].kids[to]++
			if up == tr.Nodes[up].Parent || list[up].role == graph.Server || list[up].role == graph.Consumer {
				break
			}
		}
	}
}

func attr(sy *model.Symbols, tr *graph.Trace, i int, key string) (string, bool) {
	for _, a := range tr.AttrsOf(i) {
		if sy.Name(a.Key) == key {
			return sy.Name(a.Value), true
		}
	}
	return "", false
}

// mean is the mean of a figure over the spans that fit; it fails the test if those are
// too few to say anything.
func mean(t *testing.T, list []seen, fit func(*seen) bool, figure func(*seen) float64) float64 {
	t.Helper()
	var sum float64
	n := 0
	for i := range list {
		if fit(&list[i]) {
			sum += figure(&list[i])
			n++
		}
	}
	if n < 20 {
		t.Fatalf("%d spans are too few to say anything", n)
	}
	return sum / float64(n)
}

func count(list []seen, fit func(*seen) bool) (n int) {
	for i := range list {
		if fit(&list[i]) {
			n++
		}
	}
	return n
}
