package rootcause

import (
	"culprit/detector"
	"culprit/model"
)

const (
	// surge is how many times its usual requests a system must get for the requests to
	// be the cause of what is slow. Systems are built for their peaks, seldom for twice
	// of it; below, something else is likelier.
	surge = 2
)

// load makes a cause of the requests themselves, when there are far more of them than
// usual and what is wrong is what crowding does: queues, waits, slowness, refusals. It
// stands before the service that gives way first, for no service is to blame.
func (s *Scene) load(causes []Cause) (Cause, bool) {
	var before, now float64
	var lead *detector.Evidence
	var more []*detector.Evidence
	for i := range s.Evidence {
		e := &s.Evidence[i]
		if e.Key.Family != detector.Traffic {
			continue
		}
		before += e.Before
		now += e.Now
		if e.Shift.Z < notable || e.Shift.Effect <= 0 {
			continue
		}
		if lead == nil || e.Now-e.Before > lead.Now-lead.Before {
			if lead != nil {
				more = append(more, lead)
			}
			lead = e
		} else {
			more = append(more, e)
		}
	}
	if lead == nil || before == 0 || now < surge*before || s.without(loadRule) {
		return Cause{}, false
	}
	c := Cause{Kind: model.KindLoad, Lead: lead, More: more}
	if len(causes) > 0 {
		switch first := causes[0]; first.Kind {
		case model.KindSilence, model.KindStructure:
			return Cause{}, false // nobody stops calling because there is more to do
		default:
			c.Score = first.Score
			if first.Lead != nil {
				c.More = append([]*detector.Evidence{first.Lead}, more...)
			}
		}
	}
	return c, true
}
