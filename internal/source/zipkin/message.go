package zipkin

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/jaegertracing/jaeger-idl/thrift-gen/zipkincore"
	"go.opentelemetry.io/collector/pdata/ptrace"

	format "culprit/internal/format/zipkin"
)

// warnFunc is told of each span that could not be read: with its number or line.
type warnFunc func(at int, err error)

// First bytes of messages: of a list of structs in Thrift's binary protocol, and of the
// first span in protobuf.
const (
	thriftStruct = 0x0c
	protoSpan    = 0x0a
)

// read decodes a message whose format nobody states, as on Kafka.
func read(raw []byte, warn warnFunc) (ptrace.Traces, error) {
	for _, b := range raw {
		switch b {
		case thriftStruct:
			return readThrift(raw, warn)
		case '[':
			return format.ReadJSON(raw, warn)
		case protoSpan:
			// A line feed before a text, or a span.
			if td, err := format.ReadProto(raw, warn); err == nil {
				return td, nil
			}
			return format.ReadJSON(raw, warn)
		case ' ', '\t', '\r':
			continue
		}
		return ptrace.Traces{}, fmt.Errorf("zipkin: a message that begins with 0x%02x is no list of spans in JSON, protobuf or Thrift", b)
	}
	return ptrace.Traces{}, errors.New("zipkin: an empty message")
}

// readThrift decodes a list of spans of version 1 in the binary protocol. No list or text
// can be longer than the message: what it claims is allocated before it is read.
func readThrift(raw []byte, warn warnFunc) (ptrace.Traces, error) {
	ctx := context.Background()
	from := thrift.NewTMemoryBufferLen(len(raw))
	_, _ = from.Write(raw) // to memory
	most := int32(max(len(raw), 1))
	in := thrift.NewTBinaryProtocolConf(from, &thrift.TConfiguration{MaxMessageSize: most, MaxFrameSize: most})
	kind, size, err := in.ReadListBegin(ctx)
	if err != nil {
		return ptrace.Traces{}, fmt.Errorf("zipkin thrift: %w", err)
	}
	if kind != thrift.STRUCT {
		return ptrace.Traces{}, fmt.Errorf("zipkin thrift: a list of %v, want spans", kind)
	}
	var spans []*zipkincore.Span
	for i := range size {
		s := &zipkincore.Span{}
		if err := s.Read(ctx, in); err != nil {
			return ptrace.Traces{}, fmt.Errorf("zipkin thrift: span %d of %d: %w", i+1, size, err)
		}
		spans = append(spans, s)
	}
	return format.FromThrift(spans, warn), nil
}
