package spans

import (
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/model"
)

// refTypeKey tells OpenTracing's references from links; the Collector writes it too.
const refTypeKey = "opentracing.ref_type"

// links keeps the references of s beside its parent, and reports whether one of them
// says that the parent does not wait.
func (c *Converter) links(trace int32, s *model.Span, links ptrace.SpanLinkSlice) (followsParent bool) {
	kept := 0
	for i := range links.Len() {
		l := links.At(i)
		ref := model.Ref{From: s.ID, Trace: model.TraceID(l.TraceID()), To: model.SpanID(l.SpanID()), Kind: model.RefLink}
		if v, ok := l.Attributes().Get(refTypeKey); ok {
			switch text(v) {
			case "child_of":
				ref.Kind = model.RefChildOf
			case "follows_from":
				ref.Kind = model.RefFollowsFrom
			}
		}
		if ref.To == s.Parent && ref.Trace == c.ids[trace] && ref.Kind != model.RefLink {
			followsParent = followsParent || ref.Kind == model.RefFollowsFrom
			continue
		}
		if ref.To.IsZero() || ref.Trace.IsZero() {
			c.warnings.add(badLink, s.Service)
			continue
		}
		if kept >= c.cfg.MaxRefs {
			c.warnings.add(manyLinks, s.Service)
			continue
		}
		kept++
		c.refs[trace] = append(c.refs[trace], ref)
	}
	return followsParent
}
