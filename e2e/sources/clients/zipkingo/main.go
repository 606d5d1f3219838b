// Command zipkingo emits the story through zipkin-go: client and server halves of a call
// share an ID, as Zipkin's do. Its first argument is http or kafka, its second the URL of
// POST /api/v2/spans or the address of a broker.
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/openzipkin/zipkin-go"
	"github.com/openzipkin/zipkin-go/model"
	"github.com/openzipkin/zipkin-go/reporter"
	zipkinhttp "github.com/openzipkin/zipkin-go/reporter/http"
	"github.com/openzipkin/zipkin-go/reporter/kafka"

	"culprit/e2e/sources/story"
)

var kinds = map[string]model.Kind{"server": model.Server, "client": model.Client, "internal": model.Undetermined}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "zipkingo:", err)
		os.Exit(1)
	}
}

func open() (reporter.Reporter, error) {
	if len(os.Args) < 3 {
		return nil, errors.New("want http or kafka, and an address")
	}
	switch to := os.Args[2]; os.Args[1] {
	case "http":
		return zipkinhttp.NewReporter(to, zipkinhttp.BatchInterval(500*time.Millisecond), zipkinhttp.MaxBacklog(100_000)), nil
	case "kafka":
		return kafka.NewReporter([]string{to})
	}
	return nil, fmt.Errorf("no transport is called %q", os.Args[1])
}

func run() error {
	to, err := open()
	if err != nil {
		return err
	}
	tracers := map[string]*zipkin.Tracer{}
	err = story.Listen(func(t story.Trace) error {
		spans := make([]zipkin.Span, len(t.Spans))
		for i, s := range t.Spans {
			tracer := tracers[s.Instance]
			if tracer == nil {
				var err error
				tracer, err = zipkin.NewTracer(to, zipkin.WithTags(map[string]string{"service.instance.id": s.Instance}),
					zipkin.WithLocalEndpoint(&model.Endpoint{ServiceName: s.Service}))
				if err != nil {
					return err
				}
				tracers[s.Instance] = tracer
			}
			opts := []zipkin.SpanOption{zipkin.StartTime(s.From()), zipkin.Kind(kinds[s.Kind])}
			if s.Parent >= 0 {
				opts = append(opts, zipkin.Parent(spans[s.Parent].Context()))
			}
			if peer := s.Attributes["peer.service"]; peer != "" {
				opts = append(opts, zipkin.RemoteEndpoint(&model.Endpoint{ServiceName: peer}))
			}
			spans[i] = tracer.StartSpan(s.Name, opts...)
		}
		for i, s := range t.Spans {
			spans[i].FinishedWithDuration(s.To().Sub(s.From()))
		}
		return nil
	})
	return errors.Join(err, to.Close())
}
