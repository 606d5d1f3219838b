package app

import (
	"slices"
	"strings"

	"culprit/model"
)

// traceIDPlace stands for the trace ID in the URL of a trace's page.
const traceIDPlace = "{trace_id}"

// maxLinks bounds the exemplar traces that an incident links to, those of the first
// suspects; the two of its exhibit come beside them.
const maxLinks = 10

// link gives an incident the links to its exemplar traces. The slices of the
// incident are not changed.
func link(in model.Incident, traceURL string) model.Incident {
	if traceURL == "" {
		return in
	}
	var traces []string
	for _, s := range in.Suspects {
		for _, id := range s.Exemplars {
			if len(traces) < maxLinks && !slices.Contains(traces, id) {
				traces = append(traces, id)
			}
		}
	}
	if x := in.Exhibit; x != nil {
		for _, t := range []*model.ExhibitTrace{x.Trace, x.Normal} {
			if t != nil && !slices.Contains(traces, t.ID) {
				traces = append(traces, t.ID)
			}
		}
	}
	in.Links = linksTo(traces, traceURL)
	return in
}

// linksTo are the links to the pages of traces; there are none without a URL.
func linksTo(traces []string, traceURL string) []model.Link {
	if traceURL == "" {
		return []model.Link{}
	}
	out := make([]model.Link, len(traces))
	for i, id := range traces {
		out[i] = model.Link{Trace: id, URL: strings.ReplaceAll(traceURL, traceIDPlace, id)}
	}
	return out
}
