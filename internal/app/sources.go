package app

import (
	"errors"
	"log/slog"
	"strings"

	"culprit/internal/source"
	"culprit/internal/source/jaeger"
	"culprit/model"
)

// sourceSet is where traces come from.
type sourceSet struct {
	sources  []source.Source
	names    []string // as their batches call them
	traceURL string   // leads to a trace in the first one's own page; {trace_id} stands for the trace
}

func (s *sourceSet) add(name string, src source.Source) {
	s.sources, s.names = append(s.sources, src), append(s.names, name)
}

// openSources makes the sources of the configuration and those that come beside it.
func openSources(cfg Config, log *slog.Logger, more ...namedSource) (sourceSet, error) {
	set := sourceSet{traceURL: cfg.Engine.TraceURL}
	for _, j := range cfg.Jaeger {
		j.Logger = log
		src, err := jaeger.New(j.Config)
		if err != nil {
			return set, err
		}
		set.add(src.Status().Name, src)
		if set.traceURL == "" {
			var any model.TraceID
			set.traceURL = strings.Replace(src.TraceURL(any), any.String(), traceIDPlace, 1)
		}
	}
	for _, m := range more {
		set.add(m.name, m.source)
	}
	if len(set.sources) == 0 {
		return set, errors.New("no source of traces: name a Jaeger with --jaeger http://HOST:16686, or in the configuration file")
	}
	return set, nil
}

type namedSource struct {
	name   string
	source source.Source
}
