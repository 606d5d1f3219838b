package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"culprit/detector"
	"culprit/detector/rootcause"
	"culprit/graph"
	"culprit/graph/workflow"
	"culprit/internal/stats"
	"culprit/model"
)

// Choice says which requests of an operation are set apart from the rest. Several
// conditions must all hold; without any, those slower than nine in ten are chosen.
type Choice struct {
	SlowerThan time.Duration // 0: no condition
	Slowest    float64       // share of the slowest: 0.05 is beyond the 95th percentile; 0: no condition
	Failing    bool
	From, To   time.Time // begun in [From, To); zero times are no limit
}

const (
	// slowestUsually is the share that is chosen where nothing is asked for: enough
	// requests to compare, and few enough to be odd.
	slowestUsually = 0.1
	// mostAttributes is the most values that are told.
	mostAttributes = 50
	// fewSelected is the fewest requests on either side for which a value can be told from
	// chance: with four chosen of any number, few values reach a q of 1 %.
	fewSelected = 5
	// mostSame is the most further values that are listed with one.
	mostSame = 5
)

// Where an attribute was found.
const (
	itself = iota
	above
	below
)

var whereWords = [...]string{"itself", "above", "below"}

// dimension is a value at a service, above or below the operation. Key 0 is the name of an
// operation below.
type dimension struct {
	where   int
	service model.Sym
	attr    model.Attr
}

// tally counts the requests that have a dimension.
type tally struct {
	selected, rest int
	set            uint64 // tells sets of requests apart: the sum of their traces' hashes
}

// request is one trace, as far as the operation is concerned.
type request struct {
	duration int64
	start    int64
	failed   bool
	hash     uint64
	dims     []dimension
}

// Correlate ranks the attributes of an operation's spans, of their callers and of what they
// waited for by how well they tell the chosen requests from the rest. A request is a trace
// in which the operation occurs; of several spans of it the slowest counts. Of a service that
// sends no spans, such as a database, the spans are those of the clients that ask it. fdr is
// the share of the values told that may be chance, on average; 0 means 0.01.
//
// Whatever a span waited for has happened before it ended, so attributes of both directions
// are conditions under which it was slow or failed. Status codes and names of callees are
// outcomes and are left out.
func Correlate(table *model.Symbols, traces []*graph.Trace, site detector.Site, ch Choice, fdr float64) model.Correlation {
	if fdr <= 0 {
		fdr = usualFDR
	}
	service, operation := detector.NamesOf(table).Of(site)
	out := model.Correlation{Service: service, Operation: operation, Attributes: []model.CorrelatedAttribute{}, Warnings: []model.Warning{}}
	all := requests(table, traces, site)
	chosen, words := ch.of(all)
	out.Chosen = words
	tallies := map[dimension]*tally{}
	for i := range all {
		for _, d := range all[i].dims {
			t := tallies[d]
			if t == nil {
				t = &tally{}
				tallies[d] = t
			}
			t.set += all[i].hash
			if chosen[i] {
				t.selected++
			} else {
				t.rest++
			}
		}
		if chosen[i] {
			out.Selected++
		} else {
			out.Rest++
		}
	}
	if min(out.Selected, out.Rest) < fewSelected {
		out.Warnings = append(out.Warnings, model.Warning{Kind: "few-requests", Count: 1, Message: fmt.Sprintf(
			"need %d requests on each side to tell a value from chance, have %d chosen and %d others", fewSelected, out.Selected, out.Rest)})
	}
	c := correlation{table: table, names: rootcause.NewDimensions(table), tallies: tallies, selected: out.Selected, rest: out.Rest}
	out.Tried = len(tallies)
	out.Attributes = append(out.Attributes, c.rank(fdr)...)
	return out
}

// requests lists the traces in which the operation occurs, by the hash of their ID.
func requests(table *model.Symbols, traces []*graph.Trace, site detector.Site) []request {
	dims := rootcause.NewDimensions(table)
	stages := workflow.NewStages(table)
	var all []request
	var seen map[dimension]bool
	for _, t := range traces {
		stages.Read(t)
		at := -1
		failed := false
		for i := range t.Spans {
			s := &t.Spans[i]
			if stages.Site(i) != site && (!t.Nodes[i].Opaque || stages.Below(i) != site) {
				continue
			}
			failed = failed || s.Status == model.StatusError
			if at < 0 || s.Duration > t.Spans[at].Duration {
				at = i
			}
		}
		if at < 0 {
			continue
		}
		r := request{duration: t.Spans[at].Duration, start: t.Start, failed: failed, hash: t.ID.Hash()}
		seen = map[dimension]bool{}
		take := func(where, span int) {
			if where == below { // that it was called at all
				d := dimension{below, t.Spans[span].Service, model.Attr{Value: t.Spans[span].Operation}}
				if !seen[d] {
					seen[d] = true
					r.dims = append(r.dims, d)
				}
			}
			dims.Each(t, span, func(key, value model.Sym) {
				d := dimension{where, t.Spans[span].Service, model.Attr{Key: key, Value: value}}
				if !seen[d] {
					seen[d] = true
					r.dims = append(r.dims, d)
				}
			})
		}
		take(itself, at)
		for up := t.Nodes[at].Parent; up >= 0; up = t.Nodes[up].Parent {
			take(above, int(up))
		}
		within := map[int]bool{at: true} // what it waited for
		for i := at + 1; i < len(t.Spans); i++ {
			if n := &t.Nodes[i]; n.Parent >= 0 && within[int(n.Parent)] && !n.Async {
				within[i] = true
				take(below, i)
			}
		}
		all = append(all, r)
	}
	return all
}

// of says which requests are chosen, and in words which ones these are.
func (c Choice) of(all []request) (chosen []bool, words string) {
	chosen = make([]bool, len(all))
	var said []string
	if c == (Choice{}) {
		c.Slowest = slowestUsually
	}
	limit := int64(c.SlowerThan) - 1
	if c.SlowerThan > 0 {
		limit = int64(c.SlowerThan)
		said = append(said, fmt.Sprintf("slower than %s", c.SlowerThan))
	}
	if c.Slowest > 0 && len(all) > 0 {
		times := make([]int64, len(all))
		for i := range all {
			times[i] = all[i].duration
		}
		slices.Sort(times)
		at := times[max(0, int(math.Ceil(float64(len(times))*(1-c.Slowest)))-1)]
		limit = max(limit, at)
		said = append(said, fmt.Sprintf("slower than %s (the slowest %.3g %%)", time.Duration(at).Round(10*time.Microsecond), 100*c.Slowest))
	}
	if c.Failing {
		said = append(said, "failing")
	}
	if !c.From.IsZero() || !c.To.IsZero() {
		said = append(said, "begun "+between(c.From, c.To))
	}
	for i := range all {
		r := &all[i]
		chosen[i] = (c.SlowerThan <= 0 && c.Slowest <= 0 || r.duration > limit) && (!c.Failing || r.failed) &&
			(c.From.IsZero() || r.start >= c.From.UnixNano()) && (c.To.IsZero() || r.start < c.To.UnixNano())
	}
	return chosen, strings.Join(said, ", ")
}

func between(from, to time.Time) string {
	switch {
	case to.IsZero():
		return "at or after " + from.UTC().Format(time.RFC3339)
	case from.IsZero():
		return "before " + to.UTC().Format(time.RFC3339)
	}
	return "from " + from.UTC().Format(time.RFC3339) + " to " + to.UTC().Format(time.RFC3339)
}

// correlation is the comparison of all values.
type correlation struct {
	table          *model.Symbols
	names          *rootcause.Dimensions
	tallies        map[dimension]*tally
	selected, rest int
}

// candidate is a value with what was found out about it.
type candidate struct {
	dimension
	*tally
	phi float64
}

// rank tests each value and tells those that are more frequent among the chosen, the best
// tellers first. Values that the same requests have are told together.
func (c *correlation) rank(fdr float64) []model.CorrelatedAttribute {
	all := make([]candidate, 0, len(c.tallies))
	for d, t := range c.tallies {
		all = append(all, candidate{d, t, c.phi(t)})
	}
	slices.SortFunc(all, c.compare)
	p := make([]float64, len(all))
	for i, k := range all {
		p[i], _ = stats.FisherExact(k.selected, c.selected-k.selected, k.rest, c.rest-k.rest)
	}
	q := stats.BenjaminiHochberg(p)
	type set struct {
		hash           uint64
		selected, rest int
	}
	at := map[set]int{}
	var out []model.CorrelatedAttribute
	for i, k := range all {
		if q[i] > fdr || k.phi <= 0 {
			continue
		}
		key := set{k.set, k.selected, k.rest}
		if first, told := at[key]; told {
			if same := &out[first].Same; len(*same) < mostSame {
				*same = append(*same, model.Attribute{Key: c.key(k.attr.Key), Value: c.table.Name(k.attr.Value)})
			}
			continue
		}
		if len(out) == mostAttributes {
			continue
		}
		at[key] = len(out)
		out = append(out, model.CorrelatedAttribute{
			Rank: len(out) + 1, Where: whereWords[k.where], Service: c.table.Name(k.service),
			Key: c.key(k.attr.Key), Value: c.table.Name(k.attr.Value),
			Selected: k.selected, Rest: k.rest,
			SelectedShare: model.Number(share(int64(k.selected), int64(c.selected))), RestShare: model.Number(share(int64(k.rest), int64(c.rest))),
			Lift: model.Number(c.lift(k.tally)), Phi: model.Number(k.phi), Q: model.Number(q[i]), Same: []model.Attribute{},
		})
	}
	return out
}

// key names a dimension.
func (c *correlation) key(key model.Sym) string {
	if key == 0 {
		return "operation"
	}
	return c.names.KeyName(key)
}

// phi is the correlation coefficient of having the value and being chosen: 0 if nothing or
// everything has it.
func (c *correlation) phi(t *tally) float64 {
	a, b := float64(t.selected), float64(t.rest)
	p, r := float64(c.selected)-a, float64(c.rest)-b
	below := (a + b) * (p + r) * (a + p) * (b + r)
	if below == 0 {
		return 0
	}
	return (a*r - b*p) / math.Sqrt(below)
}

// lift is how many times as often requests with the value are chosen as those without it;
// +Inf if none of those is.
func (c *correlation) lift(t *tally) float64 {
	with := share(int64(t.selected), int64(t.selected+t.rest))
	without := share(int64(c.selected-t.selected), int64(c.selected-t.selected+c.rest-t.rest))
	if without == 0 {
		return math.Inf(1)
	}
	return with / without
}

// compare puts the best teller first; of equals the one nearest to the operation, then by
// name.
func (c *correlation) compare(a, b candidate) int {
	name := c.table.Name
	return cmp.Or(cmp.Compare(b.phi, a.phi), cmp.Compare(a.where, b.where), strings.Compare(name(a.service), name(b.service)),
		compareBools(b.attr.Key == 0, a.attr.Key == 0), // that it was called, before what the call was like
		strings.Compare(c.key(a.attr.Key), c.key(b.attr.Key)), strings.Compare(name(a.attr.Value), name(b.attr.Value)))
}
