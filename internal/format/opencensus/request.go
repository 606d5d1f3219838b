package opencensus

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	agent "github.com/census-instrumentation/opencensus-proto/gen-go/agent/common/v1"
	resource "github.com/census-instrumentation/opencensus-proto/gen-go/resource/v1"
	trace "github.com/census-instrumentation/opencensus-proto/gen-go/trace/v1"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"culprit/internal/format/jsonrec"
	"culprit/internal/format/protorec"
)

// Stream reads the requests of one connection. A request without a node or resource
// has those of the one before. It belongs to one goroutine.
type Stream struct {
	node     *agent.Node
	resource *resource.Resource
}

// fields of a request.
const (
	requestNode, requestSpan, requestResource = 1, 2, 3
)

// Read decodes the protobuf of one request. A span that cannot be read is left out and
// passed to warn with its number in the request, from 1. The error is for a request
// that is no protobuf.
func (s *Stream) Read(b []byte, warn func(span int, err error)) (ptrace.Traces, error) {
	node, res := s.node, s.resource
	var raw [][]byte
	err := protorec.Each(b, func(f protorec.Field) error {
		switch f.Number {
		case requestNode:
			node = &agent.Node{}
			return proto.Unmarshal(f.Bytes(), node)
		case requestResource:
			res = &resource.Resource{}
			return proto.Unmarshal(f.Bytes(), res)
		case requestSpan:
			raw = append(raw, f.Bytes())
		}
		return nil
	})
	if err != nil {
		return ptrace.NewTraces(), fmt.Errorf("opencensus request: %w", err)
	}
	s.node, s.resource = node, res
	return s.translate(raw, func(b []byte, m *trace.Span) error { return proto.Unmarshal(b, m) }, warn), nil
}

// json is how records are read: what is new in a protocol is no error.
var json = protojson.UnmarshalOptions{DiscardUnknown: true}

// ReadJSON decodes a request in JSON: see [Stream.Read].
func (s *Stream) ReadJSON(b []byte, warn func(span int, err error)) (ptrace.Traces, error) {
	node, res := s.node, s.resource
	var raw [][]byte
	var bad error
	known := false
	c := jsonrec.NewCursor(b)
	for ok := c.Object(); ok && bad == nil; ok = c.Next() {
		switch string(c.Key()) {
		case "node":
			node, known = &agent.Node{}, true
			bad = json.Unmarshal(c.Raw(), node)
		case "resource":
			res, known = &resource.Resource{}, true
			bad = json.Unmarshal(c.Raw(), res)
		case "spans":
			known = true
			for ok := c.Array(); ok; ok = c.Next() {
				raw = append(raw, c.Raw())
			}
		default:
			c.Skip()
		}
	}
	switch {
	case c.Err() != nil:
		bad = c.Err()
	case bad == nil && !known:
		bad = errors.New("no node, resource or spans in it")
	}
	if bad != nil {
		return ptrace.NewTraces(), fmt.Errorf("opencensus request: %w", bad)
	}
	s.node, s.resource = node, res
	return s.translate(raw, func(b []byte, m *trace.Span) error { return json.Unmarshal(b, m) }, warn), nil
}

// Decode reads a recording: requests in JSON, one after the other. A record that
// cannot be read is left out and passed to warn with its line. The error is for a
// stream that breaks off, after what was readable, or from emit.
func Decode(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error {
	in := jsonrec.New(r)
	var s Stream
	for read := 0; ; read++ {
		raw, err := in.Value()
		switch {
		case err == io.EOF && read > 0:
			return nil
		case err == io.EOF:
			return errors.New("opencensus: the file is empty")
		case err != nil:
			return fmt.Errorf("opencensus: line %d: %w", in.Line(), err)
		}
		td, err := s.ReadJSON(raw, func(_ int, err error) { warn(in.Line(), err) })
		if err != nil {
			warn(in.Line(), err)
			continue
		}
		if td.SpanCount() > 0 {
			if err := emit(td); err != nil {
				return err
			}
		}
	}
}

// Is reports whether a file begins as a request in JSON: with a node as OpenCensus has it,
// or with spans whose names are objects.
func Is(head []byte) bool {
	c := jsonrec.NewCursor(head)
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "node":
			for ok := c.Object(); ok; ok = c.Next() {
				switch string(c.Key()) {
				case "identifier", "libraryInfo", "serviceInfo":
					return true
				}
				c.Skip()
			}
		case "spans":
			if !c.Array() {
				return false
			}
			for ok := c.Object(); ok; ok = c.Next() {
				if string(c.Key()) == "name" {
					return c.Kind() == '{'
				}
				c.Skip()
			}
			return false
		case "resource":
			c.Skip()
		default:
			return false
		}
	}
	return false
}

// translate reads the spans of a request.
func (s *Stream) translate(raw [][]byte, unmarshal func([]byte, *trace.Span) error, warn func(int, error)) ptrace.Traces {
	td := ptrace.NewTraces()
	var common ptrace.SpanSlice
	begun := false
	m := &trace.Span{}
	for i, b := range raw {
		proto.Reset(m)
		err := unmarshal(b, m)
		out := ptrace.NewSpan()
		if err == nil {
			err = readSpan(m, out)
		}
		if err != nil {
			warn(i+1, fmt.Errorf("opencensus span: %w", err))
			continue
		}
		if m.Resource != nil {
			rs := td.ResourceSpans().AppendEmpty()
			s.describe(rs.Resource().Attributes(), m.Resource)
			out.MoveTo(rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty())
			continue
		}
		if !begun {
			begun = true
			rs := td.ResourceSpans().AppendEmpty()
			s.describe(rs.Resource().Attributes(), s.resource)
			common = rs.ScopeSpans().AppendEmpty().Spans()
		}
		out.MoveTo(common.AppendEmpty())
	}
	return td
}

// describe writes who sent a span. What the resource says of itself comes first.
func (s *Stream) describe(attrs pcommon.Map, r *resource.Resource) {
	put := func(key, value string) {
		if _, said := attrs.Get(key); !said && value != "" {
			attrs.PutStr(key, value)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.GetLabels())) {
		put(key, r.Labels[key])
	}
	put("opencensus.resourcetype", r.GetType())
	put("service.name", s.node.GetServiceInfo().GetName())
	put("host.name", s.node.GetIdentifier().GetHostName())
	if pid := s.node.GetIdentifier().GetPid(); pid != 0 {
		put("process.pid", strconv.FormatUint(uint64(pid), 10))
	}
	for _, key := range slices.Sorted(maps.Keys(s.node.GetAttributes())) {
		put(key, s.node.Attributes[key])
	}
}
