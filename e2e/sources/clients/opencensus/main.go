// Command opencensus emits the story through OpenCensus' exporter to an agent, at the
// address in its argument. OpenCensus' own spans cannot be given times of the past, so
// the exporter is handed finished ones.
package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"contrib.go.opencensus.io/exporter/ocagent"
	"go.opencensus.io/trace"

	"culprit/e2e/sources/story"
)

var kinds = map[string]int{"server": trace.SpanKindServer, "client": trace.SpanKindClient, "internal": trace.SpanKindUnspecified}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "opencensus:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) < 2 {
		return errors.New("want an address")
	}
	exporters := map[string]*ocagent.Exporter{}
	err := story.Listen(func(t story.Trace) error {
		var traceID trace.TraceID
		fill(traceID[:])
		ids := make([]trace.SpanID, len(t.Spans))
		for i, s := range t.Spans {
			fill(ids[i][:])
			e := exporters[s.Service]
			if e == nil {
				var err error
				e, err = ocagent.NewExporter(ocagent.WithInsecure(), ocagent.WithAddress(os.Args[1]), ocagent.WithServiceName(s.Service),
					ocagent.WithReconnectionPeriod(time.Second))
				if err != nil {
					return err
				}
				exporters[s.Service] = e
			}
			data := &trace.SpanData{
				SpanContext: trace.SpanContext{TraceID: traceID, SpanID: ids[i], TraceOptions: 1},
				SpanKind:    kinds[s.Kind], Name: s.Name, StartTime: s.From(), EndTime: s.To(), Attributes: map[string]any{},
			}
			if s.Parent >= 0 {
				data.ParentSpanID = ids[s.Parent]
			}
			for k, v := range s.Attributes {
				data.Attributes[k] = v
			}
			e.ExportSpan(data)
		}
		return nil
	})
	for _, e := range exporters {
		e.Flush()
		err = errors.Join(err, e.Stop())
	}
	return err
}

func fill(b []byte) {
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
}
