package score

import (
	"culprit/datasets"
	"culprit/model"
)

// Level is how deep a place is named.
type Level int

// The levels, from the widest to the deepest.
const (
	Service Level = iota
	Operation
	Instance
	Attribute
	nLevels
)

var levelNames = [nLevels]string{"service", "operation", "instance", "attribute"}

// String is the level's name in flags and reports.
func (l Level) String() string { return levelNames[l] }

// Levels lists all levels.
func Levels() []Level { return []Level{Service, Operation, Instance, Attribute} }

// place is what is named at one level.
type place struct {
	service string
	name    string // the level's own field; for attributes key and value
}

func placeOf(l Level, service, operation, instance string, attribute *model.Attribute) place {
	p := place{service: service}
	switch l {
	case Operation:
		p.name = operation
	case Instance:
		p.name = instance
	case Attribute:
		if attribute != nil {
			p.name = attribute.Key + "\x00" + attribute.Value
		}
	}
	return p
}

// causes are the places of a fault at a level, none if its label does not know it.
func causes(l Level, f datasets.Fault) []place {
	var out []place
	for _, c := range f.RootCauses {
		p := placeOf(l, c.Service, c.Operation, c.Instance, c.Attribute)
		if l == Service && p.service != "" || l != Service && p.name != "" {
			out = append(out, p)
		}
	}
	return out
}

// Judge returns the rank, from 1, at which the suspects name the fault of a case at a
// level; 0 means never. It reports false if the label does not know the level.
func Judge(l Level, c Case, suspects []model.Suspect) (rank int, known bool) {
	right := causes(l, c.Fault)
	blameless := l == Service && len(c.Fault.RootCauses) == 0
	if len(right) == 0 && !blameless {
		return 0, false
	}
	var others []place
	for _, o := range c.Also {
		others = append(others, causes(Service, o)...)
	}
	own := causes(Service, c.Fault)
	seen := map[place]bool{}
	for _, s := range suspects {
		p := placeOf(l, s.Service, s.Operation, s.Instance, s.Attribute)
		if seen[p] {
			continue
		}
		if blameless && nobody(s) || names(right, p) {
			return len(seen) + 1, true
		}
		if at := (place{service: s.Service}); names(others, at) && !names(own, at) {
			continue
		}
		seen[p] = true
	}
	return 0, true
}

// nobody reports whether a suspect blames nobody, as when load explains it all.
func nobody(s model.Suspect) bool {
	return s.Service == "" && s.Instance == "" && s.Attribute == nil
}

// names reports whether a place is one of those. A cause without a service, such as a
// host, is named with any.
func names(right []place, p place) bool {
	for _, r := range right {
		if r.name == p.name && (r.service == p.service || r.service == "") {
			return true
		}
	}
	return false
}
