package incident

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"

	"culprit/model"
)

// maxCauses bounds how many fingerprints one incident collects. An incident that has
// been seen under more names than this has no stable cause; the last ones are kept.
const maxCauses = 16

// record is what the tracker knows about one cause. It is kept in snapshots as JSON.
type record struct {
	Phase   phase          `json:"phase"`
	Told    model.Incident `json:"told"`   // the last revision; zero while pending
	Cause   string         `json:"cause"`  // of the finding that opened it
	Causes  []string       `json:"causes"` // of all findings that joined it, oldest first
	Related []string       `json:"related"`
	Onset   time.Time      `json:"onset"`
	Since   time.Time      `json:"since"`  // end of the window that opened or reopened it
	Closed  time.Time      `json:"closed"` // end of the window that closed it
	Alarms  int            `json:"alarms"` // windows in a row that alarmed
	Calm    int            `json:"calm"`   // judged windows in a row without an active finding

	// What the next revision would say.
	Title      string          `json:"title"`
	Summary    string          `json:"summary"`
	Suspects   []model.Suspect `json:"suspects"`
	Severities []string        `json:"severities"` // of the last windows, newest last
	Affected   []string        `json:"affected"`   // whoever was affected since the onset, sorted
	Impact     model.Impact    `json:"impact"`     // totals since the onset

	// What the window at hand says; not kept between windows.
	alarm, active bool
	lead          *Finding
	explained     string // ID of the incident that explains this one
}

// closeness says how well a finding fits a record; smaller is better.
type closeness int

const (
	sameCause closeness = iota
	joinedBefore
	sameService // broken in another way: one fault shows as slow here and failing there
	relatedCause
	apart
)

func (r *record) closeness(f *Finding) closeness {
	switch {
	case r.Cause == f.Cause:
		return sameCause
	case slices.Contains(r.Causes, f.Cause):
		return joinedBefore
	case r.Phase == opened && service(f.Suspects) != "" && service(r.Suspects) == service(f.Suspects):
		return sameService
	case slices.Contains(r.Related, f.Cause), slices.Contains(f.Related, r.Cause):
		return relatedCause
	}
	return apart
}

// service is the one that stands first, "" if none does.
func service(suspects []model.Suspect) string {
	if len(suspects) == 0 {
		return ""
	}
	return suspects[0].Service
}

// see takes in a finding of the window at hand. Findings come strongest first: the
// first active one gives the words, the others only widen the affected set.
func (r *record) see(f *Finding, calm int) {
	if !f.Active && !f.Alarm {
		return
	}
	r.active = true
	r.alarm = r.alarm || f.Alarm
	r.Affected = union(r.Affected, f.Affected)
	if !f.Onset.IsZero() && r.Phase == pending && (r.Onset.IsZero() || f.Onset.Before(r.Onset)) {
		r.Onset = f.Onset
	}
	if i := slices.Index(r.Causes, f.Cause); i < 0 {
		r.Causes = append(slices.Clone(r.Causes), f.Cause)
		if len(r.Causes) > maxCauses {
			r.Causes = r.Causes[len(r.Causes)-maxCauses:]
		}
	}
	if r.lead != nil {
		return
	}
	r.lead = f
	r.Related = f.Related
	r.Title, r.Summary, r.Suspects = f.Title, f.Summary, f.Suspects
	r.Impact = addImpact(r.Impact, f.Impact)
	r.Severities = append(slices.Clone(r.Severities), f.Severity)
	if len(r.Severities) > calm {
		r.Severities = r.Severities[len(r.Severities)-calm:]
	}
}

// severity is the worst of the last windows: it rises at once and falls slowly.
func (r *record) severity() string {
	worst := model.SeverityMinor
	for _, s := range r.Severities {
		if severityRank(s) > severityRank(worst) {
			worst = s
		}
	}
	return worst
}

// changed says in words how r differs from its last revision in what users are told
// about: the first suspect, the severity, the affected services.
func (r *record) changed() string {
	var words []string
	now, then := lead(r.Suspects), lead(r.Told.Suspects)
	if now != then {
		words = append(words, fmt.Sprintf("the first suspect is now %s, was %s", now, then))
	}
	if s := r.severity(); s != r.Told.Severity {
		words = append(words, fmt.Sprintf("the severity is now %s, was %s", s, r.Told.Severity))
	}
	if more := minus(r.Affected, r.Told.Affected); len(more) > 0 {
		words = append(words, "also affected: "+strings.Join(more, ", "))
	}
	return strings.Join(words, "; ")
}

// tell makes the next revision of r, published by the window that ends at now.
func (r *record) tell(event, because string, v *Verdict) model.Incident {
	in := r.Told
	in.Revision++
	in.Event, in.Because = event, because
	now := v.To.UTC()
	in.UpdatedAt = now
	in.Title, in.Summary = r.Title, r.Summary
	in.Severity = r.severity()
	in.Suspects = orEmpty(r.Suspects)
	in.Affected = orEmpty(r.Affected)
	in.Impact = r.Impact
	in.Impact.EntryPoints = orEmpty(in.Impact.EntryPoints)
	in.Links, in.Exhibit = []model.Link{}, nil
	if v.Judged {
		in.Quality, in.Warnings, in.Provisional = v.Quality, v.Warnings, v.Provisional
	}
	in.Warnings = orEmpty(in.Warnings)
	switch event {
	case model.EventOpened:
		in.ID = identify(r.Cause, now)
		in.Cause = r.Cause
		in.StartedAt, in.OpenedAt = r.Onset.UTC(), now
		if r.Onset.IsZero() || r.Onset.After(now) {
			in.StartedAt = v.From.UTC()
		}
		in.State = model.StateOpen
	case model.EventReopened, model.EventUpdated:
		in.State, in.ResolvedAt = model.StateOpen, nil
	case model.EventResolved:
		in.State, in.ResolvedAt = model.StateResolved, &now
	case model.EventExpired:
		in.State, in.ResolvedAt = model.StateExpired, nil
	}
	r.Told = in
	return in
}

// identify derives an incident's ID from its cause and the window that opened it:
// a cause opens at most one incident in a window. 16 base32 characters, 80 bits.
func identify(cause string, at time.Time) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s", at.UnixNano(), cause))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}

// lead names the first suspect as far as a change of it is news.
func lead(suspects []model.Suspect) string {
	if len(suspects) == 0 {
		return "unknown"
	}
	return suspects[0].Where() + " (" + suspects[0].Kind + ")"
}

// addImpact adds the impact of a further window; what is not a count is the newer one's.
func addImpact(sum, w model.Impact) model.Impact {
	out := model.Impact{Requests: sum.Requests + w.Requests, Affected: sum.Affected + w.Affected}
	if out.Requests > 0 {
		out.Share = model.Number(float64(out.Affected) / float64(out.Requests))
	}
	out.EntryPoints = append([]model.EntryImpact{}, sum.EntryPoints...)
	for _, e := range w.EntryPoints {
		i := slices.IndexFunc(out.EntryPoints, func(o model.EntryImpact) bool {
			return o.Service == e.Service && o.Operation == e.Operation
		})
		if i < 0 {
			out.EntryPoints = append(out.EntryPoints, e)
			continue
		}
		o := &out.EntryPoints[i]
		e.Requests += o.Requests
		e.Slow += o.Slow
		e.Failed += o.Failed
		*o = e
	}
	slices.SortFunc(out.EntryPoints, func(a, b model.EntryImpact) int {
		return cmp.Or(cmp.Compare(b.Slow+b.Failed, a.Slow+a.Failed), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Operation, b.Operation))
	})
	if len(out.EntryPoints) > maxEntryPoints {
		out.EntryPoints = out.EntryPoints[:maxEntryPoints]
	}
	return out
}

// maxEntryPoints bounds how many entry points an incident lists, most affected first.
const maxEntryPoints = 50

func severityRank(s string) int {
	switch s {
	case model.SeverityCritical:
		return 3
	case model.SeverityMajor:
		return 2
	case model.SeverityMinor:
		return 1
	}
	return 0
}

// union merges two sorted sets into a new one.
func union(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}

// minus gives what is in a and not in b.
func minus(a, b []string) []string {
	var out []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
