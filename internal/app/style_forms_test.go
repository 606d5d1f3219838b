package app_test

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/datasets"
	"culprit/model"
)

// style is a way to record what happens.
type style struct {
	name string
	// trace changes one trace, which is a copy.
	trace func(*styledTrace)
	// all changes what there is of them; it is given copies, too. Either may be nil.
	all func([]*styledTrace) []*styledTrace
	// label renames a place; nil keeps all names.
	label func(datasets.RootCause) []datasets.RootCause
	// pods says that each pod is a service of its own.
	pods bool
}

// eachSpan changes every span for itself.
func eachSpan(change func(*styledSpan)) func(*styledTrace) {
	return func(t *styledTrace) {
		for _, s := range t.spans {
			change(s)
		}
	}
}

// inTurn makes several changes, one after the other.
func inTurn(changes ...func(*styledTrace)) func(*styledTrace) {
	return func(t *styledTrace) {
		for _, c := range changes {
			c(t)
			t.link()
		}
	}
}

// noOperation is a label in whose style operations have other names.
func noOperation(c datasets.RootCause) []datasets.RootCause {
	c.Operation = ""
	return []datasets.RootCause{c}
}

// onlyService is a label in whose style nothing but services is told.
func onlyService(c datasets.RootCause) []datasets.RootCause {
	return []datasets.RootCause{{Service: c.Service}}
}

var (
	kindless = eachSpan(func(s *styledSpan) { s.kind = ptrace.SpanKindUnspecified })
	// millis cuts starts and ends, each for itself, as clocks of milliseconds do.
	millis = eachSpan(func(s *styledSpan) { s.start, s.end = s.start/1e6*1e6, s.end/1e6*1e6 })
	// noCallers leaves out the spans of calls that somebody else answers with one.
	noCallers = func(t *styledTrace) {
		t.drop(func(s *styledSpan) bool {
			return (s.kind == ptrace.SpanKindClient || s.kind == ptrace.SpanKindProducer) && len(s.remote()) > 0
		})
	}
	anonymous = eachSpan(func(s *styledSpan) { s.who = map[string]string{"service.name": s.service()} })
	healthy   = eachSpan(func(s *styledSpan) { s.failed = false; s.dropOutcome() })
	databases = func(t *styledTrace) {
		for _, s := range slices.Clone(t.spans) {
			if of := s.opaque(); of != "" {
				k := s.below(1, of, s.name, ptrace.SpanKindServer)
				k.failed = s.failed
				t.spans = append(t.spans, k)
			}
		}
	}
	// loadGenerator has the span of who asks above each request.
	loadGenerator = func(t *styledTrace) {
		for _, s := range slices.Clone(t.spans) {
			if !s.parent.IsEmpty() || len(s.links) > 0 {
				continue
			}
			up := &styledSpan{id: salted(s.id, 7), who: map[string]string{"service.name": "load-generator"}, name: "GET", kind: ptrace.SpanKindClient,
				start: s.start - 600_000, end: s.end + 500_000, failed: s.failed, attrs: map[string]any{}}
			s.parent = up.id
			t.spans = append([]*styledSpan{up}, t.spans...)
		}
	}
)

// dropOutcome removes what an attribute says about how a span ended.
func (s *styledSpan) dropOutcome() {
	for k := range s.attrs {
		if strings.Contains(k, "status_code") || strings.HasPrefix(k, "error") {
			delete(s.attrs, k)
		}
	}
}

// salted is another ID that follows from one.
func salted(id pcommon.SpanID, salt byte) pcommon.SpanID {
	h := model.HashString(string(id[:]) + string(salt))
	var out pcommon.SpanID
	binary.BigEndian.PutUint64(out[:], h|1)
	return out
}

// below is a new span within s, a twentieth shorter on either side.
func (s *styledSpan) below(salt byte, service, name string, kind ptrace.SpanKind) *styledSpan {
	short := (s.end - s.start) / 20
	return &styledSpan{id: salted(s.id, salt), parent: s.id, who: map[string]string{"service.name": service}, name: name, kind: kind,
		start: s.start + short, end: s.end - short, attrs: map[string]any{}}
}

// istio has only the proxies' spans: one where a call leaves, one where it arrives, named after
// who is asked, and the services have their name space.
func istio(t *styledTrace) {
	callee := func(s *styledSpan) string {
		if r := s.remote(); len(r) > 0 {
			return r[0].service()
		}
		return s.opaque()
	}
	keep := map[*styledSpan]string{}
	for _, s := range t.spans {
		switch {
		case s.opaque() != "", s.kind == ptrace.SpanKindClient && callee(s) != "":
			keep[s] = callee(s)
		case s.kind != ptrace.SpanKindClient && s.kind != ptrace.SpanKindProducer && (s.under == nil || s.under.service() != s.service()):
			keep[s] = s.service()
		}
	}
	t.drop(func(s *styledSpan) bool { return keep[s] == "" })
	for _, s := range t.spans {
		if keep[s] != s.service() {
			s.kind = ptrace.SpanKindClient
		}
		s.name = keep[s] + ".shop.svc.cluster.local:8080/*"
		code := "200"
		if s.failed {
			code = "503"
		}
		s.failed = false
		s.attrs = map[string]any{"http.status_code": code, "component": "proxy", "upstream_cluster": "outbound|8080||" + keep[s] + ".shop.svc.cluster.local",
			"guid:x-request-id": fmt.Sprintf("%x", s.id[:]), "http.url": "http://" + keep[s] + ":8080/x", "response_flags": "-"}
		s.who["service.name"] += ".shop"
	}
}

// sessions put a dozen requests, one after the other, into one trace.
func sessions(traces []*styledTrace) []*styledTrace {
	var out []*styledTrace
	for part := range slices.Chunk(traces, 12) {
		one := &styledTrace{id: part[0].id}
		root := &styledSpan{id: salted(part[0].spans[0].id, 9), who: map[string]string{"service.name": "locust"}, name: "user session", kind: ptrace.SpanKindInternal,
			start: part[0].start() - 1e6, attrs: map[string]any{}}
		one.spans = append(one.spans, root)
		for _, t := range part {
			for _, s := range t.spans {
				root.end = max(root.end, s.end+1e6)
				if s.parent.IsEmpty() {
					s.parent = root.id
				}
				one.spans = append(one.spans, s)
			}
		}
		slices.SortStableFunc(one.spans, func(a, b *styledSpan) int { return cmp.Compare(a.start, b.start) })
		one.link()
		out = append(out, one)
	}
	return out
}

// literal puts values into the names of operations, as programs do that build them.
func literal(s *styledSpan) {
	n := binary.BigEndian.Uint64(s.id[:])
	switch {
	case s.attrs["db.system"] != nil || s.attrs["db.system.name"] != nil:
		s.name = fmt.Sprintf("SELECT * FROM %s WHERE id = %d AND owner = '%x'", strings.Map(letter, s.name), n%100000, n)
	case n%3 == 0:
		s.name = fmt.Sprintf("%s/%d", s.name, n%1000000)
	default:
		s.name = fmt.Sprintf("%s/%08x-%04x-4%03x-8%03x-%012x", s.name, uint32(n), uint16(n>>8), n%4096, n>>3%4096, n>>16)
	}
}

func letter(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return '_'
}

// byPod has the name of the pod for the service's.
func byPod(s *styledSpan) {
	if in := s.instance(); in != "" {
		s.who = map[string]string{"service.name": in}
	}
}

// styles are the habits of recordings that are to be had, see docs/detection.md.
func styles() []style {
	codes := func(s *styledSpan) {
		code := "200"
		if s.failed {
			code = "500"
		}
		s.dropOutcome()
		s.failed, s.attrs["http.status_code"] = false, code
	}
	method := func(s *styledSpan) {
		if s.name = "POST"; len(s.service())%2 == 0 {
			s.name = "GET"
		}
		delete(s.attrs, "http.route")
		delete(s.attrs, "url.template")
	}
	return []style{
		{name: "as recorded"},
		{name: "proxies only (Istio)", trace: istio, label: func(c datasets.RootCause) []datasets.RootCause {
			c.Operation = ""
			other := c
			c.Service += ".shop"
			return []datasets.RootCause{c, other} // what has no proxy keeps its name
		}},
		{name: "no outcomes", trace: healthy},
		{name: "names with values", trace: eachSpan(literal), label: noOperation},
		{name: "names of methods", trace: eachSpan(method), label: noOperation},
		{name: "load generator", trace: loadGenerator},
		{name: "sessions", all: sessions},
		{name: "GAIA", trace: inTurn(databases, noCallers, eachSpan(codes)), label: noOperation},
		{name: "RCAEval", trace: inTurn(databases, anonymous, kindless, eachSpan(func(s *styledSpan) {
			failed := s.failed
			s.failed, s.attrs = false, map[string]any{}
			if n := s.id[0] % 4; n > 0 {
				s.attrs["http.response.status_code"] = int64(200)
				if failed {
					s.attrs["http.response.status_code"] = int64(500)
				}
			}
		})), label: onlyService},
		{name: "AIOps challenge 2020", trace: inTurn(millis, eachSpan(func(s *styledSpan) {
			of := s.opaque()
			s.attrs = map[string]any{}
			if of != "" {
				s.attrs["peer.service"], s.name, s.kind = of, "JDBC", ptrace.SpanKindClient
			}
			if s.kind == ptrace.SpanKindUnspecified {
				s.kind = ptrace.SpanKindInternal
			}
			byPod(s)
		})), label: noOperation, pods: true},
		{name: "AIOps challenge 2021", trace: inTurn(databases, millis, kindless, eachSpan(func(s *styledSpan) {
			s.attrs, s.failed, s.name = map[string]any{}, false, s.service()
			s.who = map[string]string{"service.name": s.service(), "k8s.pod.name": s.instance()}
		})), label: noOperation},
		{name: "SkyWalking", trace: inTurn(millis, eachSpan(func(s *styledSpan) {
			of := s.opaque()
			s.attrs = map[string]any{}
			switch {
			case of != "":
				s.kind = ptrace.SpanKindClient
				s.name, s.attrs["server.address"], s.attrs["component"] = "Mysql/JDBC/PreparedStatement/execute", of, "mysql-connector-java"
			case s.kind == ptrace.SpanKindClient:
				if r := s.remote(); len(r) > 0 {
					s.name, s.attrs["server.address"] = r[0].name, r[0].service()
				}
			}
			s.who = map[string]string{"service.name": s.service(), "service.instance.id": s.instance()}
		})), label: noOperation},
	}
}

// labels are those of a recording in a style.
func (st style) labels(l datasets.Labels, traces []*styledTrace) datasets.Labels {
	if st.label != nil {
		l = relabelled(l, st.label)
	}
	if !st.pods {
		return l
	}
	pods := map[string]map[string]bool{}
	for _, t := range traces {
		for _, s := range t.spans {
			if pods[s.service()] == nil {
				pods[s.service()] = map[string]bool{}
			}
			pods[s.service()][s.instance()] = true
		}
	}
	return relabelled(l, func(c datasets.RootCause) []datasets.RootCause {
		if c.Instance != "" {
			return []datasets.RootCause{{Service: c.Instance}}
		}
		out := []datasets.RootCause{{Service: c.Service}}
		for _, pod := range slices.Sorted(maps.Keys(pods[c.Service])) {
			out = append(out, datasets.RootCause{Service: pod})
		}
		return out
	})
}

// in is a recording in a style.
func (st style) in(traces []*styledTrace) styledRecording {
	out := make([]*styledTrace, 0, len(traces))
	for _, t := range traces {
		t = t.copied()
		if st.trace != nil {
			st.trace(t)
			t.link()
		}
		if len(t.spans) > 0 {
			out = append(out, t)
		}
	}
	if st.all != nil {
		out = st.all(out)
	}
	return out
}
