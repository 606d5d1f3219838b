package app

import (
	"fmt"
	"slices"
	"strings"

	"culprit/datasets"
	"culprit/datasets/score"
	"culprit/internal/engine"
	"culprit/model"
)

// Method is a way to rank suspects.
type Method struct {
	Name string
	rank func(s *scored, c score.Case) []model.Suspect
}

// Ours is the name of our own method.
const Ours = "culprit"

// methods are all methods, ours first.
var methods = []Method{{Ours, rankOurs}}

// Methods are the names of all methods, ours first.
func Methods() []string {
	var out []string
	for _, m := range methods {
		out = append(out, m.Name)
	}
	return out
}

// methodsNamed finds methods by their names.
func methodsNamed(names []string) ([]Method, error) {
	var out []Method
	for _, name := range names {
		i := slices.IndexFunc(methods, func(m Method) bool { return m.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no method %q: want one of %s", name, strings.Join(Methods(), ", "))
		}
		out = append(out, methods[i])
	}
	return out, nil
}

// rankOurs ranks as `culprit rank` does.
func rankOurs(s *scored, c score.Case) []model.Suspect {
	healthy := make([]engine.Stretch, len(c.Healthy))
	for i, h := range c.Healthy {
		healthy[i] = engine.Stretch(h)
	}
	stretches := engine.NewStretches(s.cfg, s.conv.table, engine.Stretch(c.Now), healthy)
	for _, at := range append([]datasets.Stretch{c.Now}, c.Healthy...) {
		for _, t := range s.within(at) {
			stretches.Add(t.frag)
		}
	}
	return stretches.Rank().Suspects
}
