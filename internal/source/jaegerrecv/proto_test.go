package jaegerrecv

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jaegertracing/jaeger-idl/model/v1"
	"github.com/jaegertracing/jaeger-idl/proto-gen/api_v2"
)

// post is a request as Jaeger's agent and exporters send it.
func post(t testing.TB) []byte {
	trace, id := model.NewTraceID(0, 1), model.NewSpanID(2)
	b, err := (&api_v2.PostSpansRequest{Batch: model.Batch{
		Process: &model.Process{ServiceName: "shop", Tags: []model.KeyValue{model.String("hostname", "h")}},
		Spans: []*model.Span{{
			TraceID: trace, SpanID: id, OperationName: "pay", StartTime: time.UnixMicro(5).UTC(), Duration: 3 * time.Microsecond,
			References: []model.SpanRef{model.NewChildOfRef(trace, model.NewSpanID(9)), model.NewFollowsFromRef(trace, model.NewSpanID(8))},
			Tags:       []model.KeyValue{model.String("span.kind", "client"), model.Bool("error", true), model.String("request-type", "Failure"), model.String("peer.service", "bank")},
		}},
	}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The same batch says the same over Thrift and over gRPC.
func TestReadPost(t *testing.T) {
	if d := cmp.Diff([]string{shopSaid}, say(readPost(post(t)))); d != "" {
		t.Error(d)
	}
	if _, err := readPost(post(t)[:20]); err == nil {
		t.Error("half a request is taken")
	}
}

func FuzzReadPost(f *testing.F) {
	f.Add(post(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		if td, err := readPost(b); err == nil {
			say(td, nil)
		}
	})
}
