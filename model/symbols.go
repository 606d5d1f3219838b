package model

import (
	"container/heap"
	"strings"
	"sync"
	"sync/atomic"
)

// Sym is the number of a name in a [Symbols] table. Zero is the empty name.
// Numbers depend on the order of arrival: they never decide an order, and never
// leave the process. Sort by [Symbols.Name] before speaking.
type Sym uint32

// OtherName is what names beyond the bound of their space are counted under.
const OtherName = "(other)"

// A name space is bounded by itself, so that one hostile service cannot crowd out
// the rest. Beyond its bound a space keeps the names that are smallest by (hash,
// name), whatever came first, so that equal input gives equal names on any number
// of cores.
type space struct {
	kind  spaceKind
	owner Sym
}

type spaceKind uint8

const (
	spaceServices spaceKind = iota
	spaceOperations
	spaceResources
	spaceInstances
	spaceVersions
	spaceHosts
	spaceKeys
	spaceValues
	nSpaceKinds
)

// bounds are the most names a space keeps. A service with more than 2,000
// operations has ids in its span names that folding did not catch; an attribute
// with more than 256 values is an identifier, not a dimension.
var bounds = [nSpaceKinds]int{
	spaceServices:   4096,
	spaceOperations: 2000,
	spaceResources:  4096,
	spaceInstances:  1024,
	spaceVersions:   256,
	spaceHosts:      8192,
	spaceKeys:       512,
	spaceValues:     256,
}

// Resource is who emitted a span. Instance, Version and Host are 0 if unknown.
type Resource struct{ Service, Instance, Version, Host Sym }

// Symbols is the string table of one process. It is safe for concurrent use and
// its memory is bounded whatever comes in.
type Symbols struct {
	mu      sync.RWMutex
	byName  map[symKey]Sym
	entries []symEntry
	spaces  map[space]*spaceState

	// names are those of entries. A name never changes, so readers take the list that is
	// there and need no lock: names are compared more often than anything else is done.
	names atomic.Pointer[[]string]
}

type symKey struct {
	space space
	name  string
}

type symEntry struct {
	name     string
	space    space
	hash     uint64
	evicted  bool
	resource Resource // for spaceResources
}

type spaceState struct {
	kept     symHeap // largest (hash, name) on top
	full     bool
	overflow uint64 // names refused or evicted, with repetitions
	other    Sym    // what the names beyond the bound are counted under; 0: dropped
}

// NewSymbols returns an empty table.
func NewSymbols() *Symbols {
	t := &Symbols{
		byName: map[symKey]Sym{},
		spaces: map[space]*spaceState{},
	}
	t.names.Store(&[]string{})
	t.push(symEntry{})
	return t
}

// Service returns the number of a service name.
func (t *Symbols) Service(name string) Sym { return t.intern(space{spaceServices, 0}, name) }

// Operation returns the number of an operation name of a service. The same name in
// two services has two numbers.
func (t *Symbols) Operation(service Sym, name string) Sym {
	return t.intern(space{spaceOperations, service}, name)
}

// Find returns the numbers of a service and its operation without adding them; ok is
// false if either was never seen.
func (t *Symbols) Find(service, operation string) (svc, op Sym, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	svc, ok = t.byName[symKey{space{spaceServices, 0}, service}]
	if !ok {
		return 0, 0, false
	}
	op, ok = t.byName[symKey{space{spaceOperations, svc}, operation}]
	return svc, op, ok
}

// Key returns the number of an attribute key; 0 when there are too many keys.
func (t *Symbols) Key(name string) Sym { return t.intern(space{spaceKeys, 0}, name) }

// Value returns the number of a value of an attribute; 0 when the attribute has
// too many values to be a dimension and this one is not among those kept.
func (t *Symbols) Value(key Sym, value string) Sym {
	if key == 0 {
		return 0
	}
	return t.intern(space{spaceValues, key}, value)
}

// Unbounded reports whether an attribute has had more values than a dimension may
// have. It is exact between windows, when no span is on its way.
func (t *Symbols) Unbounded(key Sym) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	s := t.spaces[space{spaceValues, key}]
	return s != nil && s.full
}

// Resource returns the number of an emitter; empty names are unknown parts.
func (t *Symbols) Resource(service, instance, version, host string) Sym {
	svc := t.Service(service)
	var b strings.Builder
	b.Grow(len(instance) + len(version) + len(host) + 2)
	b.WriteString(instance)
	b.WriteByte(0)
	b.WriteString(version)
	b.WriteByte(0)
	b.WriteString(host)
	return t.intern(space{spaceResources, svc}, b.String())
}

// ResourceOf gives the parts of an emitter.
func (t *Symbols) ResourceOf(r Sym) Resource {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.entries[r].resource
}

// Name returns the name behind a number.
func (t *Symbols) Name(y Sym) string { return (*t.names.Load())[y] }

// Canonical returns y, or the number that stands for it since its space overflowed.
// Ask between windows, when no span is on its way: then the answer depends on what
// came, not on its order.
func (t *Symbols) Canonical(y Sym) Sym {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if e := &t.entries[y]; e.evicted {
		return t.spaces[e.space].other
	}
	return y
}

// Overflow lists the spaces that had more names than they keep, as warnings.
func (t *Symbols) Overflow() []Warning {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var out []Warning
	for sp, s := range t.spaces {
		if !s.full || sp.kind == spaceValues {
			continue
		}
		out = append(out, Warning{
			Kind:    "names-folded",
			Place:   t.entries[sp.owner].name,
			Count:   int64(s.overflow),
			Message: spaceWords[sp.kind] + " beyond the bound are counted together as " + OtherName,
		})
	}
	SortWarnings(out)
	return out
}

var spaceWords = [nSpaceKinds]string{"services", "operations", "emitters", "instances", "versions", "hosts", "attribute keys", "attribute values"}

func (t *Symbols) intern(sp space, name string) Sym {
	if name == "" && sp.kind != spaceResources {
		return 0
	}
	t.mu.RLock()
	y, ok := t.byName[symKey{sp, name}]
	t.mu.RUnlock()
	if ok {
		return y
	}
	if sp.kind == spaceResources { // its parts first: the lock is not reentrant
		inst, rest, _ := strings.Cut(name, "\x00")
		ver, host, _ := strings.Cut(rest, "\x00")
		res := Resource{
			Service:  sp.owner,
			Instance: t.intern(space{spaceInstances, sp.owner}, inst),
			Version:  t.intern(space{spaceVersions, sp.owner}, ver),
			Host:     t.intern(space{spaceHosts, 0}, host),
		}
		return t.add(sp, name, res)
	}
	return t.add(sp, name, Resource{})
}

func (t *Symbols) add(sp space, name string, res Resource) Sym {
	t.mu.Lock()
	defer t.mu.Unlock()
	if y, ok := t.byName[symKey{sp, name}]; ok {
		return y
	}
	s := t.spaces[sp]
	if s == nil {
		s = &spaceState{kept: symHeap{table: t}}
		t.spaces[sp] = s
	}
	h := HashString(name)
	if len(s.kept.syms) >= bounds[sp.kind] {
		if !s.full {
			s.full = true
			s.other = t.other(sp)
		}
		s.overflow++
		top := &t.entries[s.kept.syms[0]]
		if h > top.hash || h == top.hash && name > top.name {
			return s.other
		}
		gone := heap.Pop(&s.kept).(Sym)
		t.entries[gone].evicted = true
	}
	name = strings.Clone(name) // the caller's string may hold a whole message alive
	y := t.push(symEntry{name: name, space: sp, hash: h, resource: res})
	t.byName[symKey{sp, name}] = y
	heap.Push(&s.kept, y)
	return y
}

// other makes the number that stands for all names of a full space.
func (t *Symbols) other(sp space) Sym {
	switch sp.kind {
	case spaceServices, spaceOperations:
		return t.push(symEntry{name: OtherName, space: sp})
	case spaceResources:
		return t.push(symEntry{name: "\x00\x00", space: sp, resource: Resource{Service: sp.owner}})
	}
	return 0
}

func (t *Symbols) push(e symEntry) Sym {
	t.entries = append(t.entries, e)
	names := append(*t.names.Load(), e.name)
	t.names.Store(&names)
	return Sym(len(t.entries) - 1)
}

// HashString is FNV-1a (Fowler, Noll, Vo) with a finalizer, the same on every machine.
func HashString(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return mix(h)
}

// symHeap is a max-heap by (hash, name).
type symHeap struct {
	table *Symbols
	syms  []Sym
}

func (h symHeap) Len() int { return len(h.syms) }
func (h symHeap) Less(i, j int) bool {
	a, b := &h.table.entries[h.syms[i]], &h.table.entries[h.syms[j]]
	if a.hash != b.hash {
		return a.hash > b.hash
	}
	return a.name > b.name
}
func (h symHeap) Swap(i, j int) { h.syms[i], h.syms[j] = h.syms[j], h.syms[i] }
func (h *symHeap) Push(x any)   { h.syms = append(h.syms, x.(Sym)) }
func (h *symHeap) Pop() any {
	last := len(h.syms) - 1
	y := h.syms[last]
	h.syms = h.syms[:last]
	return y
}
