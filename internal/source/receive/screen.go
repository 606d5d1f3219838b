package receive

import (
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/spans"
)

// flaw is why a span cannot be used.
type flaw uint8

const (
	none flaw = iota
	noID
	noTime
	ahead
)

// flaws are the warnings: kinds and messages as the converter has them where it would
// have found the same.
var flaws = []struct{ kind, message string }{
	noID:   {"no-id", "spans without a trace or span ID, left out"},
	noTime: {"no-time", "spans without a usable time, left out"},
	ahead:  {"clock-ahead", "spans that start in the future (max_ahead), left out: their sender's clock is wrong"},
}

// screened is what a look at a message shows.
type screened struct {
	refused int
	why     string
	roots   int
	newest  time.Time // the latest end of a span
}

// screen removes the spans that cannot be used and counts them by service.
func (in *Inbox) screen(td ptrace.Traces, now time.Time) screened {
	var out screened
	latest := pcommon.NewTimestampFromTime(now.Add(in.cfg.MaxAhead))
	var newest pcommon.Timestamp
	all := td.ResourceSpans()
	for i := range all.Len() {
		rs := all.At(i)
		var count [len(flawed)]int
		bad := 0
		scopes := rs.ScopeSpans()
		for j := range scopes.Len() {
			list := scopes.At(j).Spans()
			before := bad
			for k := range list.Len() {
				s := list.At(k)
				f := flawOf(s, latest)
				if f != none {
					count[f]++
					bad++
					continue
				}
				newest = max(newest, s.EndTimestamp())
				if s.ParentSpanID().IsEmpty() {
					out.roots++
				}
			}
			if bad > before {
				list.RemoveIf(func(s ptrace.Span) bool { return flawOf(s, latest) != none })
			}
		}
		if bad == 0 {
			continue
		}
		place := service(rs.Resource().Attributes())
		for f, n := range count {
			if n > 0 {
				in.Warn(flaws[f].kind, place, flaws[f].message, n)
				if out.refused == 0 {
					out.why = flaws[f].message
				}
				out.refused += n
			}
		}
	}
	out.newest = newest.AsTime()
	return out
}

var flawed [ahead + 1]struct{}

// service is who sent a message, as a place of a warning.
func service(resource pcommon.Map) string {
	const most = 100
	v, ok := resource.Get("service.name")
	if !ok {
		return spans.UnknownService
	}
	s := v.AsString()
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(s, "?")
}

// flawOf looks at one span. latest is the last moment at which it may start.
func flawOf(s ptrace.Span, latest pcommon.Timestamp) flaw {
	start := s.StartTimestamp()
	switch {
	case s.TraceID().IsEmpty(), s.SpanID().IsEmpty():
		return noID
	case start == 0 && s.EndTimestamp() == 0:
		return noTime
	case start > latest, start == 0 && s.EndTimestamp() > latest:
		return ahead
	}
	return none
}
