package incident

import (
	"math"
	"slices"

	"culprit/model"
)

// expectation is what somebody said to be meant so: a cause, and how far it may go.
type expectation struct {
	Cause     string  `json:"cause"`
	Operation string  `json:"operation"` // of the first suspect
	Effect    float64 `json:"effect"`    // of its first evidence, with its sign
}

const (
	// maxExpected bounds what is remembered; the oldest goes.
	maxExpected = 1000
	// worse is by how much an effect may be larger and still be what was expected: an
	// effect is known to some tenths from one window.
	worse = 1.5
)

func effectOf(suspects []model.Suspect) (operation string, effect float64) {
	if len(suspects) == 0 {
		return "", 0
	}
	if s := suspects[0]; len(s.Evidence) > 0 {
		return s.Operation, float64(s.Evidence[0].Effect)
	}
	return suspects[0].Operation, 0
}

// expects reports whether a finding is no more than what was said to be expected.
func (t *Tracker) expects(f *Finding) bool {
	operation, effect := effectOf(f.Suspects)
	return slices.ContainsFunc(t.expected, func(x expectation) bool {
		return x.Cause == f.Cause && x.Operation == operation && x.Effect*effect >= 0 && math.Abs(effect) <= worse*math.Abs(x.Effect)
	})
}

// Accept takes an incident to be expected, as somebody says. It ends if it is open: the
// revision to publish is returned, because of because. Findings that look like it and are no
// worse open nothing from now on.
func (t *Tracker) Accept(in model.Incident, because string) (out []model.Incident, open bool) {
	at := slices.IndexFunc(t.records, func(r *record) bool { return r.Phase == opened && r.Told.ID == in.ID })
	if at >= 0 {
		in = t.records[at].Told
	}
	x := expectation{Cause: in.Cause}
	x.Operation, x.Effect = effectOf(in.Suspects)
	if at >= 0 && len(t.records[at].Suspects) > 0 {
		x.Operation, x.Effect = effectOf(t.records[at].Suspects) // newer than what was told
	}
	t.expected = slices.DeleteFunc(t.expected, func(o expectation) bool {
		same := o.Cause == x.Cause && o.Operation == x.Operation && o.Effect*x.Effect >= 0
		if same && math.Abs(o.Effect) > math.Abs(x.Effect) {
			x.Effect = o.Effect
		}
		return same
	})
	t.expected = append(t.expected, x)
	t.expected = t.expected[max(0, len(t.expected)-maxExpected):]
	if at < 0 {
		return nil, false
	}
	r := t.records[at]
	r.Phase, r.Closed = accepted, t.last
	t.accepted = append(t.accepted, r.Causes...)
	v := Verdict{From: t.last.Add(-t.window), To: t.last}
	revision := r.tell(model.EventResolved, because, &v)
	if t.log != nil && t.log[in.ID].Revision >= revision.Revision {
		return nil, true // the log holds it already
	}
	return []model.Incident{revision}, true
}
