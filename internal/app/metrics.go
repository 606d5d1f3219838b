package app

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics registers what /metrics tells beside REST's own.
func (s *Service) metrics() error {
	s.verdicts = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "culprit_judge_seconds",
		Help:    "Time to assemble, summarise, judge and rank the windows that a watermark has closed.",
		Buckets: prometheus.ExponentialBuckets(.001, 2, 14),
	})
	s.announced = newAnnounced()
	for _, c := range []prometheus.Collector{
		s.verdicts, s.announced.events, s.announced.delay, gauges{s}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := s.registry.Register(c); err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
	}
	return nil
}

// gauges tells the status as metrics, asked for at each scrape.
type gauges struct{ s *Service }

var (
	watermarkDesc = desc("watermark_seconds", "Event time up to which everything is judged, in seconds since 1970.")
	openDesc      = desc("incidents_open", "Incidents that are open.")
	healthyDesc   = desc("healthy_windows", "Windows that make up what is normal.")
	servicesDesc  = desc("services", "Services seen.")
	opsDesc       = desc("operations", "Operations seen.")
	seenDesc      = desc("spans_total", "Spans taken in.")
	pendingDesc   = desc("spans_pending", "Spans that wait for their window to end.")
	droppedDesc   = desc("spans_dropped_total", "Spans dropped because too many were waiting.")
	lateDesc      = desc("spans_late_total", "Spans that came after their window was judged.")
	warnedDesc    = desc("warnings_total", "What was wrong with the input, by kind.", "kind")

	healthDesc     = desc("source_healthy", "1 if the source answers.", "source")
	sourceMark     = desc("source_watermark_seconds", "Event time up to which the source has been read, in seconds since 1970.", "source")
	receivedDesc   = desc("source_spans_received_total", "Spans that came from the source; by spans used this is the fetch amplification.", "source")
	usedDesc       = desc("source_spans_used_total", "Spans from the source that were passed on.", "source")
	tracesDesc     = desc("source_traces_used_total", "Traces from the source that were passed on.", "source")
	truncatedDesc  = desc("source_truncated_total", "Answers of the source that may have been cut.", "source")
	appendedDesc   = desc("log_appended_total", "Revisions that this process has appended to the incident log.")
	logRetriesDesc = desc("log_retries_total", "Revisions that the incident log did not take at once.")
	unreadableDesc = desc("log_unreadable_total", "Messages in the incident log that are no incidents.")
	logSizeDesc    = desc("log_messages", "Revisions in the incident log.")
	logBytesDesc   = desc("log_bytes", "Size of the incident log.")
	connectedDesc  = desc("nats_connected", "1 if NATS answers.")

	retriesDesc = desc("source_retries_total", "Questions to the source that were asked again.", "source")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("culprit_"+name, help, labels, nil)
}

// Describe sends no descriptions: which sources and kinds there are is known later.
func (g gauges) Describe(chan<- *prometheus.Desc) {}

// Collect asks for the status.
func (g gauges) Collect(out chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, t prometheus.ValueType, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, t, v, labels...)
	}
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	st := g.s.status()
	if !st.Watermark.IsZero() {
		tell(watermarkDesc, gauge, float64(st.Watermark.UnixMilli())/1000)
	}
	tell(openDesc, gauge, float64(st.OpenIncidents))
	tell(healthyDesc, gauge, float64(st.HealthyWindows))
	tell(servicesDesc, gauge, float64(st.Services))
	tell(opsDesc, gauge, float64(st.Operations))
	tell(seenDesc, counter, float64(st.SpansSeen))
	tell(pendingDesc, gauge, float64(st.SpansPending))
	tell(droppedDesc, counter, float64(st.SpansDropped))
	tell(lateDesc, counter, float64(st.SpansLate))
	kinds := map[string]int64{}
	for _, w := range st.Warnings {
		kinds[w.Kind] += w.Count
	}
	for kind, n := range kinds {
		tell(warnedDesc, counter, float64(n), kind)
	}
	g.log(tell)
	g.incidents(tell)
	g.alerts(tell, &st)
	told := map[string]bool{}
	for _, src := range st.Sources {
		if told[src.Name] {
			continue // two sources of one name would be one series twice
		}
		told[src.Name] = true
		healthy := 0.
		if src.Healthy {
			healthy = 1
		}
		tell(healthDesc, gauge, healthy, src.Name)
		if !src.Watermark.IsZero() {
			tell(sourceMark, gauge, float64(src.Watermark.UnixMilli())/1000, src.Name)
		}
		tell(receivedDesc, counter, float64(src.SpansReceived), src.Name)
		tell(usedDesc, counter, float64(src.SpansUsed), src.Name)
		tell(tracesDesc, counter, float64(src.TracesUsed), src.Name)
		tell(truncatedDesc, counter, float64(src.Truncated), src.Name)
		tell(retriesDesc, counter, float64(src.Retries), src.Name)
	}
}

// scrapeWait bounds how long a scrape waits for NATS.
const scrapeWait = time.Second

// log tells how the incident log is doing.
func (g gauges) log(tell func(*prometheus.Desc, prometheus.ValueType, float64, ...string)) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeWait)
	defer cancel()
	st := g.s.bus.Stats(ctx)
	tell(appendedDesc, prometheus.CounterValue, float64(st.Appended))
	tell(logRetriesDesc, prometheus.CounterValue, float64(st.Retries))
	tell(unreadableDesc, prometheus.CounterValue, float64(st.Unreadable))
	connected := 0.
	if st.Connected && st.Error == "" {
		connected = 1
		tell(logSizeDesc, prometheus.GaugeValue, float64(st.Messages))
		tell(logBytesDesc, prometheus.GaugeValue, float64(st.Bytes))
	}
	tell(connectedDesc, prometheus.GaugeValue, connected)
}
