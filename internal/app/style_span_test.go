package app_test

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/datasets"
	"culprit/internal/source"
)

// styledSpan is a span that can be recorded in another style.
type styledSpan struct {
	id, parent pcommon.SpanID
	who        map[string]string // of its resource
	name       string
	kind       ptrace.SpanKind
	start, end int64 // ns
	failed     bool
	attrs      map[string]any
	links      []pcommon.TraceID
	linked     []pcommon.SpanID
	senders    map[string]bool // all services that send spans
	under      *styledSpan     // its parent, if it is there
	kids       []*styledSpan
}

func (s *styledSpan) service() string { return s.who["service.name"] }

func (s *styledSpan) instance() string {
	return cmp.Or(s.who["k8s.pod.name"], s.who["service.instance.id"])
}

// remote are the spans below s in other services.
func (s *styledSpan) remote() (out []*styledSpan) {
	for _, k := range s.kids {
		if k.service() != s.service() {
			out = append(out, k)
		}
	}
	return out
}

// opaque is whom a span asks that never sends spans itself, "" for nobody.
func (s *styledSpan) opaque() string {
	if s.kind == ptrace.SpanKindServer || s.kind == ptrace.SpanKindConsumer || s.kind == ptrace.SpanKindProducer || len(s.kids) > 0 {
		return ""
	}
	for _, key := range []string{"peer.service", "server.address", "db.namespace", "db.name", "db.system.name", "db.system"} {
		if name, ok := s.attrs[key].(string); ok && (s.kind == ptrace.SpanKindClient || key != "server.address") && !s.senders[name] {
			return name
		}
	}
	return ""
}

// styledTrace is a trace, by start.
type styledTrace struct {
	id    pcommon.TraceID
	spans []*styledSpan
}

// link finds the parents again.
func (t *styledTrace) link() {
	byID := map[pcommon.SpanID]*styledSpan{}
	for _, s := range t.spans {
		s.under, s.kids = nil, nil
		byID[s.id] = s
	}
	for _, s := range t.spans {
		if p := byID[s.parent]; p != nil && p != s {
			s.under = p
			p.kids = append(p.kids, s)
		}
	}
}

// drop leaves out spans; what hung below one hangs below what it hung below.
func (t *styledTrace) drop(which func(*styledSpan) bool) {
	t.link()
	var kept []*styledSpan
	for _, s := range t.spans {
		if which(s) {
			continue
		}
		for s.under != nil && which(s.under) {
			s.parent, s.under = s.under.parent, s.under.under
		}
		kept = append(kept, s)
	}
	t.spans = kept
	t.link()
}

func (t *styledTrace) start() int64 { return t.spans[0].start }

// copied is a trace that may be changed.
func (t *styledTrace) copied() *styledTrace {
	c := &styledTrace{id: t.id}
	for _, s := range t.spans {
		one := *s
		one.who, one.attrs = maps.Clone(s.who), maps.Clone(s.attrs)
		c.spans = append(c.spans, &one)
	}
	c.link()
	return c
}

// readStyled reads spans into traces.
func readStyled(read func(func(ptrace.Traces) error) error) ([]*styledTrace, error) {
	at := map[pcommon.TraceID]*styledTrace{}
	seen := map[pcommon.TraceID]map[pcommon.SpanID]bool{}
	err := read(func(td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			who := map[string]string{}
			for k, v := range rs.Resource().Attributes().All() {
				who[k] = v.AsString()
			}
			for _, ss := range rs.ScopeSpans().All() {
				for _, in := range ss.Spans().All() {
					t := at[in.TraceID()]
					if t == nil {
						t = &styledTrace{id: in.TraceID()}
						at[t.id], seen[t.id] = t, map[pcommon.SpanID]bool{}
					}
					if seen[t.id][in.SpanID()] {
						continue
					}
					seen[t.id][in.SpanID()] = true
					s := &styledSpan{id: in.SpanID(), parent: in.ParentSpanID(), who: who, name: in.Name(), kind: in.Kind(), start: int64(in.StartTimestamp()),
						end: int64(in.EndTimestamp()), failed: in.Status().Code() == ptrace.StatusCodeError, attrs: in.Attributes().AsRaw()}
					for _, l := range in.Links().All() {
						s.links, s.linked = append(s.links, l.TraceID()), append(s.linked, l.SpanID())
					}
					t.spans = append(t.spans, s)
				}
			}
		}
		return nil
	})
	out := slices.Collect(maps.Values(at))
	senders := map[string]bool{}
	for _, t := range out {
		for _, s := range t.spans {
			s.senders = senders
			senders[s.service()] = true
		}
		slices.SortFunc(t.spans, func(a, b *styledSpan) int {
			return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end), slices.Compare(a.id[:], b.id[:]))
		})
	}
	slices.SortFunc(out, func(a, b *styledTrace) int {
		return cmp.Or(cmp.Compare(a.start(), b.start()), slices.Compare(a.id[:], b.id[:]))
	})
	return out, err
}

// styledRecording is a recording in memory.
type styledRecording []*styledTrace

// Read delivers the traces, a thousand a batch.
func (r styledRecording) Read(_ context.Context, take func(source.Batch) error) error {
	for part := range slices.Chunk(r, 1000) {
		td := ptrace.NewTraces()
		for _, t := range part {
			t.write(td)
		}
		if err := take(source.Batch{Traces: []ptrace.Traces{td}}); err != nil {
			return err
		}
	}
	return nil
}

// write adds a trace to a batch, the spans of a resource together.
func (t *styledTrace) write(td ptrace.Traces) {
	senders := map[string]ptrace.SpanSlice{}
	for _, s := range t.spans {
		key := ""
		for _, k := range slices.Sorted(maps.Keys(s.who)) {
			key += k + "=" + s.who[k] + "\x00"
		}
		list, ok := senders[key]
		if !ok {
			rs := td.ResourceSpans().AppendEmpty()
			for _, k := range slices.Sorted(maps.Keys(s.who)) {
				rs.Resource().Attributes().PutStr(k, s.who[k])
			}
			list = rs.ScopeSpans().AppendEmpty().Spans()
			senders[key] = list
		}
		out := list.AppendEmpty()
		out.SetTraceID(t.id)
		out.SetSpanID(s.id)
		out.SetParentSpanID(s.parent)
		out.SetName(s.name)
		out.SetKind(s.kind)
		out.SetStartTimestamp(pcommon.Timestamp(s.start))
		out.SetEndTimestamp(pcommon.Timestamp(s.end))
		if s.failed {
			out.Status().SetCode(ptrace.StatusCodeError)
		}
		for _, k := range slices.Sorted(maps.Keys(s.attrs)) {
			v := out.Attributes().PutEmpty(k)
			if err := v.FromRaw(s.attrs[k]); err != nil {
				v.SetStr("")
			}
		}
		for i := range s.links {
			l := out.Links().AppendEmpty()
			l.SetTraceID(s.links[i])
			l.SetSpanID(s.linked[i])
		}
	}
}

// relabelled are labels with other names of the places.
func relabelled(l datasets.Labels, as func(datasets.RootCause) []datasets.RootCause) datasets.Labels {
	l.Faults = slices.Clone(l.Faults)
	for i := range l.Faults {
		var causes []datasets.RootCause
		for _, c := range l.Faults[i].RootCauses {
			causes = append(causes, as(c)...)
		}
		l.Faults[i].RootCauses = causes
	}
	return l
}
