package detector

import (
	"bytes"
	"cmp"
	"encoding/gob"
	"fmt"
	"maps"
	"slices"

	"culprit/internal/stats"
	"culprit/model"
)

// saved is a baseline as it is kept between runs: numbers are replaced by names, since
// numbers mean nothing in another process.
type saved struct {
	Version int
	Names   []string
	Ord     int32
	Keys    []savedKey
	Points  [][]savedPoint
	Times   [2][]savedSketch
	Roots   [2][]savedSketch
	Recent  []savedWindow
	Emits   []savedRate
	Span    float64

	// Snapshots of before do not have these.
	Hours   []int32 // of remembered windows, by number modulo their most
	Seasons savedSeasons
	Epochs  []savedEpoch
}

type savedEpoch struct {
	Service uint32
	Since   int32
}

type savedRate struct {
	Service uint32
	Spans   float64
}

// savedVersion changes when an older snapshot can no longer be read.
const savedVersion = 1

// savedKey holds indices into Names.
type savedKey struct {
	Family                      uint8
	Service, Operation          uint32
	ParentService, ParentOp     uint32
	ChildService, ChildOp, Asks uint32
}

type savedPoint struct {
	Ord                  int32
	N, Groups, Mean, Var float32
}

type savedSketch struct {
	Service, Operation uint32
	Data               []byte
}

type savedWindow struct {
	From, To        int64
	Ord             int32
	Traces, RootP50 float64
	Keys            []savedKey
	Stats           []Stat

	// Of windows that may be learned later.
	Held         bool
	Times, Roots []savedSketch
	Emits        []savedRate
}

// Save writes the baseline and the recent windows that rare operations are judged
// over. Equal baselines give equal bytes.
func (b *Baseline) Save(recent []*Window) ([]byte, error) {
	w := &names{table: b.table, index: map[string]uint32{}}
	out := saved{Version: savedVersion, Ord: b.ord}
	for _, k := range sortKeys(NamesOf(b.table), b.series) {
		out.Keys = append(out.Keys, w.key(k))
		var ps []savedPoint
		for _, p := range b.past(k) {
			ps = append(ps, savedPoint{p.ord, p.n, p.groups, p.mean, p.vrc})
		}
		out.Points = append(out.Points, ps)
	}
	for g := range 2 {
		out.Times[g] = w.sketches(b.times[g])
		out.Roots[g] = w.sketches(b.root[g])
	}
	for _, r := range recent {
		s := savedWindow{From: r.From, To: r.To, Ord: r.ord, Traces: r.Traces, RootP50: r.RootP50}
		for _, k := range sortKeys(NamesOf(b.table), r.stats) {
			s.Keys = append(s.Keys, w.key(k))
			s.Stats = append(s.Stats, r.stats[k])
		}
		if s.Held = r.held; r.held {
			s.Times, s.Roots = w.sketches(r.times), w.sketches(r.roots)
			for _, v := range byName(b.table, r.emits) {
				s.Emits = append(s.Emits, savedRate{w.of(v), r.emits[v]})
			}
		}
		out.Recent = append(out.Recent, s)
	}
	for _, v := range byName(b.table, b.emits) {
		out.Emits = append(out.Emits, savedRate{w.of(v), b.emits[v]})
	}
	for _, v := range byName(b.table, b.epochs) {
		out.Epochs = append(out.Epochs, savedEpoch{w.of(v), b.epochs[v]})
	}
	out.Span = b.span
	out.Hours = b.hours
	out.Seasons = w.seasons(b.seasons)
	out.Names = w.list
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(out); err != nil {
		return nil, fmt.Errorf("saving the baseline: %w", err)
	}
	return buf.Bytes(), nil
}

// Load replaces the baseline by a saved one and returns the recent windows.
func (b *Baseline) Load(data []byte) ([]*Window, error) {
	var in saved
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&in); err != nil {
		return nil, fmt.Errorf("loading the baseline: %w", err)
	}
	if in.Version != savedVersion {
		return nil, fmt.Errorf("loading the baseline: it has version %d, this program reads version %d", in.Version, savedVersion)
	}
	if len(in.Keys) != len(in.Points) {
		return nil, fmt.Errorf("loading the baseline: %d quantities with %d series", len(in.Keys), len(in.Points))
	}
	r := &reader{table: b.table, list: in.Names}
	fresh := NewBaseline(b.table, b.keep)
	fresh.ord = in.Ord
	for i, k := range in.Keys {
		key := r.key(k)
		var points []point
		for _, p := range in.Points[i] {
			points = append(points, point{p.Ord, p.N, p.Groups, p.Mean, p.Var})
		}
		if len(points) == 0 {
			continue
		}
		fresh.series[key] = newSeries(points)
		fresh.enlist(key)
	}
	for key := range fresh.series {
		fresh.fits(key)
	}
	for g := range 2 {
		if err := r.sketches(in.Times[g], fresh.times[g]); err != nil {
			return nil, err
		}
		if err := r.sketches(in.Roots[g], fresh.root[g]); err != nil {
			return nil, err
		}
	}
	for _, e := range in.Emits {
		fresh.emits[r.table.Service(r.name(e.Service))] = e.Spans
	}
	for _, e := range in.Epochs {
		fresh.epochs[r.table.Service(r.name(e.Service))] = e.Since
	}
	fresh.span = in.Span
	if len(in.Hours) == b.keep { // otherwise another number of windows is remembered now: their hours are not known
		copy(fresh.hours, in.Hours)
	}
	seasons, err := r.seasons(in.Seasons)
	if err != nil {
		return nil, err
	}
	fresh.seasons = seasons
	fresh.limits()
	var recent []*Window
	for _, s := range in.Recent {
		w := &Window{From: s.From, To: s.To, ord: s.Ord, Traces: s.Traces, RootP50: s.RootP50, stats: map[Key]Stat{}, own: map[Site][]Key{}, calls: map[ContextKey][]Key{}, services: map[model.Sym]bool{}}
		if len(s.Keys) != len(s.Stats) {
			return nil, fmt.Errorf("loading the baseline: a window of %d quantities with %d values", len(s.Keys), len(s.Stats))
		}
		for i, k := range s.Keys {
			w.put(r.key(k), s.Stats[i])
		}
		if s.Held {
			w.held, w.times, w.roots, w.emits = true, map[Site]*stats.Sketch{}, map[Site]*stats.Sketch{}, map[model.Sym]float64{}
			if err := cmp.Or(r.sketches(s.Times, w.times), r.sketches(s.Roots, w.roots)); err != nil {
				return nil, err
			}
			for _, e := range s.Emits {
				w.emits[r.table.Service(r.name(e.Service))] = e.Spans
			}
		}
		recent = append(recent, w)
	}
	if r.err != nil {
		return nil, r.err
	}
	*b = *fresh
	return recent, nil
}

// byName lists services in the order of their names.
func byName[V any](t *model.Symbols, m map[model.Sym]V) []model.Sym {
	return slices.SortedFunc(maps.Keys(m), func(x, y model.Sym) int { return cmp.Compare(t.Name(x), t.Name(y)) })
}

func sortKeys[V any](n Names, m map[Key]V) []Key {
	out := make([]Key, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, n.CompareKeys)
	return out
}

// names numbers the names of one snapshot.
type names struct {
	table *model.Symbols
	list  []string
	index map[string]uint32
}

func (w *names) of(y model.Sym) uint32 {
	name := w.table.Name(y)
	i, ok := w.index[name]
	if !ok {
		i = uint32(len(w.list))
		w.index[name] = i
		w.list = append(w.list, name)
	}
	return i
}

func (w *names) key(k Key) savedKey {
	return savedKey{
		Family:  uint8(k.Family),
		Service: w.of(k.Site.Service), Operation: w.of(k.Site.Operation),
		ParentService: w.of(k.Parent.Service), ParentOp: w.of(k.Parent.Operation),
		ChildService: w.of(k.Child.Service), ChildOp: w.of(k.Child.Operation),
		Asks: w.of(k.Callee),
	}
}

func (w *names) sketches(m map[Site]*stats.Sketch) []savedSketch {
	var out []savedSketch
	for site, s := range m {
		data, err := s.MarshalBinary()
		if err != nil {
			panic(fmt.Sprintf("detector: a sketch cannot be written: %v", err))
		}
		out = append(out, savedSketch{w.of(site.Service), w.of(site.Operation), data})
	}
	slices.SortFunc(out, func(a, b savedSketch) int {
		return cmp.Or(cmp.Compare(w.list[a.Service], w.list[b.Service]), cmp.Compare(w.list[a.Operation], w.list[b.Operation]))
	})
	return out
}

// reader turns the names of a snapshot into this process's numbers.
type reader struct {
	table *model.Symbols
	list  []string
	err   error
}

func (r *reader) name(i uint32) string {
	if int(i) >= len(r.list) {
		r.err = fmt.Errorf("loading the baseline: name %d of %d", i, len(r.list))
		return ""
	}
	return r.list[i]
}

func (r *reader) site(service, operation uint32) Site {
	svc := r.table.Service(r.name(service))
	return Site{Service: svc, Operation: r.table.Operation(svc, r.name(operation))}
}

func (r *reader) key(k savedKey) Key {
	return Key{
		Family: Family(k.Family),
		Site:   r.site(k.Service, k.Operation),
		Parent: r.site(k.ParentService, k.ParentOp),
		Child:  r.site(k.ChildService, k.ChildOp),
		Callee: r.table.Service(r.name(k.Asks)),
	}
}

func (r *reader) sketches(from []savedSketch, to map[Site]*stats.Sketch) error {
	for _, s := range from {
		var sk stats.Sketch
		if err := sk.UnmarshalBinary(s.Data); err != nil {
			return fmt.Errorf("loading the baseline: own times of %s: %w", r.name(s.Service), err)
		}
		to[r.site(s.Service, s.Operation)] = &sk
	}
	return nil
}
