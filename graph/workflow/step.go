package workflow

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"culprit/graph"
	"culprit/internal/stats"
	"culprit/model"
)

const (
	// maxDepth is how deep stages are told apart. VM creation is ten deep; what is
	// deeper than this is recursion, and counted with the stage it happens in.
	maxDepth = 64
	// maxSteps bounds what hostile names can cost: a step takes 1 to 6 KB. The longest
	// workflow that we know of (VM creation with its database calls) has some 300.
	maxSteps = 2048
	// maxVias is how many names a caller's side of one stage may have.
	maxVias = 4
)

// hop is how work comes to a stage.
type hop uint8

const (
	entry   hop = iota // it is the operation itself
	local              // inside the service
	call               // from another process
	opaque             // a call to a service that sends no spans
	message            // through a queue, or asked for without waiting
	loose              // where it came from was not traced
	nHops
)

// step is a stage by its way from the entry. Sums are exact, so that merging is.
type step struct {
	site       graph.Site
	parent     *step
	depth      int
	hash, rank uint64 // of the way; rank is the largest hash on it
	kids       map[graph.Site]*step
	pairs      map[pair]*order

	calls   Calls // stages below, of parents that miss nothing
	parents int64 // such parents
	known   int64 // runs in which it is known which stages it had
	under   int64 // runs that have it, of those in which that is known of its parent
	ghosts  int64 // runs that must have had it: its own span is not there, stages below it are

	runs        int64 // that have it
	total       int64
	perRun      stats.Moments // log number a run
	least, most int64         // in a run that has it
	hops        [nHops]int64
	errors      int64 // failed
	starts      int64 // of those, with nothing failing below
	failedRuns  int64 // runs in which it failed by itself
	stuckRuns   int64 // of those, in which its end was never seen
	silent      int64 // asked for by a client or producer span, and nothing came of it
	via         map[graph.Site]int64
	took        stats.Sketch  // as the caller sees it
	self        stats.Moments // log time in the stage itself, of a run
	selfNS      int64
	critical    int64                // ns of the entry's time that it alone is responsible for
	gaps        map[graph.Site]int64 // of that, ns before the stage below; zero: after the last
	offset      int64                // ns from the parent's beginning to its own, first of a parent
	offsets     int64                // how many were added

	// of the run being added
	run                  int64
	count, selfInRun     int64
	failed, spoke, stuck bool
	torn                 bool
	wholeRun, impliedRun int64 // the last run in which it missed nothing, and in which it must have been

	// of the parent being looked at
	sweep int64
	slot  int
}

func newStep(table *model.Symbols, parent *step, site graph.Site) *step {
	s := &step{site: site, parent: parent, kids: map[graph.Site]*step{}, calls: Calls{}}
	h := model.HashString(table.Name(site.Service) + "\x00" + table.Name(site.Operation))
	s.hash = h
	if parent != nil {
		s.depth = parent.depth + 1
		s.hash = mix(parent.hash*golden + h)
		s.rank = max(parent.rank, s.hash)
	}
	return s
}

// golden is 2^64 over the golden ratio: it tells a step below itself from no step.
const golden = 0x9e3779b97f4a7c15

// mix is the 64-bit finalizer of MurmurHash3 (Appleby, public domain).
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// child is the step of a stage below s; nil if that is too deep.
func (m *Model) child(s *step, site graph.Site) *step {
	k := s.kids[site]
	if k == nil {
		if s.depth >= maxDepth {
			return nil
		}
		k = newStep(m.table, s, site)
		s.kids[site] = k
		m.steps++
	}
	return k
}

// merge adds the counts of o, whose sites num renumbers.
func (s *step) merge(o *step, num func(graph.Site) graph.Site) {
	for site, c := range o.calls {
		have := s.calls[num(site)]
		if have == nil {
			have = &Call{}
			s.calls[num(site)] = have
		}
		have.Merge(c)
	}
	s.parents += o.parents
	s.known += o.known
	s.under += o.under
	s.ghosts += o.ghosts
	if s.runs == 0 || o.runs > 0 && o.least < s.least {
		s.least = o.least
	}
	s.most = max(s.most, o.most)
	s.runs += o.runs
	s.total += o.total
	s.perRun.Merge(o.perRun)
	for i := range s.hops {
		s.hops[i] += o.hops[i]
	}
	s.errors += o.errors
	s.starts += o.starts
	s.failedRuns += o.failedRuns
	s.stuckRuns += o.stuckRuns
	s.silent += o.silent
	for site, n := range o.via {
		s.addVia(num(site), n)
	}
	s.took.Merge(&o.took)
	s.self.Merge(o.self)
	s.selfNS += o.selfNS
	s.critical += o.critical
	for site, ns := range o.gaps {
		s.addGap(num(site), ns)
	}
	s.offset += o.offset
	s.offsets += o.offsets
}

func (s *step) addVia(site graph.Site, n int64) {
	if s.via == nil {
		s.via = map[graph.Site]int64{}
	}
	s.via[site] += n
}

func (s *step) addGap(before graph.Site, ns int64) {
	if s.gaps == nil {
		s.gaps = map[graph.Site]int64{}
	}
	s.gaps[before] += ns
}

// fitVias keeps the names of the caller's side that are smallest by (hash, name).
func (m *Model) fitVias(s *step) {
	if len(s.via) <= maxVias {
		return
	}
	all := slices.SortedFunc(maps.Keys(s.via), m.byHash)
	for _, site := range all[maxVias:] {
		delete(s.via, site)
	}
}

// byHash orders sites by the hash of their names.
func (m *Model) byHash(a, b graph.Site) int {
	x, y := m.name(a), m.name(b)
	return cmp.Or(cmp.Compare(model.HashString(x), model.HashString(y)), strings.Compare(x, y))
}

// byName orders sites by service, then operation.
func (m *Model) byName(a, b graph.Site) int { return strings.Compare(m.name(a), m.name(b)) }

func (m *Model) name(s graph.Site) string {
	return m.table.Name(s.Service) + "\x00" + m.table.Name(s.Operation)
}

// walk calls fn with every step, parents before children, in the order of names.
func (m *Model) walk(fn func(*step)) {
	queue := []*step{m.root}
	for len(queue) > 0 {
		s := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		fn(s)
		for _, site := range slices.SortedFunc(maps.Keys(s.kids), func(a, b graph.Site) int { return m.byName(b, a) }) {
			queue = append(queue, s.kids[site])
		}
	}
}

// prune keeps the steps that are smallest by (rank, depth, hash). The rank of a step is
// never below its parent's, so what is kept hangs together; and a step that is kept in
// the end was never dropped on the way, so its counts are whole.
func (m *Model) prune() {
	if m.steps <= maxSteps {
		return
	}
	m.pruned = true
	var all []*step
	m.walk(func(s *step) { all = append(all, s) })
	slices.SortStableFunc(all, func(a, b *step) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.depth, b.depth), cmp.Compare(a.hash, b.hash))
	})
	for _, s := range all[maxSteps:] {
		delete(s.parent.kids, s.site)
		delete(s.parent.gaps, s.site)
		delete(s.parent.calls, s.site)
	}
	for _, s := range all[:maxSteps] {
		for p := range s.pairs {
			if s.kids[p.a] == nil || s.kids[p.b] == nil {
				delete(s.pairs, p)
			}
		}
	}
	m.steps = maxSteps
	m.variants = nil
}
