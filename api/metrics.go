package api

import (
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics is how REST is used. Labels are bounded: routes, not paths.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	streams  prometheus.Gauge
	cut      prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, p *Projection) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "culprit_http_requests_total",
			Help: "Requests answered, by route, method and status code.",
		}, []string{"route", "method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "culprit_http_request_duration_seconds",
			Help:    "Time to answer, by route; event streams are left out.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "culprit_http_requests_in_flight",
			Help: "Requests being answered, event streams included.",
		}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "culprit_http_event_streams",
			Help: "Clients that follow the incident events.",
		}),
		cut: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "culprit_http_event_streams_cut_total",
			Help: "Event streams that were cut because the client read too slowly.",
		}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds, m.inFlight, m.streams, m.cut, projectionMetrics{p}} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// measure counts a request under its route, whatever the handlers make of it.
func (s *Server) measure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		m := s.metrics
		m.inFlight.Inc()
		defer m.inFlight.Dec()
		begin := time.Now()
		if err := next(c); err != nil {
			c.Error(err) // now, so that the status is known here
		}
		took := time.Since(begin)
		route, method := c.Path(), c.Request().Method
		if _, ours := s.spec.queries[methodOf(c.Request())+" "+route]; !ours {
			route, method = "other", "other"
		}
		m.requests.WithLabelValues(route, method, strconv.Itoa(c.Response().Status)).Inc()
		if route != routeEvents {
			m.seconds.WithLabelValues(route).Observe(took.Seconds())
		}
		s.log.Debug("request", "method", method, "route", route, "status", c.Response().Status, "took", took)
		return nil
	}
}

// projectionMetrics is how much the projection holds, read when asked for.
type projectionMetrics struct{ p *Projection }

var (
	descIncidents = prometheus.NewDesc("culprit_incidents_kept", "Incidents in memory, by state.", []string{"state"}, nil)
	descBytes     = prometheus.NewDesc("culprit_incidents_kept_bytes", "Memory that the kept incidents take, compressed.", nil, nil)
	descSequence  = prometheus.NewDesc("culprit_incidents_log_sequence", "How far into the incident log the list goes.", nil, nil)
)

// Describe names the metrics.
func (projectionMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- descIncidents
	ch <- descBytes
	ch <- descSequence
}

// Collect reads them.
func (m projectionMetrics) Collect(ch chan<- prometheus.Metric) {
	m.p.mu.RLock()
	all, closed, bytes, seq := len(m.p.order), m.p.closed, m.p.bytes, m.p.seq
	m.p.mu.RUnlock()
	ch <- prometheus.MustNewConstMetric(descIncidents, prometheus.GaugeValue, float64(all-closed), "open")
	ch <- prometheus.MustNewConstMetric(descIncidents, prometheus.GaugeValue, float64(closed), "closed")
	ch <- prometheus.MustNewConstMetric(descBytes, prometheus.GaugeValue, float64(bytes))
	ch <- prometheus.MustNewConstMetric(descSequence, prometheus.GaugeValue, float64(seq))
}
