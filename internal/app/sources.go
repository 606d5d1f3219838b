package app

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"culprit/internal/source"
	"culprit/internal/source/cloudtrace"
	"culprit/internal/source/jaeger"
	"culprit/internal/source/jaegerrecv"
	"culprit/internal/source/lightstep"
	"culprit/internal/source/opencensus"
	"culprit/internal/source/osprofiler"
	"culprit/internal/source/otlp"
	"culprit/internal/source/xray"
	"culprit/internal/source/zipkin"
	"culprit/model"
)

// Systems lists the sources of traces by system. A new system is a field here and a row
// in systems, nothing else. A field's configuration reads its entries over its own
// defaults (UnmarshalYAML) and prints itself without secrets.
type Systems struct {
	// Jaeger lists the Jaegers to read. Several are read side by side.
	Jaeger []jaeger.Config `yaml:"jaeger"`
	// OTLP lists the OpenTelemetry receivers.
	OTLP []otlp.Config `yaml:"otlp"`
	// XRay lists the AWS regions whose X-Ray is read.
	XRay []xray.Config `yaml:"xray"`
	// XRayDaemon lists the receivers that SDKs of X-Ray send to.
	XRayDaemon []xray.DaemonConfig `yaml:"xray_daemon"`
	// CloudTrace lists the Google Cloud projects whose traces are read.
	CloudTrace []cloudtrace.Config `yaml:"cloudtrace"`
	// JaegerReceiver lists where Jaeger's clients and agents send to.
	JaegerReceiver []jaegerrecv.Config `yaml:"jaeger_receiver"`
	// Zipkin lists the Zipkin servers to read.
	Zipkin []zipkin.Config `yaml:"zipkin"`
	// ZipkinReceiver lists where Zipkin's clients send to.
	ZipkinReceiver []zipkin.ReceiverConfig `yaml:"zipkin_receiver"`
	// ZipkinKafka lists the topics with Zipkin's spans.
	ZipkinKafka []zipkin.TopicConfig `yaml:"zipkin_kafka"`
	// Lightstep lists where Lightstep's tracers send to.
	Lightstep []lightstep.Config `yaml:"lightstep"`
	// OpenCensus lists the agents of OpenCensus libraries.
	OpenCensus []opencensus.Config `yaml:"opencensus"`
	// OSProfiler lists the stores of OpenStack's osprofiler to read.
	OSProfiler []osprofiler.Config `yaml:"osprofiler"`
}

// system is a kind of source.
type system struct {
	// pushed means that its sources listen and can ask nobody for the past.
	pushed bool
	// open makes its sources.
	open func(s Systems, log *slog.Logger) ([]source.Source, error)
}

var systems = []system{
	{open: each(func(s Systems) []jaeger.Config { return s.Jaeger }, jaeger.New, func(c *jaeger.Config, log *slog.Logger) { c.Logger = log })},
	{open: each(func(s Systems) []otlp.Config { return s.OTLP }, otlp.New, func(c *otlp.Config, log *slog.Logger) { c.Logger = log }), pushed: true},
	{open: each(func(s Systems) []xray.Config { return s.XRay }, xray.New, func(c *xray.Config, log *slog.Logger) { c.Logger = log })},
	{open: each(func(s Systems) []xray.DaemonConfig { return s.XRayDaemon }, xray.NewDaemon, func(c *xray.DaemonConfig, log *slog.Logger) { c.Logger = log }), pushed: true},
	{open: each(func(s Systems) []cloudtrace.Config { return s.CloudTrace }, cloudtrace.New, func(c *cloudtrace.Config, log *slog.Logger) { c.Logger = log })},
	{open: each(func(s Systems) []jaegerrecv.Config { return s.JaegerReceiver }, jaegerrecv.New, func(c *jaegerrecv.Config, log *slog.Logger) { c.Logger = log }), pushed: true},
	{open: each(func(s Systems) []zipkin.Config { return s.Zipkin }, zipkin.New, func(c *zipkin.Config, log *slog.Logger) { c.Logger = log })},
	{open: each(func(s Systems) []zipkin.ReceiverConfig { return s.ZipkinReceiver }, zipkin.NewReceiver, func(c *zipkin.ReceiverConfig, log *slog.Logger) { c.Logger = log }), pushed: true},
	{open: each(func(s Systems) []zipkin.TopicConfig { return s.ZipkinKafka }, zipkin.NewTopic, func(c *zipkin.TopicConfig, log *slog.Logger) { c.Logger = log }), pushed: true},
	{open: each(func(s Systems) []lightstep.Config { return s.Lightstep }, lightstep.New, func(c *lightstep.Config, log *slog.Logger) { c.Logger = log }), pushed: true},
	{open: each(func(s Systems) []opencensus.Config { return s.OpenCensus }, opencensus.New, func(c *opencensus.Config, log *slog.Logger) { c.Logger = log }), pushed: true},
	{open: each(func(s Systems) []osprofiler.Config { return s.OSProfiler }, osprofiler.New, func(c *osprofiler.Config, log *slog.Logger) { c.Logger = log })},
}

// each opens a source for each configuration of a list.
func each[C any, S source.Source](list func(Systems) []C, open func(C) (S, error), logTo func(*C, *slog.Logger)) func(Systems, *slog.Logger) ([]source.Source, error) {
	return func(s Systems, log *slog.Logger) ([]source.Source, error) {
		var out []source.Source
		for _, c := range list(s) {
			logTo(&c, log)
			src, err := open(c)
			if err != nil {
				return nil, err
			}
			out = append(out, src)
		}
		return out, nil
	}
}

// sourceSet is where traces come from.
type sourceSet struct {
	sources  []source.Source
	names    []string // as their batches call them
	traceURL string   // leads to a trace in the first page that shows traces; {trace_id} stands for the trace
	asked    bool     // one of them can be asked for what was before
}

func (s *sourceSet) add(name string, src source.Source) error {
	if slices.Contains(s.names, name) {
		return fmt.Errorf("two sources are called %q: name each once", name)
	}
	s.sources, s.names = append(s.sources, src), append(s.names, name)
	if shows, ok := src.(interface{ TraceURL(model.TraceID) string }); ok && s.traceURL == "" {
		var any model.TraceID
		s.traceURL = strings.Replace(shows.TraceURL(any), any.String(), traceIDPlace, 1)
	}
	return nil
}

// openSources makes the sources of the configuration and those that come beside it.
func openSources(cfg Config, log *slog.Logger, more ...namedSource) (sourceSet, error) {
	set := sourceSet{traceURL: cfg.Engine.TraceURL}
	for _, sys := range systems {
		opened, err := sys.open(cfg.Systems, log)
		if err != nil {
			return set, err
		}
		for _, src := range opened {
			if err := set.add(src.Status().Name, src); err != nil {
				return set, err
			}
			set.asked = set.asked || !sys.pushed
		}
	}
	for _, m := range more {
		if err := set.add(m.name, m.source); err != nil {
			return set, err
		}
		set.asked = true
	}
	if len(set.sources) == 0 {
		return set, errors.New("no source of traces: name a Jaeger with --jaeger http://HOST:16686, receive OpenTelemetry with --otlp, or list sources in the configuration file")
	}
	return set, nil
}

type namedSource struct {
	name   string
	source source.Source
}
