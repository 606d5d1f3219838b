package graph

import "culprit/model"

// calleeType is what a service is that sends no spans of its own.
type calleeType uint8

const (
	typeService calleeType = iota // it does send spans
	typeExternal
	typeQueue
	typeCache
	typeDatabase
	nTypes
)

var typeNames = [nTypes]string{"service", "external", "queue", "cache", "database"}

// caches are the values of db.system that name a store whose use is to forget. The
// names are those of OpenTelemetry's database conventions and of older tracers.
var caches = map[string]bool{
	"redis": true, "valkey": true, "memcached": true, "memcache": true, "dragonfly": true, "keydb": true,
	"hazelcast": true, "ehcache": true, "ignite": true, "coherence": true,
}

// typer reads from the attributes of a client span what it asks.
type typer struct {
	symbols    *model.Symbols
	dbKeys     [2]model.Sym
	queueKey   model.Sym
	ofDatabase map[model.Sym]calleeType // by the value of a database key
}

func newTyper(symbols *model.Symbols) typer {
	return typer{
		symbols:    symbols,
		dbKeys:     [2]model.Sym{symbols.Key("db.system.name"), symbols.Key("db.system")},
		queueKey:   symbols.Key("messaging.system"),
		ofDatabase: map[model.Sym]calleeType{},
	}
}

// of returns the type of what a span of that role and with those attributes asks.
func (ty *typer) of(role Role, attrs []model.Attr) calleeType {
	for _, a := range attrs {
		if a.Key == 0 {
			continue // a key beyond the bound of keys
		}
		switch a.Key {
		case ty.dbKeys[0], ty.dbKeys[1]:
			return ty.database(a.Value)
		case ty.queueKey:
			return typeQueue
		}
	}
	if role == Producer {
		return typeQueue
	}
	return typeExternal
}

func (ty *typer) database(system model.Sym) calleeType {
	t, known := ty.ofDatabase[system]
	if !known {
		t = typeDatabase
		if caches[ty.symbols.Name(system)] {
			t = typeCache
		}
		ty.ofDatabase[system] = t
	}
	return t
}

// elected is the type that most calls speak for; of equals the more special one, which
// stands further back.
func elected(votes [nTypes]int64) calleeType {
	best := typeExternal
	for t := typeExternal; t < nTypes; t++ {
		if votes[t] >= votes[best] && votes[t] > 0 {
			best = t
		}
	}
	return best
}
