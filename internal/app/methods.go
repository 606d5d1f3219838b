package app

import (
	"fmt"
	"slices"
	"strings"

	"culprit/datasets"
	"culprit/datasets/score"
	"culprit/detector/published"
	"culprit/detector/rootcause"
	"culprit/graph"
	"culprit/internal/engine"
	"culprit/model"
)

// Method is a way to rank suspects.
type Method struct {
	Name   string
	levels []score.Level // that it can name
	rank   func(s *scored, c score.Case) []model.Suspect
	scores func(*published.Scene) []published.Score // published methods only
}

// Ours is the name of our own method.
const Ours = "culprit"

// methods are all methods, ours first.
var methods = func() []Method {
	out := []Method{{Name: Ours, levels: score.Levels(), rank: rankOurs}}
	for _, m := range published.Methods() {
		out = append(out, Method{
			Name: m.Name, levels: []score.Level{score.Service, score.Operation}, scores: m.Rank,
			rank: func(s *scored, c score.Case) []model.Suspect { return s.suspects(m.Name, m.Rank(s.scene(c))) },
		})
	}
	return out
}()

// Methods are the names of all methods, ours first.
func Methods() []string {
	var out []string
	for _, m := range methods {
		out = append(out, m.Name)
	}
	return out
}

// withoutPrefix begins the names of what is left of our method.
const withoutPrefix = "without "

// Ablations are the names of our method and of what is left of it without each of its parts.
func Ablations() []string {
	out := []string{Ours}
	for _, p := range rootcause.Parts() {
		out = append(out, withoutPrefix+string(p))
	}
	return out
}

// ablation is our method without the part that its name says, if it is one.
func ablation(name string) (Method, bool) {
	if !slices.Contains(Ablations()[1:], name) {
		return Method{}, false
	}
	part := rootcause.Part(strings.TrimPrefix(name, withoutPrefix))
	return Method{Name: name, levels: score.Levels(), rank: func(s *scored, c score.Case) []model.Suspect {
		return s.rankWithout(c, part)
	}}, true
}

// methodsNamed finds methods by their names.
func methodsNamed(names []string) ([]Method, error) {
	var out []Method
	for _, name := range names {
		if m, ok := ablation(name); ok {
			out = append(out, m)
			continue
		}
		i := slices.IndexFunc(methods, func(m Method) bool { return m.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no method %q: want one of %s", name, strings.Join(Methods(), ", "))
		}
		out = append(out, methods[i])
	}
	return out, nil
}

// rankOurs ranks as `culprit rank` does.
func rankOurs(s *scored, c score.Case) []model.Suspect { return s.rankWithout(c, "") }

// rankWithout ranks without a part of our method.
func (s *scored) rankWithout(c score.Case, part rootcause.Part) []model.Suspect {
	healthy := make([]engine.Stretch, len(c.Healthy))
	for i, h := range c.Healthy {
		healthy[i] = engine.Stretch(h)
	}
	stretches := engine.NewStretches(s.cfg, s.conv.table, engine.Stretch(c.Now), healthy)
	stretches.Without(part)
	for _, at := range append([]datasets.Stretch{c.Now}, c.Healthy...) {
		for _, t := range s.within(at) {
			stretches.Add(t.frag)
		}
	}
	return stretches.Rank().Suspects
}

// assemble prepares the recording for the published methods.
func (s *scored) assemble() {
	assembler := graph.NewAssembler(graph.Config{MaxSpans: s.cfg.MaxSpansPerTrace, Symbols: s.conv.table})
	s.corpus = published.NewCorpus(s.conv.table)
	for i := range s.traces {
		s.corpus.Add(assembler.Assemble(s.traces[i].frag))
	}
}

// scene is a case as the published methods read it.
func (s *scored) scene(c score.Case) *published.Scene {
	span := func(at datasets.Stretch) published.Range {
		from, to := s.bounds(at)
		return published.Range{From: from, To: to}
	}
	healthy := make([]published.Range, len(c.Healthy))
	for i, h := range c.Healthy {
		healthy[i] = span(h)
	}
	return s.corpus.Scene(span(c.Now), healthy)
}

// suspects writes the scores of a published method.
func (s *scored) suspects(method string, scores []published.Score) []model.Suspect {
	out := make([]model.Suspect, 0, len(scores))
	for i, x := range scores {
		out = append(out, model.Suspect{
			Rank: i + 1, Service: s.conv.table.Name(x.Site.Service), Operation: s.conv.table.Name(x.Site.Operation),
			Score: model.Number(x.Value), Reason: "ranked by " + method, Evidence: []model.Evidence{}, Exemplars: []string{},
		})
	}
	return out
}

// services lists the services of a scene by name.
func (s *scored) services(scene *published.Scene) []string {
	var out []string
	for _, t := range scene.Now {
		for i := range t.Spans {
			out = append(out, s.conv.table.Name(scene.Site(t.Spans[i].Op).Service))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
