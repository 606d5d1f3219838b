// Command otelgo emits the story through OpenTelemetry's Go SDK over OTLP/gRPC, to the
// address in OTEL_EXPORTER_OTLP_ENDPOINT.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"culprit/e2e/sources/story"
)

var kinds = map[string]trace.SpanKind{"server": trace.SpanKindServer, "client": trace.SpanKindClient, "internal": trace.SpanKindInternal}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "otelgo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	exporter, err := otlptracegrpc.New(ctx)
	if err != nil {
		return err
	}
	providers := map[string]*sdk.TracerProvider{}
	err = story.Listen(func(t story.Trace) error {
		spans := make([]trace.Span, len(t.Spans))
		contexts := make([]context.Context, len(t.Spans))
		for i, s := range t.Spans {
			p := providers[s.Instance]
			if p == nil {
				p = sdk.NewTracerProvider(sdk.WithBatcher(exporter, sdk.WithBatchTimeout(500*time.Millisecond)), sdk.WithResource(resource.NewSchemaless(
					attribute.String("service.name", s.Service), attribute.String("service.instance.id", s.Instance))))
				providers[s.Instance] = p
			}
			parent := ctx
			if s.Parent >= 0 {
				parent = contexts[s.Parent]
			}
			var attrs []attribute.KeyValue
			for k, v := range s.Attributes {
				attrs = append(attrs, attribute.String(k, v))
			}
			contexts[i], spans[i] = p.Tracer("story").Start(parent, s.Name,
				trace.WithTimestamp(s.From()), trace.WithSpanKind(kinds[s.Kind]), trace.WithAttributes(attrs...))
		}
		for i, s := range t.Spans {
			spans[i].End(trace.WithTimestamp(s.To()))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range providers { // all of them first: they share the exporter
		if err := p.ForceFlush(ctx); err != nil {
			return err
		}
	}
	for _, p := range providers {
		if err := p.Shutdown(ctx); err != nil {
			return err
		}
	}
	return nil
}
