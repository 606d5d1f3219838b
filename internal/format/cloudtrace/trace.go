package cloudtrace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/model"
)

// Trace is a trace of the API.
type Trace struct {
	Project string
	ID      string // 32 hex digits
	Spans   []Span
}

// Span is a span of the API.
type Span struct {
	ID, Parent uint64
	Kind       string // RPC_SERVER, RPC_CLIENT; anything else is none
	Name       string
	Start, End int64 // ns since 1970
	Labels     map[string]string
}

// OTLP converts a trace. warn is told of spans that are left out; the error is for a
// trace without an ID.
func (t *Trace) OTLP(warn func(error)) (ptrace.Traces, error) {
	td := ptrace.NewTraces()
	id, err := model.ParseTraceID(t.ID)
	if err == nil && id.IsZero() {
		err = errors.New("no trace ID")
	}
	if err != nil {
		return td, err
	}
	who := t.senders()
	slots := map[string]ptrace.SpanSlice{}
	for i := range t.Spans {
		s := &t.Spans[i]
		if err := s.check(); err != nil {
			warn(fmt.Errorf("trace %s: %w", id, err))
			continue
		}
		from := who[i]
		list, ok := slots[from.key]
		if !ok {
			rs := td.ResourceSpans().AppendEmpty()
			from.describe(rs.Resource().Attributes())
			list = rs.ScopeSpans().AppendEmpty().Spans()
			slots[from.key] = list
		}
		s.write(list.AppendEmpty(), id)
	}
	return td, nil
}

func (s *Span) check() error {
	switch {
	case s.ID == 0:
		return errors.New("a span without an ID")
	case s.Start <= 0:
		return fmt.Errorf("span %d: no startTime", s.ID)
	case s.End < s.Start:
		return fmt.Errorf("span %d: no endTime behind its start", s.ID)
	}
	return nil
}

func (s *Span) write(to ptrace.Span, trace model.TraceID) {
	to.SetTraceID(pcommon.TraceID(trace))
	to.SetSpanID(spanID(s.ID))
	if s.Parent != 0 {
		to.SetParentSpanID(spanID(s.Parent))
	}
	to.SetName(s.Name)
	to.SetStartTimestamp(pcommon.Timestamp(s.Start))
	to.SetEndTimestamp(pcommon.Timestamp(s.End))
	switch s.Kind {
	case "RPC_SERVER":
		to.SetKind(ptrace.SpanKindServer)
	case "RPC_CLIENT":
		to.SetKind(ptrace.SpanKindClient)
	}
	a := to.Attributes()
	for _, label := range slices.Sorted(maps.Keys(s.Labels)) {
		value := s.Labels[label]
		if _, ok := ofResource(label); ok {
			continue
		}
		switch label {
		case "/http/status_code", "g.co/status/code":
			key := "http.response.status_code"
			if label != "/http/status_code" {
				key = "rpc.grpc.status_code"
			}
			if n, err := strconv.ParseUint(value, 10, 16); err == nil {
				a.PutInt(key, int64(n))
			}
		case "g.co/status/description":
			to.Status().SetMessage(value)
		case "/error/message":
			to.Status().SetCode(ptrace.StatusCodeError)
			to.Status().SetMessage(value)
		case "/error/name":
			to.Status().SetCode(ptrace.StatusCodeError)
			a.PutStr("error.type", value)
		default:
			if name, ok := attributeLabels[label]; ok {
				label = name
			}
			a.PutStr(label, value)
		}
	}
}

func spanID(n uint64) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

// maxInherit is over how many spans a service is inherited: more than any honest chain
// of spans within one service has.
const maxInherit = 1000

// sender is who sent a span.
type sender struct {
	key, service string
	labels       map[string]string // by what OpenTelemetry calls them
}

// senders finds the sender of each span.
func (t *Trace) senders() []*sender {
	at := make(map[uint64]int, len(t.Spans))
	for i := range t.Spans {
		at[t.Spans[i].ID] = i
	}
	known := make([]*sender, len(t.Spans))
	var find func(i, depth int) *sender
	find = func(i, depth int) *sender {
		if known[i] != nil {
			return known[i]
		}
		s := &t.Spans[i]
		from := newSender(s)
		parent, has := at[s.Parent]
		switch {
		case from.service != "":
		case s.Kind != "RPC_SERVER" && has && s.Parent != 0 && depth < maxInherit:
			up := find(parent, depth+1)
			if from.key == "" {
				from = up // all of it
			}
			from.service = up.service
		case s.Kind == "RPC_SERVER" && s.Labels["/http/host"] != "":
			from.service, _, _ = strings.Cut(s.Labels["/http/host"], ":")
		default:
			from.service = t.Project
		}
		if known[i] == nil { // a cycle has been here
			known[i] = from
		}
		return known[i]
	}
	for i := range t.Spans {
		find(i, 0)
	}
	for _, f := range known {
		f.key = f.service + "\x00" + labelKey(f.labels)
	}
	return known
}

// newSender reads the labels. Its key is empty if they say nothing.
func newSender(s *Span) *sender {
	f := &sender{labels: map[string]string{}}
	for _, label := range serviceLabels {
		if v := s.Labels[label]; v != "" {
			f.service = v
			break
		}
	}
	for _, label := range slices.Sorted(maps.Keys(s.Labels)) {
		if name, ok := ofResource(label); ok && name != "" && f.labels[name] == "" {
			f.labels[name] = s.Labels[label]
		}
	}
	f.key = labelKey(f.labels)
	return f
}

func labelKey(labels map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		b.WriteString(k + "=" + labels[k] + "\x00")
	}
	return b.String()
}

func (f *sender) describe(resource pcommon.Map) {
	if f.service != "" {
		resource.PutStr("service.name", f.service)
	}
	for _, k := range slices.Sorted(maps.Keys(f.labels)) {
		if f.labels[k] != "" {
			resource.PutStr(k, f.labels[k])
		}
	}
}
