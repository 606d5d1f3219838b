package zipkin

import (
	"bytes"
	"context"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/jaegertracing/jaeger-idl/thrift-gen/zipkincore"
)

const spanJSON = `[{"traceId":"1","id":"2","name":"get","kind":"CLIENT","timestamp":5,"duration":3,"localEndpoint":{"serviceName":"web"}}]`

// spanProto is a list of one span: trace 1, ID 2, kind client, name "get", at 5 us.
var spanProto = []byte{0x0a, 0x2d,
	0x0a, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0x1a, 8, 0, 0, 0, 0, 0, 0, 0, 2, 0x20, 1, 0x2a, 3, 'g', 'e', 't',
	0x31, 5, 0, 0, 0, 0, 0, 0, 0, 0x38, 3, 0x42, 5, 0x0a, 3, 'w', 'e', 'b'}

// spanThrift is a list of one span of version 1 in the binary protocol.
func spanThrift(t testing.TB) []byte {
	t.Helper()
	ctx := context.Background()
	buf := thrift.NewTMemoryBuffer()
	to := thrift.NewTBinaryProtocolConf(buf, nil)
	at := int64(5)
	span := &zipkincore.Span{TraceID: 1, ID: 2, Name: "get", Timestamp: &at, Duration: &at,
		Annotations: []*zipkincore.Annotation{{Timestamp: 5, Value: "cs", Host: &zipkincore.Endpoint{ServiceName: "web"}}}}
	if err := to.WriteListBegin(ctx, thrift.STRUCT, 1); err != nil {
		t.Fatal(err)
	}
	if err := span.Write(ctx, to); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func quiet(int, error) {}

// A message says by its first bytes what it is.
func TestTheFormatShowsInTheMessage(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		want string // in the error; empty: one span comes
	}{
		{"JSON", []byte(spanJSON), ""},
		{"JSON after a line feed", []byte("\n\t " + spanJSON), ""},
		{"protobuf", spanProto, ""},
		{"Thrift", spanThrift(t), ""},
		{"nothing", nil, "an empty message"},
		{"blanks", []byte(" \r\t"), "an empty message"},
		{"an object", []byte(`{"a":1}`), "begins with 0x7b"},
		{"a list of texts in Thrift", append([]byte{thrift.STRING}, make([]byte, 12)...), "begins with 0x0b"},
		{"half a Thrift list", spanThrift(t)[:20], "zipkin thrift: span 1 of 1"},
	} {
		td, err := read(c.in, quiet)
		switch {
		case (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		case err == nil && td.SpanCount() != 1:
			t.Errorf("%s: %d spans", c.name, td.SpanCount())
		}
	}
}

// A few bytes that claim to be many spans cost nothing.
func TestLengthsAreNotBelieved(t *testing.T) {
	for _, claim := range []uint32{100_000_000, 1 << 31, 1<<32 - 1} {
		raw := binary.BigEndian.AppendUint32([]byte{thriftStruct}, claim)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		td, err := readThrift(raw, quiet)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; err == nil && td.SpanCount() > 0 || grown > 1<<20 {
			t.Errorf("%d spans claimed: %v, %d bytes allocated", claim, err, grown)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(spanJSON))
	f.Add(spanProto)
	f.Add(spanThrift(f))
	f.Add(bytes.Repeat([]byte{thriftStruct}, 40))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, decode := range []func() (int, error){
			func() (int, error) { td, err := read(b, quiet); return count(td.SpanCount, err), err },
			func() (int, error) { td, err := readThrift(b, quiet); return count(td.SpanCount, err), err },
		} {
			if n, err := decode(); err == nil && n > 2*len(b) {
				t.Errorf("%d bytes are %d spans", len(b), n)
			}
		}
	})
}

// count asks only traces that are there.
func count(spans func() int, err error) int {
	if err != nil {
		return 0
	}
	return spans()
}
