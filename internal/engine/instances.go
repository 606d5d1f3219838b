package engine

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"culprit/detector"
	"culprit/detector/rootcause"
	"culprit/model"
)

const (
	// warm is how long an instance may be slow after it was first seen before anybody is told:
	// caches fill, code is compiled, connections are made.
	warm = 2 * time.Minute
	// maxInstances bounds how many instances of a service are remembered; of more, nobody
	// knows which are new.
	maxInstances = 1000
)

// instances are those of one service that were seen within the last hour.
type instances struct {
	since int64               // when the service was first seen, ns
	by    map[string]*sighted // by name
}

// sighted is when an instance was first and last seen: starts of windows, ns.
type sighted struct{ first, last int64 }

// instancesOf notes which instances sent spans in a window. Those that were not seen for an
// hour are forgotten, and services with them.
func (e *Engine) instancesOf(s *detector.Summary) {
	for _, c := range s.Contexts {
		for i := range c.Cells {
			r := e.table.ResourceOf(c.Cells[i].Resource)
			name := e.table.Name(r.Instance)
			if name == "" || name == model.OtherName {
				continue
			}
			service := e.table.Name(r.Service)
			all := e.started[service]
			if all == nil {
				all = &instances{since: s.From, by: map[string]*sighted{}}
				e.started[service] = all
			}
			x := all.by[name]
			if x == nil {
				x = &sighted{first: s.From}
				all.by[name] = x
			}
			x.last = s.From
		}
	}
	for service, all := range e.started {
		maps.DeleteFunc(all.by, func(_ string, x *sighted) bool { return s.From-x.last > forgotten.Nanoseconds() })
		if len(all.by) == 0 {
			delete(e.started, service)
		}
		if len(all.by) > maxInstances {
			all.trim()
		}
	}
}

// trim keeps the instances that were seen last, the first by name of equals.
func (all *instances) trim() {
	names := slices.SortedFunc(maps.Keys(all.by), func(a, b string) int {
		return cmp.Or(cmp.Compare(all.by[b].last, all.by[a].last), cmp.Compare(a, b))
	})
	for _, n := range names[maxInstances:] {
		delete(all.by, n)
	}
}

// cold reports whether a cause is that instances have just been started: it is about time,
// and every instance that may hold it is new to a service that was there before.
func (e *Engine) cold(c *rootcause.Cause, s *detector.Summary) bool {
	if c.Lead == nil || c.Kind != model.KindOwnTime && c.Kind != model.KindNetwork && c.Kind != model.KindSaturation {
		return false
	}
	if c.Lead.Key.Family == detector.Errors {
		return false // timeouts are told at once
	}
	all := e.started[e.table.Name(c.Site.Service)]
	if all == nil {
		return false
	}
	some := false
	for name := range e.holding(c, s) {
		x := all.by[name]
		if x == nil || x.first <= all.since || s.To-x.first > warm.Nanoseconds() {
			return false
		}
		some = true
	}
	return some
}

// holding lists the instances of a window that may hold a cause: the one that is named, those
// of the version that is, or all of the service.
func (e *Engine) holding(c *rootcause.Cause, s *detector.Summary) map[string]bool {
	if c.Level.Instance != "" && c.Level.Split != nil {
		return map[string]bool{c.Level.Instance: true}
	}
	version := ""
	if a := c.Level.Attribute; a != nil {
		if a.Key != "service.version" {
			return nil
		}
		version = a.Value
	}
	out := map[string]bool{}
	for k, x := range s.Contexts {
		if k.Site.Service != c.Site.Service {
			continue
		}
		for i := range x.Cells {
			r := e.table.ResourceOf(x.Cells[i].Resource)
			if r.Instance != 0 && (version == "" || e.table.Name(r.Version) == version) {
				out[e.table.Name(r.Instance)] = true
			}
		}
	}
	return out
}

// keptInstance is an instance in a snapshot.
type keptInstance struct {
	Service, Instance  string
	Since, First, Last int64
}

// keepInstances lists what is known of instances, in a fixed order.
func (e *Engine) keepInstances() []keptInstance {
	var out []keptInstance
	for _, service := range slices.Sorted(maps.Keys(e.started)) {
		all := e.started[service]
		for _, name := range slices.Sorted(maps.Keys(all.by)) {
			out = append(out, keptInstance{service, name, all.since, all.by[name].first, all.by[name].last})
		}
	}
	return out
}

func restoreInstances(from []keptInstance) map[string]*instances {
	out := map[string]*instances{}
	for _, k := range from {
		if out[k.Service] == nil {
			out[k.Service] = &instances{since: k.Since, by: map[string]*sighted{}}
		}
		out[k.Service].by[k.Instance] = &sighted{k.First, k.Last}
	}
	return out
}
