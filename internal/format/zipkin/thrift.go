package zipkin

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"strconv"

	"github.com/jaegertracing/jaeger-idl/thrift-gen/zipkincore"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/model"
)

// FromThrift translates spans of version 1 as the Thrift transports carry them. One
// that cannot be used is left out and passed to warn with its number, from 1.
func FromThrift(spans []*zipkincore.Span, warn func(span int, err error)) ptrace.Traces {
	b := newBatch()
	for i, s := range spans {
		if s == nil {
			continue
		}
		r := fromThrift(s)
		if err := b.finish(&r); err != nil {
			warn(i+1, fmt.Errorf("zipkin span: %w", err))
		}
	}
	return b.td
}

func fromThrift(s *zipkincore.Span) record {
	r := newRecord()
	r.v1 = true
	binary.BigEndian.PutUint64(r.trace[:8], uint64(s.GetTraceIDHigh()))
	binary.BigEndian.PutUint64(r.trace[8:], uint64(s.TraceID))
	r.id = numberID(s.ID)
	r.parent = numberID(s.GetParentID())
	r.out.SetName(s.Name)
	r.start, r.duration = s.GetTimestamp(), s.GetDuration()
	for _, a := range s.Annotations {
		if a != nil {
			r.annotations = append(r.annotations, annotation{at: a.Timestamp, value: a.Value, host: thriftEndpoint(a.Host)})
		}
	}
	for _, a := range s.BinaryAnnotations {
		if a != nil {
			r.binaries = append(r.binaries, thriftBinary(a))
		}
	}
	return r
}

func numberID(n int64) (id model.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

func thriftEndpoint(e *zipkincore.Endpoint) endpoint {
	if e == nil {
		return endpoint{}
	}
	out := endpoint{service: e.ServiceName, port: int64(uint16(e.Port))}
	if e.Ipv4 != 0 {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(e.Ipv4))
		out.ip = netip.AddrFrom4(b).String()
	} else if ip, ok := netip.AddrFromSlice(e.Ipv6); ok {
		out.ip = ip.String()
	}
	return out
}

// thriftBinary writes a value as text: numbers stand there in network byte order. One
// whose length does not fit its type is kept as base64, like bytes.
func thriftBinary(a *zipkincore.BinaryAnnotation) binaryAnnotation {
	b := binaryAnnotation{key: a.Key, host: thriftEndpoint(a.Host)}
	v := a.Value
	switch t := a.AnnotationType; {
	case t == zipkincore.AnnotationType_STRING:
		b.value = string(v)
	case t == zipkincore.AnnotationType_BOOL && len(v) == 1:
		b.flag = v[0] == 1
		b.value = strconv.FormatBool(b.flag)
	case t == zipkincore.AnnotationType_I16 && len(v) == 2:
		b.value = strconv.Itoa(int(int16(binary.BigEndian.Uint16(v))))
	case t == zipkincore.AnnotationType_I32 && len(v) == 4:
		b.value = strconv.Itoa(int(int32(binary.BigEndian.Uint32(v))))
	case t == zipkincore.AnnotationType_I64 && len(v) == 8:
		b.value = strconv.FormatInt(int64(binary.BigEndian.Uint64(v)), 10)
	case t == zipkincore.AnnotationType_DOUBLE && len(v) == 8:
		b.value = strconv.FormatFloat(math.Float64frombits(binary.BigEndian.Uint64(v)), 'g', -1, 64)
	default:
		b.value = base64.StdEncoding.EncodeToString(v)
	}
	return b
}
