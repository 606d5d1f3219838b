package spans

import (
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/model"
)

// refTypeKey tells OpenTracing's references from links; the Collector writes it too.
const refTypeKey = "opentracing.ref_type"

// links appends the references of s beside its parent, and reports whether one of
// them says that the parent does not wait.
func (c *Converter) links(f *model.Fragment, s *model.Span, links ptrace.SpanLinkSlice) (followsParent bool) {
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
		if ref.To == s.Parent && ref.Trace == f.Trace && ref.Kind != model.RefLink {
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
		f.Refs = append(f.Refs, ref)
	}
	return followsParent
}
