package jaegerrecv

import (
	"net"
	"testing"
	"time"

	"github.com/jaegertracing/jaeger-idl/model/v1"
	"github.com/jaegertracing/jaeger-idl/proto-gen/api_v2"
	"github.com/jaegertracing/jaeger-idl/thrift-gen/agent"
	"github.com/jaegertracing/jaeger-idl/thrift-gen/jaeger"
	"go.uber.org/goleak"

	"culprit/internal/source"
	"culprit/internal/source/receive"
	"culprit/internal/source/receive/receivetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// opens makes a source with one address.
func opens(at func(*Config) *string) func(receive.Config) (source.Source, func() net.Addr, error) {
	return func(cfg receive.Config) (source.Source, func() net.Addr, error) {
		c := Config{Config: cfg}
		address := "127.0.0.1:0"
		*at(&c) = address
		s, err := New(c)
		if err != nil {
			return nil, nil, err
		}
		return s, func() net.Addr { return s.Addr(address) }, nil
	}
}

// batch has so many spans of now.
func batch(spans int) *jaeger.Batch {
	b := &jaeger.Batch{Process: &jaeger.Process{ServiceName: "shop"}}
	for i := range spans {
		b.Spans = append(b.Spans, &jaeger.Span{TraceIdLow: int64(i + 1), SpanId: 1, OperationName: "pay", StartTime: time.Now().UnixMicro(), Duration: 9})
	}
	return b
}

func TestThriftOverHTTP(t *testing.T) {
	receivetest.Check(t, receivetest.Sender{
		Open: opens(func(c *Config) *string { return &c.HTTP }), Garbage: []byte("no batch"),
		Message: func(spans int) []byte { return written(t, false, batch(spans).Write) },
		Send:    receivetest.HTTP("/api/traces", "application/x-thrift", nil),
	})
}

func TestGRPC(t *testing.T) {
	receivetest.Check(t, receivetest.Sender{
		Open: opens(func(c *Config) *string { return &c.GRPC }), Garbage: []byte("no batch"),
		Message: func(spans int) []byte {
			req := &api_v2.PostSpansRequest{Batch: model.Batch{Process: &model.Process{ServiceName: "shop"}}}
			for i := range spans {
				req.Batch.Spans = append(req.Batch.Spans, &model.Span{TraceID: model.NewTraceID(0, uint64(i+1)), SpanID: 1, OperationName: "pay", StartTime: time.Now(), Duration: 9})
			}
			b, err := req.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
		Send: receivetest.GRPC("/jaeger.api_v2.CollectorService/PostSpans"),
	})
}

// A packet is a message: of one that was cut in two, neither half says anything, and both
// are counted. UDP has no answers: what comes while there is no room is lost and counted.
func TestUDP(t *testing.T) {
	for _, compact := range []bool{true, false} {
		open := opens(func(c *Config) *string {
			c.UDP = []string{""}
			return &c.UDP[0]
		})
		cfg := receive.DefaultConfig()
		cfg.QueueSpans = 3
		src, addr, err := open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		r := receivetest.Start(t, src, addr, true)
		to, err := net.Dial("udp", r.Addr)
		if err != nil {
			t.Fatal(err)
		}
		send := func(parts ...[]byte) {
			for _, p := range parts {
				if _, err := to.Write(p); err != nil {
					t.Fatal(err)
				}
			}
		}
		counted := func(kind string) (n int64) {
			for _, w := range r.Status().Warnings {
				if w.Kind == kind {
					n += w.Count
				}
			}
			return n
		}
		whole := packet(t, compact, "emitBatch", &agent.AgentEmitBatchArgs{Batch: batch(2)})
		send(whole[:len(whole)/2], whole[len(whole)/2:])
		receivetest.Eventually(t, "both halves are counted", func() bool { return counted("bad-message") == 2 })
		send(whole)
		receivetest.Eventually(t, "two spans came", func() bool { return r.Status().SpansReceived == 2 })
		send(whole)
		receivetest.Eventually(t, "a packet is lost", func() bool { return counted("packets-lost") == 1 })
		r.Release()
		receivetest.Eventually(t, "two spans are delivered", func() bool { return r.Spans() == 2 })
		send(whole)
		receivetest.Eventually(t, "and two more", func() bool { return r.Spans() == 4 })
		_ = to.Close()
	}
}
