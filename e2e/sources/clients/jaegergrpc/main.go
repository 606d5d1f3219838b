// Command jaegergrpc emits the story in Jaeger's own model over gRPC, as Jaeger's agents
// did, to the address in its argument.
package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/jaegertracing/jaeger-idl/model/v1"
	"github.com/jaegertracing/jaeger-idl/proto-gen/api_v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"culprit/e2e/sources/story"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "jaegergrpc:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if len(os.Args) < 2 {
		return errors.New("want an address")
	}
	conn, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	out := outbox{to: api_v2.NewCollectorServiceClient(conn), by: map[string]*model.Batch{}}
	err = story.Listen(func(t story.Trace) error {
		out.add(t)
		if time.Since(out.sent) < every {
			return nil
		}
		return out.send(ctx)
	})
	return errors.Join(err, out.send(ctx))
}

// every is how often spans are sent. Agents gather them too: one call for each process of
// each trace would fall behind the story on a busy machine.
const every = 250 * time.Millisecond

// outbox gathers spans by their process.
type outbox struct {
	to   api_v2.CollectorServiceClient
	by   map[string]*model.Batch
	sent time.Time
}

func (o *outbox) add(t story.Trace) {
	trace := model.NewTraceID(rand.Uint64(), rand.Uint64())
	first := rand.Uint64() | 1<<32
	for i, s := range t.Spans {
		b := o.by[s.Instance]
		if b == nil {
			b = &model.Batch{Process: model.NewProcess(s.Service, []model.KeyValue{model.String("service.instance.id", s.Instance)})}
			o.by[s.Instance] = b
		}
		span := &model.Span{
			TraceID: trace, SpanID: spanID(first, i), OperationName: s.Name,
			StartTime: s.From().UTC(), Duration: s.To().Sub(s.From()), Tags: []model.KeyValue{model.String("span.kind", s.Kind)},
		}
		for k, v := range s.Attributes {
			span.Tags = append(span.Tags, model.String(k, v))
		}
		if s.Parent >= 0 {
			span.References = []model.SpanRef{model.NewChildOfRef(trace, spanID(first, s.Parent))}
		}
		b.Spans = append(b.Spans, span)
	}
}

func (o *outbox) send(ctx context.Context) error {
	for _, b := range o.by {
		if _, err := o.to.PostSpans(ctx, &api_v2.PostSpansRequest{Batch: *b}); err != nil {
			return err
		}
	}
	clear(o.by)
	o.sent = time.Now()
	return nil
}

// spanID numbers the spans of a trace.
func spanID(first uint64, i int) model.SpanID { return model.NewSpanID(first + uint64(i)) }
