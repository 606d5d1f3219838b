package detector

import (
	"culprit/graph"
	"culprit/model"
)

// Site is an operation of a service, by number. Numbers never decide an order: sort
// with [Names.Compare].
type Site = graph.Site

// Family is a kind of evidence. It is as wide as a name, so that a [Key] has no gaps: maps then
// hash and compare it in one piece.
type Family uint32

// The families. Each is judged in a file of its own.
const (
	OwnTime     Family = iota // log own time of an operation in its parent context
	EdgeGap                   // log of client minus server duration
	Errors                    // share of spans whose error starts there
	Calls                     // share of parents that make a call at all
	Stops                     // share of parents whose last call it is
	Answers                   // share of spans below which another service answers
	Repeats                   // log number of calls of parents that make it
	Concurrency               // log of how many children run at once
	Tail                      // share of own times beyond the usual 95th percentile
	Traffic                   // requests of an entry point
	EntryTime                 // log duration of an entry point
	EntryErrors               // share of failed requests of an entry point
	QueueWait                 // log time between a producer's end and its consumer's start
	Whole                     // how often a context was seen in traces that miss nothing
	Clocks                    // share of traces whose hosts' clocks lie far apart
	GuessedTime               // OwnTime of spans among whose calls clocks disagree: see [graph.Node]
	families                  // how many there are
)

// Key names one quantity that is followed from window to window.
type Key struct {
	Family Family
	Site   Site      // where it is measured
	Parent Site      // its context: the operation above it
	Child  Site      // Calls, Stops, Repeats: the operation below it
	Callee model.Sym // EdgeGap: the service that is asked
}

// Stat is one quantity in one window. For shares Mean is the share; for times it is
// in nats, for counts a number. Var is the variance within the window.
type Stat struct {
	N      float64 // values
	Groups float64 // independent groups (traces) they came from
	Mean   float64
	Var    float64
}

// at is the statistic as a learned window's point.
func (s Stat) at(ord int32) point {
	return point{ord, float32(s.N), float32(s.Groups), float32(s.Mean), float32(s.Var)}
}

// Names orders sites and services by name.
type Names struct{ table *model.Symbols }

// NamesOf wraps a table.
func NamesOf(t *model.Symbols) Names { return Names{t} }

// Of gives a site's service and operation.
func (n Names) Of(s Site) (service, operation string) {
	return n.table.Name(s.Service), n.table.Name(s.Operation)
}

// Compare orders sites by service, then operation.
func (n Names) Compare(a, b Site) int {
	if a == b {
		return 0
	}
	if c := compare(n.table.Name(a.Service), n.table.Name(b.Service)); c != 0 {
		return c
	}
	return compare(n.table.Name(a.Operation), n.table.Name(b.Operation))
}

// CompareKeys orders keys by family and names.
func (n Names) CompareKeys(a, b Key) int {
	if a.Family != b.Family {
		return int(a.Family) - int(b.Family)
	}
	if c := n.Compare(a.Site, b.Site); c != 0 {
		return c
	}
	if c := n.Compare(a.Parent, b.Parent); c != 0 {
		return c
	}
	if c := n.Compare(a.Child, b.Child); c != 0 {
		return c
	}
	return compare(n.table.Name(a.Callee), n.table.Name(b.Callee))
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
