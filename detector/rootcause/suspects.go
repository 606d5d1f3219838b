package rootcause

import (
	"fmt"

	"culprit/detector"
	"culprit/model"
)

const (
	// mostSuspects is the most a verdict lists.
	mostSuspects = 50
	// mostEvidence is the most pieces of evidence published with a suspect.
	mostEvidence = 5
	// mostExemplars is how many traces are shown for a suspect.
	mostExemplars = 3
)

// Suspects writes causes, best first, in their published form.
func Suspects(s *Scene, causes []Cause) []model.Suspect {
	out := make([]model.Suspect, 0, min(len(causes), mostSuspects))
	lacking := s.lacking()
	for i, c := range causes[:min(len(causes), mostSuspects)] {
		sus := model.Suspect{
			Rank:       i + 1,
			Service:    s.Table.Name(c.Site.Service),
			Operation:  s.Table.Name(c.Site.Operation),
			Instance:   c.Level.Instance,
			Attribute:  c.Level.Attribute,
			Kind:       c.Kind,
			Score:      model.Number(c.Score),
			Confidence: model.Number(confidence(causes, i) * (1 - lacking/2)),
			Evidence:   []model.Evidence{},
			Exemplars:  []string{},
		}
		for n, e := range append([]*detector.Evidence{c.Lead}, c.More...) {
			if e == nil || n >= mostEvidence {
				break
			}
			sus.Evidence = append(sus.Evidence, s.Publish(e))
		}
		for _, id := range c.Level.Exemplars {
			sus.Exemplars = append(sus.Exemplars, id.String())
		}
		sus.Reason = "nothing unusual was measured here"
		if len(sus.Evidence) > 0 {
			sus.Reason = sus.Evidence[0].Sentence + c.Level.sentence()
			if n := s.shutOff[c.Site.Service]; n > 0 && c.Kind == model.KindError && c.Lead.Key.Site.Service != c.Site.Service {
				sus.Reason = fmt.Sprintf("%s does not reach %d services: %s", sus.Service, n, sus.Reason)
			} else if c.Lead.Key.Family == detector.Errors && c.Lead.Key.Site.Service != c.Site.Service {
				sus.Reason = "calls to " + sus.Service + " fail: " + sus.Reason
			}
			if i == 0 {
				sus.Reason += s.relief(&c) + doubt(lacking)
			}
		}
		out = append(out, sus)
	}
	return out
}

// confidence is the share of the score among the suspect and its best rival: 0.5 is
// a coin's throw, 0.9 nine times the score of the next. Who is suspected of another fault
// is no rival.
func confidence(causes []Cause, i int) float64 {
	mine, rival := causes[i].Score, 0.0
	for k := range causes {
		if k != i && causes[k].Fault == causes[i].Fault {
			rival = max(rival, causes[k].Score)
		}
	}
	if mine <= 0 {
		return 0
	}
	return mine / (mine + rival)
}

// lacking is the share of the judged traces that miss spans. What such a trace shows may be
// due to what it lacks, so it vouches half: if all of them miss spans, the surest cause
// has the confidence of a coin's throw.
func (s *Scene) lacking() float64 {
	sum := s.Now.Summary
	return float64(min(sum.Incomplete+sum.Cut, sum.Traces)) / float64(max(sum.Traces, 1))
}

// toldLacking is the share of traces that miss spans from which it is told: below it, it takes
// fewer than three points of a hundred from any confidence.
const toldLacking = 0.05

// doubt says why a verdict is less sure than its scores.
func doubt(lacking float64) string {
	if lacking < toldLacking {
		return ""
	}
	return fmt.Sprintf("; less sure, since %s of the traces miss spans", percent(lacking))
}

// sentence says how far the effect is held by the value that is named.
func (l Level) sentence() string {
	if l.Split == nil {
		return ""
	}
	where := "instance " + l.Instance
	if l.Attribute != nil {
		where = l.Attribute.Key + " = " + l.Attribute.Value
	}
	return fmt.Sprintf("; %s of the excess is where %s", percent(l.Split.Share), where)
}
