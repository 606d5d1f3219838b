package main

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"culprit/model"
)

// millis writes a duration with three significant digits.
func millis(n model.Number) string {
	ms := float64(n)
	switch size := math.Abs(ms); {
	case math.IsNaN(ms):
		return "-"
	case size == 0:
		return "0 ms"
	case size >= 9999.5:
		return digits(ms/1000) + " s"
	case size >= 0.0995:
		return digits(ms) + " ms"
	}
	return digits(ms*1000) + " µs"
}

// signed is millis with a sign.
func signed(n model.Number) string {
	if n > 0 {
		return "+" + millis(n)
	}
	return millis(n)
}

// digits writes three significant digits without an exponent.
func digits(x float64) string {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 2, 64), 64)
	return strconv.FormatFloat(r, 'f', -1, 64)
}

// pathChange is an operation on critical paths before and now.
type pathChange struct {
	name                  string
	before, now           model.Number
	callsBefore, callsNow model.Number
}

// changed lists what changed most on the paths of an entry point.
func changed(was, now *model.EntryPaths, top int) []pathChange {
	byName := map[string]*pathChange{}
	var all []*pathChange
	at := func(o model.PathOperation) *pathChange {
		name := pathName(o.Service, o.Operation, o.Kind)
		c := byName[name]
		if c == nil {
			c = &pathChange{name: name}
			byName[name] = c
			all = append(all, c)
		}
		return c
	}
	for _, o := range was.Operations {
		c := at(o)
		c.before += o.MS
		c.callsBefore += o.Calls
	}
	for _, o := range now.Operations {
		c := at(o)
		c.now += o.MS
		c.callsNow += o.Calls
	}
	slices.SortFunc(all, func(a, b *pathChange) int {
		return cmp.Or(cmp.Compare(math.Abs(float64(b.now-b.before)), math.Abs(float64(a.now-a.before))), cmp.Compare(a.name, b.name))
	})
	var out []pathChange
	for _, c := range all[:min(len(all), max(top, 1))] {
		out = append(out, *c)
	}
	return out
}

// entryOf finds the same entry point in another stretch; nil if it is not there.
func entryOf(v *model.CriticalPaths, e *model.EntryPaths) *model.EntryPaths {
	if v == nil {
		return nil
	}
	for i := range v.Entries {
		if v.Entries[i].Service == e.Service && v.Entries[i].Operation == e.Operation {
			return &v.Entries[i]
		}
	}
	return nil
}
