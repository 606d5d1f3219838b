package notify

import (
	"cmp"
	"slices"
	"sync"

	"culprit/model"
)

// board remembers of the incidents in the log what several revisions tell together: how it
// began, the worst severity so far, all services that were blamed. It is safe for
// concurrent use.
type board struct {
	mu   sync.Mutex
	last uint64 // newest sequence seen
	all  map[string]*course
	age  []string // IDs, the one that was seen first in front
}

// course is how an incident went.
type course struct {
	newest model.Incident // zero once it is closed: nobody asks for it then
	steps  []step         // by revision; the first and the newest ones
}

// step is what routes and labels need of a revision.
type step struct {
	revision                 int
	service, operation, kind string
	severity                 string
}

const (
	// maxCourses bounds the incidents that are remembered: those seen last, and all open
	// ones. A receiver that is further behind is told by single revisions.
	maxCourses = 10_000
	// maxSteps bounds the revisions of an incident that are remembered.
	maxSteps = 64
)

func newBoard() *board { return &board{all: map[string]*course{}} }

// saw takes in a revision. Seeing it again changes nothing.
func (b *board) saw(seq uint64, in model.Incident) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = max(b.last, seq)
	c := b.all[in.ID]
	if c == nil {
		c = &course{}
		b.all[in.ID] = c
		b.age = append(b.age, in.ID)
	}
	at, known := slices.BinarySearchFunc(c.steps, in.Revision, func(s step, r int) int { return cmp.Compare(s.revision, r) })
	if known {
		return
	}
	s := step{revision: in.Revision, service: in.Service(), severity: in.Severity}
	if len(in.Suspects) > 0 {
		s.operation, s.kind = in.Suspects[0].Operation, in.Suspects[0].Kind
	}
	c.steps = slices.Insert(c.steps, at, s)
	if len(c.steps) > maxSteps {
		c.steps = slices.Delete(c.steps, 1, 2)
	}
	if at == len(c.steps)-1 {
		c.newest = model.Incident{}
		if in.State == model.StateOpen {
			c.newest = in
		}
	}
	for i := 0; len(b.all) > maxCourses && i < len(b.age); {
		if id := b.age[i]; b.all[id].newest.ID == "" {
			delete(b.all, id)
			b.age = slices.Delete(b.age, i, i+1)
			continue
		}
		i++
	}
}

// open lists the newest revisions of the open incidents, by ID.
func (b *board) open() []model.Incident {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []model.Incident
	for _, c := range b.all {
		if c.newest.ID != "" {
			out = append(out, c.newest)
		}
	}
	slices.SortFunc(out, func(a, b model.Incident) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

func (b *board) sequence() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last
}

// standing is what an incident has come to by a revision.
type standing struct {
	first    step
	services []string // blamed so far
	severity string   // the worst so far
	before   string   // the worst until the revision before, "" at the first
}

// by is what the incident has come to by the revision, which the board has seen.
func (b *board) by(in *model.Incident) standing {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.all[in.ID]
	var s standing
	for i, st := range c.steps {
		if st.revision > in.Revision {
			break
		}
		if i == 0 {
			s.first = st
		}
		s.before = s.severity
		if s.severity == "" || worse(st.severity, s.severity) {
			s.severity = st.severity
		}
		if st.service != "" && !slices.Contains(s.services, st.service) {
			s.services = append(s.services, st.service)
		}
	}
	return s
}

// worse compares severities; one that nobody knows is the least.
func worse(a, b string) bool {
	ra, rb := slices.Index(severities, a), slices.Index(severities, b)
	if ra < 0 || rb < 0 {
		return ra >= 0
	}
	return ra < rb // the worst stands first
}
