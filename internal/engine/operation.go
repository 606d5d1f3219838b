package engine

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"culprit/detector"
	"culprit/internal/stats"
	"culprit/model"
)

// ErrUnknown says that an operation was not seen and has no baseline.
var ErrUnknown = errors.New("no such operation")

// ErrNoTrace says that a trace is not among those that are kept.
var ErrNoTrace = errors.New("not among the sampled traces in memory")

// Operation tells what is normal for an operation, what is so in the window that holds
// at (zero: the newest), and every test with its threshold, both as they were when the
// window was judged. The plain numbers of normal are those of now. Durations of whole spans,
// callers and callees come from sampled traces, of the window and of the last healthy ones.
func (v *View) Operation(service, operation string, at time.Time) (model.OperationView, error) {
	win, err := v.windowAt(at)
	if err != nil {
		return model.OperationView{}, err
	}
	sum := win.sum
	svc, op, known := v.table.Find(service, operation)
	if !known {
		return model.OperationView{}, fmt.Errorf("%s %s: %w", service, operation, ErrUnknown)
	}
	site := detector.Site{Service: svc, Operation: op}
	out := model.OperationView{
		Service: service, Operation: operation,
		From: time.Unix(0, sum.From).UTC(), To: time.Unix(0, sum.To).UTC(),
		Tests: []model.OperationTest{}, Exemplars: []string{}, Links: []model.Link{}, Warnings: sum.Warnings(),
	}
	now, usual := newLook(site), newLook(site)
	v.lookAt(win.tracesWith(site), now)
	for _, w := range v.lastHealthy() {
		v.lookAt(w.tracesWith(site), usual)
	}
	part := win.of(site)
	out.Now = v.numbersNow(part, site, now)
	out.Normal = v.numbersNormal(site, sum.To-sum.From, usual)
	if out.Now == nil && out.Normal == nil {
		return out, fmt.Errorf("%s %s: %w", service, operation, ErrUnknown)
	}
	v.test(&out, win, site)
	out.Callers = peers(now.callers, usual.callers, now.traces, usual.traces)
	out.Callees = peers(now.callees, usual.callees, now.traces, usual.traces)
	out.Instances = v.instances(part, site)
	out.Exemplars = append(out.Exemplars, now.exemplars...)
	out.Charts = v.charts(append(ofSite(site), ofEntry(site)...))
	out.Seasons = v.seasonsOf(site)
	return out, nil
}

// Operations lists the operations of a service that are known, sorted; of all
// services, as "service operation", for an empty name.
func (v *View) Operations(service string) []string {
	var out []string
	for _, s := range v.baseline.Sites() {
		svc, op := v.table.Name(s.Service), v.table.Name(s.Operation)
		switch {
		case service == "":
			out = append(out, svc+" "+op)
		case svc == service:
			out = append(out, op)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// windowAt is the retained window that holds at, or the newest for zero.
func (p *past) windowAt(at time.Time) (*window, error) {
	if len(p.retained) == 0 {
		return nil, fmt.Errorf("no window has been judged yet: %w", ErrNotRetained)
	}
	if at.IsZero() {
		return p.retained[len(p.retained)-1], nil
	}
	for _, s := range p.retained {
		if t := at.UnixNano(); t >= s.sum.From && t < s.sum.To {
			return s, nil
		}
	}
	return nil, fmt.Errorf("%s: have %s to %s: %w", at.Format(time.RFC3339), stamp(p.retained[0].sum.From), stamp(p.retained[len(p.retained)-1].sum.To), ErrNotRetained)
}

func (p *past) numbersNow(sum *detector.Summary, site detector.Site, l *look) *model.OperationNumbers {
	n := &model.OperationNumbers{Windows: 1}
	var own stats.Sketch
	var spans int64
	for k, c := range sum.Contexts {
		if k.Site == site {
			n.Requests += c.Tried // each call once: a call that only its caller recorded has two contexts
			n.Errors += c.Errors
			spans += c.Spans
			own.Merge(&c.Sketch)
		}
	}
	if n.Requests == 0 {
		n.Requests = spans // calls whose outcome is the callee's business
	}
	if n.Requests == 0 {
		return nil
	}
	n.PerSecond = model.Number(float64(n.Requests) / (float64(sum.To-sum.From) / 1e9))
	n.ErrorRate = model.Number(float64(n.Errors) / float64(n.Requests))
	n.OwnP50MS, n.OwnP95MS = percentiles(&own)
	n.P50MS, n.P95MS = percentiles(&l.durations)
	return n
}

func (p *past) numbersNormal(site detector.Site, window int64, l *look) *model.OperationNumbers {
	own := p.baseline.OwnTimes(site)
	rate := p.baseline.Mean(detector.Key{Family: detector.Errors, Site: site})
	if rate.N == 0 && own.Count() == 0 {
		return nil
	}
	n := &model.OperationNumbers{Windows: p.baseline.Windows(), Requests: int64(math.Round(rate.N)), ErrorRate: model.Number(rate.Mean)}
	n.Errors = int64(math.Round(rate.N * rate.Mean))
	n.PerSecond = model.Number(rate.N / (float64(n.Windows) * float64(window) / 1e9))
	n.OwnP50MS, n.OwnP95MS = percentiles(own)
	n.P50MS, n.P95MS = percentiles(&l.durations)
	return n
}

func percentiles(s *stats.Sketch) (p50, p95 model.Number) {
	if s.Count() == 0 {
		return 0, 0
	}
	return model.Number(stats.UnlogMS(s.Quantile(0.5))), model.Number(stats.UnlogMS(s.Quantile(0.95)))
}

// instances compares the emitters of a site with each other.
func (p *past) instances(sum *detector.Summary, site detector.Site) []model.OperationInstance {
	by := map[string]*stats.Moments{}
	out := []model.OperationInstance{}
	counts := map[string]*model.OperationInstance{}
	for k, c := range sum.Contexts {
		if k.Site != site {
			continue
		}
		for i := range c.Cells {
			cell := &c.Cells[i]
			name := p.table.Name(p.table.ResourceOf(cell.Resource).Instance)
			if name == "" {
				continue
			}
			if by[name] == nil {
				by[name], counts[name] = &stats.Moments{}, &model.OperationInstance{Instance: name}
			}
			by[name].Merge(cell.Own)
			counts[name].Requests += cell.Spans
			counts[name].Errors += cell.Starts
		}
	}
	usual := p.baseline.OwnTimes(site)
	for name, m := range by {
		in := counts[name]
		in.NowMS = model.Number(stats.UnlogMS(m.Mean()))
		if usual.Count() > 0 {
			in.NormalMS, _ = percentiles(usual)
		}
		var rest stats.Moments
		for other, o := range by {
			if other != name {
				rest.Merge(*o)
			}
		}
		if rest.Groups >= 2 && m.Groups >= 2 {
			pooled := (m.Var()*float64(m.N-1) + rest.Var()*float64(rest.N-1)) / float64(max(m.N+rest.N-2, 1))
			se := math.Sqrt(max(pooled, 1e-4) * (1/float64(m.Groups) + 1/float64(rest.Groups)))
			z := (m.Mean() - rest.Mean()) / se
			in.Z = model.Number(math.Max(-stats.MaxZ, math.Min(stats.MaxZ, z)))
			in.Deviating = math.Abs(z) > deviating
		}
		out = append(out, *in)
	}
	slices.SortFunc(out, func(a, b model.OperationInstance) int { return strings.Compare(a.Instance, b.Instance) })
	return out
}

// deviating is the |z| from which an instance differs from its siblings.
const deviating = 4
