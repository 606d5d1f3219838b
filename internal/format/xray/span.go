package xray

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// finish makes the span of a segment that has been checked. root: it is a segment.
func (g *segment) finish(root bool) ptrace.Span {
	s := g.span
	s.SetTraceID(pcommon.TraceID(g.trace))
	s.SetSpanID(pcommon.SpanID(g.id))
	s.SetParentSpanID(pcommon.SpanID(g.parent))
	s.SetStartTimestamp(pcommon.Timestamp(g.start))
	s.SetEndTimestamp(pcommon.Timestamp(g.end))
	for _, e := range s.Events().All() {
		e.SetTimestamp(s.EndTimestamp())
	}
	s.SetName(g.spanName())
	switch {
	case root:
		s.SetKind(ptrace.SpanKindServer)
	case g.namespace == "remote" || g.namespace == "aws":
		s.SetKind(ptrace.SpanKindClient)
		g.callee()
	default:
		s.SetKind(ptrace.SpanKindInternal)
	}
	if g.fault || g.throttled || g.failed && (g.status < 400 || g.status > 499) {
		s.Status().SetCode(ptrace.StatusCodeError)
		if n := s.Events().Len(); n > 0 {
			if m, ok := s.Events().At(n - 1).Attributes().Get("exception.message"); ok {
				s.Status().SetMessage(m.Str())
			}
		}
	}
	return s
}

// spanName is what was asked of the service, as far as the document says it.
func (g *segment) spanName() string {
	path := ""
	if u, err := url.Parse(g.url); err == nil {
		path = u.Path
	}
	switch {
	case g.operation != "":
		return g.operation
	case g.sql != nil && g.sql.query != "":
		return g.sql.query
	case g.method != "" || path != "":
		return strings.TrimSpace(g.method + " " + path)
	}
	return g.name
}

// callee writes down who was asked: a queue, a database, or whoever the name says.
func (g *segment) callee() {
	switch {
	case g.queue != "" && (strings.HasPrefix(g.operation, "Send") || strings.HasPrefix(g.operation, "Publish")):
		g.span.SetKind(ptrace.SpanKindProducer)
		g.put("messaging.destination.name", g.queue[strings.LastIndexByte(g.queue, '/')+1:])
	case g.sql != nil:
		g.put("db.query.text", g.sql.query)
		g.put("db.system", strings.ToLower(g.sql.system))
		name, host, both := strings.Cut(g.name, "@") // orders@db.example.com
		if u, err := url.Parse(strings.TrimPrefix(g.sql.url, "jdbc:")); !both && err == nil && u.Host != "" {
			name, host = strings.Trim(u.Path, "/"), u.Hostname()
		}
		g.put("db.namespace", name)
		g.put("server.address", host)
	default:
		g.put("peer.service", g.name)
	}
}

// sender is a segment as the resource of its spans.
type sender struct {
	key, service string
	who          identity
}

func (g *segment) sender() *sender {
	f := &sender{service: g.name, who: g.who, key: g.name}
	for _, name := range slices.Sorted(maps.Keys(g.who)) {
		f.key += "\x00" + name + "=" + g.who[name]
	}
	return f
}

func (f *sender) describe(resource pcommon.Map) {
	if f.service != "" {
		resource.PutStr("service.name", f.service)
	}
	for _, name := range slices.Sorted(maps.Keys(f.who)) {
		resource.PutStr(name, f.who[name])
	}
}
