package zipkin

import (
	"context"
	"encoding/json"
	"net"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/jaegertracing/jaeger-idl/thrift-gen/zipkincore"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/encoding/protowire"

	"culprit/internal/source"
	"culprit/internal/source/receive"
	"culprit/internal/source/receive/receivetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openReceiver(cfg receive.Config) (source.Source, func() net.Addr, error) {
	r, err := NewReceiver(ReceiverConfig{HTTP: "127.0.0.1:0", Config: cfg})
	if err != nil {
		return nil, nil, err
	}
	return r, r.Addr, nil
}

// jsonOf writes spans as maps with the times of now.
func jsonOf(one func(i int, micros int64) map[string]any) func(int) []byte {
	return func(spans int) []byte {
		var list []map[string]any
		for i := range spans {
			list = append(list, one(i+1, time.Now().UnixMicro()))
		}
		b, err := json.Marshal(list)
		if err != nil {
			panic(err)
		}
		return b
	}
}

func hexID(i int) string {
	return string([]byte{'a', "0123456789abcdef"[i>>4&15], "0123456789abcdef"[i&15]})
}

func version2(i int, micros int64) map[string]any {
	return map[string]any{"traceId": hexID(i), "id": "b", "name": "pay", "timestamp": micros, "duration": 9, "localEndpoint": map[string]any{"serviceName": "shop"}}
}

func version1(i int, micros int64) map[string]any {
	end := map[string]any{"serviceName": "shop"}
	return map[string]any{"traceId": hexID(i), "id": "b", "name": "pay", "timestamp": micros, "duration": 9, "annotations": []any{
		map[string]any{"timestamp": micros, "value": "sr", "endpoint": end}, map[string]any{"timestamp": micros + 9, "value": "ss", "endpoint": end},
	}}
}

// proto is a ListOfSpans.
func proto(spans int) []byte {
	var list []byte
	for i := range spans {
		var s []byte
		put := func(n protowire.Number, b []byte) {
			s = protowire.AppendBytes(protowire.AppendTag(s, n, protowire.BytesType), b)
		}
		put(1, []byte{15: byte(i + 1)})
		put(3, []byte{7: 1})
		put(5, []byte("pay"))
		s = protowire.AppendFixed64(protowire.AppendTag(s, 6, protowire.Fixed64Type), uint64(time.Now().UnixMicro()))
		s = protowire.AppendVarint(protowire.AppendTag(s, 7, protowire.VarintType), 9)
		list = protowire.AppendBytes(protowire.AppendTag(list, 1, protowire.BytesType), s)
	}
	return list
}

// thriftList is a list of version 1.
func thriftList(spans int) []byte {
	ctx := context.Background()
	buf := thrift.NewTMemoryBuffer()
	out := thrift.NewTBinaryProtocolConf(buf, nil)
	if err := out.WriteListBegin(ctx, thrift.STRUCT, spans); err != nil {
		panic(err)
	}
	for i := range spans {
		at, took := time.Now().UnixMicro(), int64(9)
		if err := (&zipkincore.Span{TraceID: int64(i + 1), ID: 1, Name: "pay", Timestamp: &at, Duration: &took}).Write(ctx, out); err != nil {
			panic(err)
		}
	}
	return buf.Bytes()
}

func TestReceiver(t *testing.T) {
	for _, c := range []struct {
		rule, path, kind string
		message          func(int) []byte
	}{
		{"version 2 as JSON", "/api/v2/spans", "application/json", jsonOf(version2)},
		{"version 2 as protobuf", "/api/v2/spans", "application/x-protobuf", proto},
		{"version 1 as JSON", "/api/v1/spans", "application/json", jsonOf(version1)},
		{"version 1 as Thrift", "/api/v1/spans", "application/x-thrift", thriftList},
	} {
		t.Run(c.rule, func(t *testing.T) {
			receivetest.Check(t, receivetest.Sender{Open: openReceiver, Message: c.message, Garbage: []byte("no span"), Send: receivetest.HTTP(c.path, c.kind, nil)})
		})
	}
}
