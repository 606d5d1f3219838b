package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"culprit/detector"
	"culprit/detector/rootcause"
	"culprit/internal/stats"
	"culprit/model"
)

// verdicts are what a window said of each operation when it was judged. They are kept with
// it, because the question why something was not flagged comes later, when other things
// are normal.
type verdicts struct {
	limits  []float64 // |z| from which a quantity is no chance any more, by family, as one of all that were looked at; nil: nothing was judged
	highest float64   // of them, among families that were looked at
	healthy int       // windows that it was judged against
	by      map[detector.Site][]detector.Evidence
}

// mostTests is how many quantities of an operation are kept, the strangest: entry points
// with dozens of callees have hundreds.
const mostTests = 24

// verdictsOf keeps the quantities of each operation, the strangest first. alone is the log
// chance from which one window opens an incident.
func verdictsOf(j *detector.Judgement, alone float64, healthy int) verdicts {
	v := verdicts{limits: make([]float64, len(j.Kinds)), healthy: healthy, by: map[detector.Site][]detector.Evidence{}}
	for f, n := range j.Kinds {
		v.limits[f] = stats.ZOfLogTail(alone - math.Log(2*float64(j.Kinds.Among(detector.Family(f)))))
		if n > 0 {
			v.highest = max(v.highest, v.limits[f])
		}
	}
	of := map[detector.Site][]int32{}
	for i := range j.Evidence {
		site := j.Evidence[i].Key.Site
		of[site] = append(of[site], int32(i))
	}
	for site, tests := range of {
		slices.SortStableFunc(tests, func(a, b int32) int {
			return cmp.Compare(v.beyond(&j.Evidence[b]), v.beyond(&j.Evidence[a]))
		})
		kept := make([]detector.Evidence, min(len(tests), mostTests))
		for i := range kept {
			kept[i] = j.Evidence[tests[i]]
		}
		v.by[site] = kept
	}
	return v
}

// z is how far a quantity is from usual as far as chance is concerned: what one trace may
// have done is not in it.
func z(x *detector.Evidence) float64 { return math.Copysign(x.Sure, x.Shift.Z) }

// beyond is how much further than chance a quantity is, in units of z.
func (v *verdicts) beyond(x *detector.Evidence) float64 { return x.Sure - v.limits[x.Key.Family] }

// flags reports whether a quantity is too far from usual for chance.
func (v *verdicts) flags(x *detector.Evidence) bool { return v.beyond(x) >= 0 }

// furthest is how much further than chance the strangest quantity of a site is.
func (v *verdicts) furthest(s detector.Site) float64 {
	if tests := v.by[s]; len(tests) > 0 {
		return v.beyond(&tests[0])
	}
	return math.Inf(-1)
}

// judged reports whether anything was.
func (v *verdicts) judged() bool { return v.limits != nil }

// test lists the quantities of a site as they were judged and says why it was flagged, or
// why not.
func (p *past) test(v *model.OperationView, win *window, site detector.Site) {
	scene := &rootcause.Scene{Table: p.table, Now: &detector.Window{Summary: win.sum}} // sentences tell whom most calls go to
	kept := win.judged.by[site]
	for i := range kept {
		t := model.OperationTest{
			Evidence: scene.Publish(&kept[i]), Threshold: model.Number(win.judged.limits[kept[i].Key.Family]),
			Flagged: win.judged.flags(&kept[i]), Windows: max(kept[i].Windows, 1),
		}
		t.Z = model.Number(z(&kept[i]))
		v.Flagged = v.Flagged || t.Flagged
		v.Tests = append(v.Tests, t)
	}
	v.Why = p.why(v, win, site)
}

// why says in a sentence what came of the tests, or why there are none.
func (p *past) why(v *model.OperationView, win *window, site detector.Site) string {
	switch {
	case v.Now == nil:
		return "not seen in this window"
	case !win.judged.judged() && win.sum.Traces < minTraces:
		return fmt.Sprintf("not judged: the window has %d traces, %d are needed", win.sum.Traces, minTraces)
	case !win.judged.judged():
		return fmt.Sprintf("not judged: it takes %d healthy windows to know what is normal, and there were fewer then", minWindows)
	case len(v.Tests) == 0 && v.Normal == nil:
		return "new: it was never seen in a healthy window, so nothing is normal for it yet"
	case len(v.Tests) == 0:
		return fmt.Sprintf("not judged: %d calls of it in this window, and too few in the %d before that are judged with it when an operation is rare, or in the %d healthy ones",
			v.Now.Requests, detector.Merges-1, win.judged.healthy)
	}
	first := &v.Tests[0]
	together := ""
	if first.Windows > 1 {
		from := win.sum.To - int64(first.Windows)*p.cfg.Window.Nanoseconds()
		together = fmt.Sprintf(" over the %d windows from %s on (it is rare)", first.Windows, time.Unix(0, from).UTC().Format("15:04:05 UTC"))
	}
	if win.judged.by[site][0].Season {
		together += ", judged by what past weeks were at this hour,"
	}
	if v.Flagged {
		return fmt.Sprintf("flagged: %s%s; z is %.1f, %.1f is needed%s", first.Sentence, together, float64(first.Z), float64(first.Threshold), also(v.Tests[1:]))
	}
	return fmt.Sprintf("not flagged: the strangest of %d tests is %s%s, with z %.1f; %.1f is needed", len(v.Tests), first.Sentence, together, float64(first.Z), float64(first.Threshold))
}

// mostAlso is how many further quantities are told in the sentence; all stand in the tests.
const mostAlso = 2

// also names the further quantities that were flagged: the strangest one need not be the
// one that people feel.
func also(tests []model.OperationTest) string {
	var words []string
	for i := range tests {
		if t := &tests[i]; t.Flagged {
			words = append(words, fmt.Sprintf("%s; z is %.1f of %.1f", t.Sentence, float64(t.Z), float64(t.Threshold)))
		}
	}
	if len(words) == 0 {
		return ""
	}
	more := ""
	if n := len(words) - mostAlso; n > 0 {
		words, more = words[:mostAlso], fmt.Sprintf("; and %d more", n)
	}
	return ". Flagged as well: " + strings.Join(words, "; ") + more
}
