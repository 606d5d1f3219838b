package engine

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"culprit/graph"
	"culprit/internal/incident"
	"culprit/model"
)

const (
	// precedes is how long before an onset a change may have been made to be quoted: a leak
	// or a cache takes its time, and what was done yesterday is on the list of changes.
	precedes = time.Hour
	// maxPreceding bounds what an incident quotes.
	maxPreceding = 5
	// maxKnownChanges bounds what is remembered; the oldest go.
	maxKnownChanges = 1000
)

// Changed takes in a change of the system. One that is known is ignored.
func (e *Engine) Changed(c model.Change) {
	at, known := slices.BinarySearchFunc(e.changes, c, compareChanges)
	if known {
		return
	}
	e.changes = slices.Insert(e.changes, at, c)
	e.changes = e.changes[max(0, len(e.changes)-maxKnownChanges):]
}

func compareChanges(a, b model.Change) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
}

// explained adds to incidents what was changed before them.
func (e *Engine) explained(ins []model.Incident) []model.Incident {
	for i := range ins {
		in := &ins[i]
		in.Changes = e.preceding(in)
		in.Summary += incident.Quote(in.Changes)
	}
	return ins
}

// preceding lists the changes, made in the hour before an incident began or since, of
// the services that it concerns, or of none in particular: those of the first suspect's
// service first, then the latest.
func (e *Engine) preceding(in *model.Incident) []model.Preceding {
	rank := map[string]int{"": 1}
	for _, s := range in.Affected {
		rank[s] = 2
	}
	for _, s := range in.Suspects[:min(3, len(in.Suspects))] {
		if s.Service != "" && rank[s.Service] == 0 {
			rank[s.Service] = 2
		}
	}
	if s := in.Service(); s != "" {
		rank[s] = 1
	}
	// What was done after the first revision did not cause it: that only follows.
	last := in.OpenedAt
	var out []model.Change
	for i := len(e.changes) - 1; i >= 0; i-- {
		c := e.changes[i]
		if c.At.Before(in.StartedAt.Add(-precedes)) {
			break
		}
		if c.At.Before(last) && rank[c.Service] > 0 && !e.toldOf(c) {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b model.Change) int { return cmp.Compare(rank[a.Service], rank[b.Service]) })
	var list []model.Preceding
	for _, c := range out[:min(maxPreceding, len(out))] {
		list = append(list, incident.Precede(c, in.StartedAt))
	}
	return list
}

// toldOf reports whether a version seen in spans is what a deploy has told of.
func (e *Engine) toldOf(c model.Change) bool {
	return c.Kind == model.ChangeVersion && slices.ContainsFunc(e.changes, func(o model.Change) bool {
		return o.Kind == model.ChangeDeploy && o.Service == c.Service && o.Version == c.Version && c.At.Sub(o.At).Abs() <= precedes
	})
}

// version is one version of a service and when it was last seen.
type version struct {
	Service, Version string
	Seen             int64 // end of the window, ns
}

// forgotten is after how long without a span a version counts as gone: when it comes
// again, that is a change. Shorter, and a canary that is seldom asked would come and
// go.
const forgotten = time.Hour

// versionsOf looks for versions in the sampled traces of a window and notes those that
// are new to a service that had another one.
func (e *Engine) versionsOf(traces []*graph.Trace, to int64) {
	first := map[model.Sym]int64{} // by resource
	for _, t := range traces {
		for i := range t.Spans {
			sp := &t.Spans[i]
			if at, ok := first[sp.Resource]; !ok || sp.Start < at {
				first[sp.Resource] = sp.Start
			}
		}
	}
	type seen struct {
		service, version string
		at               int64
		sym              model.Sym
	}
	var now []seen
	for r, at := range first {
		res := e.table.ResourceOf(r)
		if res.Version == 0 {
			continue
		}
		if name := e.table.Name(res.Version); name != model.OtherName {
			now = append(now, seen{e.table.Name(res.Service), name, at, res.Service})
		}
	}
	slices.SortFunc(now, func(a, b seen) int {
		return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.at, b.at), cmp.Compare(a.version, b.version))
	})
	for _, s := range now {
		had := e.versions[s.service]
		if had == nil {
			had = map[string]int64{}
			e.versions[s.service] = had
		}
		if had[s.version] == 0 && len(had) > 0 {
			c := model.Change{Kind: model.ChangeVersion, Service: s.service, Version: s.version, Previous: newest(had),
				At: time.Unix(0, s.at).UTC().Truncate(time.Millisecond)}
			c.ID = c.Identify()
			e.Changed(c)
			e.fresh = append(e.fresh, c)
			e.baseline.Epoch(s.sym)
		}
		had[s.version] = to
	}
	for _, had := range e.versions {
		last := newest(had)
		maps.DeleteFunc(had, func(v string, at int64) bool { return v != last && to-at > forgotten.Nanoseconds() })
	}
}

// newest is the version that was seen last, the first by name of several.
func newest(had map[string]int64) string {
	best := ""
	for _, v := range slices.Sorted(maps.Keys(had)) {
		if best == "" || had[v] > had[best] {
			best = v
		}
	}
	return best
}

// TakeVersions returns the versions that were new in spans since it was last called.
func (e *Engine) TakeVersions() []model.Change {
	out := e.fresh
	e.fresh = nil
	return out
}

// keptVersions lists what is known of versions, in a fixed order.
func (e *Engine) keptVersions() []version {
	var out []version
	for _, service := range slices.Sorted(maps.Keys(e.versions)) {
		for _, v := range slices.Sorted(maps.Keys(e.versions[service])) {
			out = append(out, version{service, v, e.versions[service][v]})
		}
	}
	return out
}
