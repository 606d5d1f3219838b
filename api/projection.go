package api

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"culprit/model"
)

// ProjectionConfig bounds a [Projection]. Fields left zero take the value of
// [DefaultProjectionConfig].
type ProjectionConfig struct {
	// MaxClosed is how many closed incidents are kept: those opened last.
	MaxClosed int `yaml:"max_closed"`
	// MaxRevisions is how many revisions of an incident are kept: the first and the
	// newest ones. At least 2.
	MaxRevisions int `yaml:"max_revisions"`
	// MaxBytes bounds what all incidents take (compressed). Beyond it closed ones go,
	// oldest first, then revisions between the first and the newest of open ones.
	MaxBytes int64 `yaml:"max_bytes"`
	// MaxEvents is how many events a client of the event stream may lag behind, or have
	// missed when it reconnects.
	MaxEvents int `yaml:"max_events"`
}

// DefaultProjectionConfig is what a ProjectionConfig means that says nothing.
func DefaultProjectionConfig() ProjectionConfig {
	return ProjectionConfig{MaxClosed: 10_000, MaxRevisions: 64, MaxBytes: 64 << 20, MaxEvents: 1024}
}

// Projection is the incident log as a list: the newest revision of every incident,
// the ones before it, and the newest events. It is safe for concurrent use.
type Projection struct {
	cfg   ProjectionConfig
	birth string // tells the versions of one process from those of another

	mu      sync.RWMutex
	byID    map[string]*entry
	order   []*entry // by opened, then ID
	closed  int
	bytes   int64
	seq     uint64 // newest sequence seen
	version uint64 // counts changes
	feed    feed
	notes   notebook
}

// entry is one incident.
type entry struct {
	id      string
	opened  time.Time      // of the first revision that came: its place in the list never changes
	revs    []*record      // oldest first, never empty
	omitted int            // revisions left out behind the first
	cause   model.Incident // what mutes are held against: the first suspect only
	said    []model.Note   // oldest first; never changed, only replaced
}

func (e *entry) newest() *record { return e.revs[len(e.revs)-1] }

// NewProjection returns an empty projection.
func NewProjection(cfg ProjectionConfig) (*Projection, error) {
	d := DefaultProjectionConfig()
	err := cmp.Or(
		orDefault("max_closed", &cfg.MaxClosed, d.MaxClosed),
		orDefault("max_revisions", &cfg.MaxRevisions, d.MaxRevisions),
		orDefault("max_bytes", &cfg.MaxBytes, d.MaxBytes),
		orDefault("max_events", &cfg.MaxEvents, d.MaxEvents),
	)
	if err != nil {
		return nil, err
	}
	if cfg.MaxRevisions < 2 {
		return nil, fmt.Errorf("api: max_revisions must be at least 2, the first and the newest, is %d", cfg.MaxRevisions)
	}
	return &Projection{
		cfg:   cfg,
		birth: rand.Text()[:8],
		byID:  map[string]*entry{},
		feed:  newFeed(cfg.MaxEvents),
	}, nil
}

// Apply takes in a revision with its sequence in the log. It reports false for a
// revision that is not newer than what it has: the log delivers at least once, so
// that is no error. An error means that the incident cannot be told as JSON (a
// time beyond the year 9999); it is left out.
//
// Sequences grow, but for a log that lost its newest messages: then followers of the
// events are told to begin again.
func (p *Projection) Apply(seq uint64, in model.Incident) (bool, error) {
	p.mu.RLock()
	known := p.known(in)
	p.mu.RUnlock()
	if known {
		p.saw(seq)
		return false, nil
	}
	r, err := newRecord(seq, in) // the dear part, while readers go on
	if err != nil {
		p.saw(seq)
		return false, fmt.Errorf("incident %s revision %d at log sequence %d: %w", clip(in.ID), in.Revision, seq, err)
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known(in) {
		p.seq = max(p.seq, seq)
		return false, nil
	}
	if seq <= p.seq && p.seq > 0 {
		p.feed.forget()
	}
	p.seq = seq
	p.version++
	e := p.byID[r.id]
	if e == nil {
		e = &entry{id: r.id, opened: in.OpenedAt}
		p.byID[r.id] = e
		at, _ := slices.BinarySearchFunc(p.order, e, compareEntries)
		p.order = slices.Insert(p.order, at, e)
	} else if !e.newest().open() {
		p.closed--
	}
	e.cause = model.Incident{UpdatedAt: in.UpdatedAt, Suspects: nameOnly(in.Suspects)}
	e.revs = append(e.revs, r)
	p.bytes += r.size()
	if !r.open() {
		p.closed++
	}
	p.evict(e)
	p.feed.add(r)
	return true, nil
}

// known reports whether a revision, or a later one, is there.
func (p *Projection) known(in model.Incident) bool {
	e := p.byID[in.ID]
	return e != nil && in.Revision <= e.newest().revision
}

func (p *Projection) saw(seq uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq = max(p.seq, seq)
}

// evict keeps the bounds after e has grown.
func (p *Projection) evict(e *entry) {
	for len(e.revs) > p.cfg.MaxRevisions {
		p.thin(e)
	}
	for at := 0; at < len(p.order) && p.closed > 0 && (p.closed > p.cfg.MaxClosed || p.bytes > p.cfg.MaxBytes); {
		old := p.order[at]
		if old.newest().open() || old == e && p.closed <= p.cfg.MaxClosed {
			at++
			continue
		}
		for _, r := range old.revs {
			p.bytes -= r.size()
		}
		p.closed--
		delete(p.byID, old.id)
		p.order = slices.Delete(p.order, at, at+1)
	}
	for p.byID[e.id] == e && p.bytes > p.cfg.MaxBytes && len(e.revs) > 2 {
		p.thin(e)
	}
}

// thin leaves out the revision behind the first.
func (p *Projection) thin(e *entry) {
	p.bytes -= e.revs[1].size()
	e.revs = slices.Delete(slices.Clone(e.revs), 1, 2) // readers hold the old slice
	e.omitted++
}

// Sequence is how far into the log the projection has read.
func (p *Projection) Sequence() uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.seq
}

// Bounds is how much is kept, beside the most that may be.
func (p *Projection) Bounds() []model.MemoryBound {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return []model.MemoryBound{
		{What: "incidents, compressed", Unit: "bytes", Have: p.bytes, Most: p.cfg.MaxBytes, Setting: "kept.max_bytes"},
		{What: "incidents that are closed", Unit: "incidents", Have: int64(p.closed), Most: int64(p.cfg.MaxClosed), Setting: "kept.max_closed"},
	}
}

// history gives what is known of an incident.
func (p *Projection) history(id string) (h history, ok bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	e := p.byID[id]
	if e == nil {
		return h, false
	}
	return history{slices.Clip(e.revs), e.omitted, p.marks(e), e.said}, true
}

// history is what is known of one incident.
type history struct {
	revs    []*record // oldest first, never empty
	omitted int       // how many are left out
	marks   *model.Marks
	said    []model.Note
}

// ids lists all incidents that are kept.
func (p *Projection) ids() []string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	out := make([]string, 0, len(p.byID))
	for id := range p.byID {
		out = append(out, id)
	}
	return out
}

// tag is an ETag for whatever is told of the projection as it is now. The caller
// holds the lock.
func (p *Projection) tag() string {
	return `W/"` + p.birth + "-" + strconv.FormatUint(p.seq, 36) + "-" + strconv.FormatUint(p.version, 36) + `"`
}

func compareEntries(a, b *entry) int {
	return cmp.Or(a.opened.Compare(b.opened), cmp.Compare(a.id, b.id))
}
