package generate

import (
	"maps"
	"slices"
)

// temptations are events that look like faults and are none, by name. Each reports
// whether the world has a place for it.
var temptations = map[string]func(*simulation, *planner) bool{}

// Temptations returns the names of the temptations, sorted.
func Temptations() []string { return slices.Sorted(maps.Keys(temptations)) }
