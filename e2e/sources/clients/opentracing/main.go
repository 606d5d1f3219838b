// Command opentracing emits the story as an OpenTracing program does, through the tracer
// named by its first argument to the address in its second:
//
//	jaeger-udp HOST:PORT    jaeger-client-go to an agent
//	jaeger-http URL         jaeger-client-go to a collector, Thrift over HTTP
//	zipkin-http URL         jaeger-client-go's transport to Zipkin, Thrift of version 1
//	lightstep HOST:PORT     lightstep-tracer-go to a satellite
//
// Every trace carries a tag of the program's own, request-type. With a third argument
// "failures" only those of request-type Failure become slow.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	lightstep "github.com/lightstep/lightstep-tracer-go"
	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/ext"
	"github.com/uber/jaeger-client-go"
	"github.com/uber/jaeger-client-go/transport"
	"github.com/uber/jaeger-client-go/transport/zipkin"

	"culprit/e2e/sources/story"
)

const flush = 500 * time.Millisecond

// tracers are the services' tracers, one for each instance.
type tracers struct {
	open  func(service, instance string) (opentracing.Tracer, func(), error)
	by    map[string]opentracing.Tracer
	close []func()
}

func (t *tracers) of(s story.Span) (opentracing.Tracer, error) {
	if tracer := t.by[s.Instance]; tracer != nil {
		return tracer, nil
	}
	tracer, end, err := t.open(s.Service, s.Instance)
	if err != nil {
		return nil, err
	}
	t.by[s.Instance] = tracer
	t.close = append(t.close, end)
	return tracer, nil
}

// jaegerOver makes tracers of jaeger-client-go.
func jaegerOver(transport func() (jaeger.Transport, error)) func(string, string) (opentracing.Tracer, func(), error) {
	return func(service, instance string) (opentracing.Tracer, func(), error) {
		to, err := transport()
		if err != nil {
			return nil, nil, err
		}
		reporter := jaeger.NewRemoteReporter(to, jaeger.ReporterOptions.BufferFlushInterval(flush), jaeger.ReporterOptions.QueueSize(10_000))
		tracer, closer := jaeger.NewTracer(service, jaeger.NewConstSampler(true), reporter, jaeger.TracerOptions.Tag("service.instance.id", instance))
		return tracer, func() { _ = closer.Close() }, nil
	}
}

// lightstepTo makes tracers of lightstep-tracer-go.
func lightstepTo(address string) func(string, string) (opentracing.Tracer, func(), error) {
	return func(service, instance string) (opentracing.Tracer, func(), error) {
		host, p, err := net.SplitHostPort(address)
		if err != nil {
			return nil, nil, err
		}
		port, err := strconv.Atoi(p)
		if err != nil {
			return nil, nil, err
		}
		tracer := lightstep.NewTracer(lightstep.Options{
			AccessToken:     os.Getenv("LIGHTSTEP_ACCESS_TOKEN"),
			Collector:       lightstep.Endpoint{Host: host, Port: port, Plaintext: true},
			UseHttp:         true,
			Tags:            opentracing.Tags{lightstep.ComponentNameKey: service, "service.instance.id": instance},
			ReportingPeriod: flush, MinReportingPeriod: flush,
			MaxBufferedSpans: 10_000,
		})
		if tracer == nil {
			return nil, nil, fmt.Errorf("lightstep takes no tracer for %s", address)
		}
		return tracer, func() { lightstep.Close(context.Background(), tracer) }, nil
	}
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "opentracing:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("want a tracer and an address")
	}
	to := args[1]
	all := tracers{by: map[string]opentracing.Tracer{}}
	switch args[0] {
	case "jaeger-udp":
		all.open = jaegerOver(func() (jaeger.Transport, error) { return jaeger.NewUDPTransport(to, 0) })
	case "jaeger-http":
		all.open = jaegerOver(func() (jaeger.Transport, error) { return transport.NewHTTPTransport(to), nil })
	case "zipkin-http":
		all.open = jaegerOver(func() (jaeger.Transport, error) { return zipkin.NewHTTPTransport(to) })
	case "lightstep":
		all.open = lightstepTo(to)
	default:
		return fmt.Errorf("no tracer is called %q", args[0])
	}
	failuresOnly := len(args) > 2 && args[2] == "failures"
	n := 0
	err := story.Listen(func(t story.Trace) error {
		n++
		kind := "Success"
		if n%2 == 0 {
			kind = "Failure"
		}
		if failuresOnly && kind == "Success" {
			t = t.WithoutFault()
		}
		return all.emit(t, kind)
	})
	for _, end := range all.close {
		end()
	}
	return err
}

// emit tells one trace.
func (t *tracers) emit(trace story.Trace, requestType string) error {
	spans := make([]opentracing.Span, len(trace.Spans))
	for i, s := range trace.Spans {
		tracer, err := t.of(s)
		if err != nil {
			return err
		}
		opts := []opentracing.StartSpanOption{opentracing.StartTime(s.From()), opentracing.Tag{Key: "request-type", Value: requestType}}
		if s.Kind != "internal" {
			opts = append(opts, opentracing.Tag{Key: string(ext.SpanKind), Value: s.Kind})
		}
		for k, v := range s.Attributes {
			if k == "db.system" {
				k = string(ext.DBType)
			}
			opts = append(opts, opentracing.Tag{Key: k, Value: v})
		}
		if s.Parent >= 0 {
			opts = append(opts, opentracing.ChildOf(spans[s.Parent].Context()))
		}
		spans[i] = tracer.StartSpan(s.Name, opts...)
		ext.Component.Set(spans[i], "story")
	}
	for i, s := range trace.Spans {
		spans[i].FinishWithOptions(opentracing.FinishOptions{FinishTime: s.To()})
	}
	return nil
}
