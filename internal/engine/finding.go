package engine

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"culprit/detector"
	"culprit/detector/rootcause"
	"culprit/internal/incident"
	"culprit/internal/stats"
	"culprit/model"
)

// runnerUp is the share of the first score from which another cause may be the same
// fault under another name.
const runnerUp = 0.1

// finding writes what a window says as the tracker takes it.
func (e *Engine) finding(s *rootcause.Scene, of fault) incident.Finding {
	causes := of.causes
	suspects := rootcause.Suspects(s, causes)
	top := suspects[0]
	f := incident.Finding{
		Cause:    fingerprint(top),
		Onset:    time.Unix(0, s.Now.From).UTC(),
		Suspects: suspects[:min(len(suspects), 10)],
		Impact:   impact(e.table, s.Now, e.baseline),
	}
	for _, kind := range causes[0].Also(runnerUp) {
		also := top
		also.Kind = kind
		f.Related = append(f.Related, fingerprint(also))
	}
	for i, c := range causes {
		if c.Score < runnerUp*causes[0].Score {
			break
		}
		if p := fingerprint(suspects[i]); p != f.Cause && !of.others[c.Site.Service] {
			f.Related = append(f.Related, p)
		}
	}
	f.Severity = severity(f.Impact)
	f.Affected = affected(s, causes[0].Site.Service)
	f.Title = title(top)
	f.Summary = summary(top, f.Impact)
	return f
}

// symptom reports whether a finding only shows what an open incident does to those who
// wait for its cause: they fail or do other things, also in the window in which the
// cause comes back and is no longer first itself.
func symptom(f incident.Finding, open []model.Incident) bool {
	first := f.Suspects[0]
	if first.Kind != model.KindStructure && first.Kind != model.KindError {
		return false
	}
	for i := range open {
		in := &open[i]
		if in.Cause != f.Cause && in.Service() != first.Service && slices.Contains(in.Affected, first.Service) {
			return true
		}
	}
	return false
}

// fingerprint names a cause by what broke and how, never by when.
func fingerprint(s model.Suspect) string {
	parts := []string{s.Service, s.Kind}
	if s.Service == "" && s.Attribute != nil {
		parts = append(parts, s.Attribute.Key, s.Attribute.Value)
	}
	return strings.Join(parts, "/")
}

var titles = map[string]string{
	model.KindOwnTime:     "%s is slow",
	model.KindNetwork:     "the network of %s is slow",
	model.KindError:       "%s fails",
	model.KindStructure:   "%s behaves differently",
	model.KindSilence:     "%s does not answer",
	model.KindConcurrency: "%s no longer runs its calls at once",
	model.KindSaturation:  "%s is saturated",
	model.KindLoad:        "load is unusually high",
}

func title(s model.Suspect) string {
	what := s.Service
	if s.Operation != "" {
		what += " " + s.Operation
	}
	t := titles[s.Kind]
	if strings.Contains(t, "%s") {
		t = fmt.Sprintf(t, what)
	}
	if s.Instance != "" {
		t += " on " + s.Instance
	}
	if s.Attribute != nil {
		t += " where " + s.Attribute.Key + " is " + s.Attribute.Value
	}
	return t
}

func summary(s model.Suspect, in model.Impact) string {
	if in.Affected == 0 {
		return fmt.Sprintf("%s. None of %d requests was slow or failed beyond what is usual.", upperFirst(s.Reason), in.Requests)
	}
	return fmt.Sprintf("%s. %d of %d requests (%.0f%%) were slow or failed beyond what is usual.",
		upperFirst(s.Reason), in.Affected, in.Requests, 100*float64(in.Share))
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// severity follows what users feel, not how strange the numbers are.
func severity(in model.Impact) string {
	switch {
	case in.Share >= 0.25:
		return model.SeverityCritical
	case in.Share >= 0.05:
		return model.SeverityMajor
	}
	return model.SeverityMinor
}

// impact counts requests that were slower than their usual 95th percentile, or failed,
// beyond the share that always is or does.
func impact(t *model.Symbols, w *detector.Window, b *detector.Baseline) model.Impact {
	in := model.Impact{EntryPoints: []model.EntryImpact{}}
	names := detector.NamesOf(t)
	for site, e := range w.Summary.Entries {
		svc, op := names.Of(site)
		usual := b.EntryTimes(site)
		x := model.EntryImpact{Service: svc, Operation: op, Requests: int(e.Requests), NowMS: model.Number(stats.UnlogMS(e.Sketch.Quantile(0.5)))}
		if usual.Count() > 0 {
			x.BeforeMS = model.Number(stats.UnlogMS(usual.Quantile(0.5)))
			limit := int32(usual.Quantile(0.95) * stats.LogOne)
			slow := float64(e.Sketch.CountAbove(limit)) - 0.05*float64(e.Requests)
			x.Slow = int(max(0, math.Round(slow)))
		}
		rate := b.Mean(detector.Key{Family: detector.EntryErrors, Site: site}).Mean
		x.Failed = int(max(0, math.Round(float64(e.Errors)-rate*float64(e.Requests))))
		in.Requests += x.Requests
		in.Affected += min(x.Requests, x.Slow+x.Failed)
		in.EntryPoints = append(in.EntryPoints, x)
	}
	slices.SortFunc(in.EntryPoints, func(a, b model.EntryImpact) int {
		if c := (b.Slow + b.Failed) - (a.Slow + a.Failed); c != 0 {
			return c
		}
		return strings.Compare(a.Service+"\x00"+a.Operation, b.Service+"\x00"+b.Operation)
	})
	if in.Requests > 0 {
		in.Share = model.Number(float64(in.Affected) / float64(in.Requests))
	}
	return in
}

// affected lists the cause's service and those that usually wait for it, directly or not.
func affected(s *rootcause.Scene, cause model.Sym) []string {
	out := []string{}
	if cause == 0 {
		return out
	}
	for v := range s.Callers(map[model.Sym]bool{cause: true}) {
		if v != cause {
			out = append(out, s.Table.Name(v))
		}
	}
	out = append(out, s.Table.Name(cause))
	slices.Sort(out)
	return out
}

func quality(s *detector.Summary, healthy int) model.Quality {
	n := float64(max(s.Traces, 1))
	return model.Quality{
		Traces:     int(s.Traces),
		Incomplete: model.Number(float64(s.Incomplete) / n),
		Skewed:     model.Number(float64(s.Skewed) / n),
		Sampled:    model.Number(1000 * n / float64(max(s.Stood, 1000))),
		Baseline:   healthy,
	}
}
