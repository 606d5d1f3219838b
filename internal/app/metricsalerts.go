package app

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"culprit/model"
)

// announced counts what was published. Its exemplars lead from a graph to a trace.
type announced struct {
	events *prometheus.CounterVec
	delay  prometheus.Histogram
}

func newAnnounced() announced {
	return announced{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "culprit_incident_events_total",
			Help: "Revisions of incidents that were published by this process; the exemplar is a trace of the first suspect.",
		}, []string{"event", "severity"}),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "culprit_incident_delay_seconds",
			Help:    "Event time from the onset of an incident to the end of the window that opened it.",
			Buckets: []float64{30, 60, 90, 120, 180, 300, 600, 1800},
		}),
	}
}

// count takes in a revision that the log has acknowledged.
func (t announced) count(in *model.Incident) {
	l := exemplar(in)
	if c, ok := t.events.WithLabelValues(in.Event, in.Severity).(prometheus.ExemplarAdder); ok && l != nil {
		c.AddWithExemplar(1, l)
	} else {
		t.events.WithLabelValues(in.Event, in.Severity).Inc()
	}
	if in.Event != model.EventOpened {
		return
	}
	delay := in.OpenedAt.Sub(in.StartedAt).Seconds()
	if h, ok := t.delay.(prometheus.ExemplarObserver); ok && l != nil {
		h.ObserveWithExemplar(delay, l)
	} else {
		t.delay.Observe(delay)
	}
}

// exemplar names a trace of the first suspect, nil if there is none. OpenMetrics allows
// 128 characters in all.
func exemplar(in *model.Incident) prometheus.Labels {
	if len(in.Suspects) == 0 || len(in.Suspects[0].Exemplars) == 0 {
		return nil
	}
	trace := in.Suspects[0].Exemplars[0]
	if len(trace)+len(in.ID) > 64 {
		return nil
	}
	return prometheus.Labels{"trace_id": trace, "incident": in.ID}
}

var (
	startedDesc  = desc("incident_started_seconds", "Onset of an incident that is open, in seconds since 1970.", "incident", "service", "severity", "title")
	feedbackDesc = desc("incidents_by_feedback", "Incidents that are kept, by what was said about them: false is nothing wrong, or expected.", "feedback")
	falseDesc    = desc("false_incidents_per_day", "False incidents a day: the budget, what feedback says, and its 95 % interval.", "which")
	sentDesc     = desc("alerts_sent_total", "Revisions and repetitions that a receiver of alerts took.", "target", "receiver")
	skippedDesc  = desc("alerts_skipped_total", "Revisions that are not for the receiver.", "target", "receiver")
	mutedDesc    = desc("alerts_muted_total", "Revisions that a mute kept from the receiver.", "target", "receiver")
	againDesc    = desc("alerts_retries_total", "Requests to the receiver that were made again.", "target", "receiver")
	behindDesc   = desc("alerts_pending", "Revisions that the receiver has not been told of yet.", "target", "receiver")
	deadDesc     = desc("alerts_dead_letters", "Revisions that the receiver did not take.", "target", "receiver")
	takesDesc    = desc("alerts_receiver_healthy", "1 if the receiver took what it was sent last.", "target", "receiver")
)

const (
	// maxShown bounds the open incidents that are told one by one, the newest.
	maxShown = 100
	// maxTitle bounds their titles, in runes.
	maxTitle = 120
)

// incidents tells of each open incident: a dashboard draws them as annotations.
func (g gauges) incidents(tell func(*prometheus.Desc, prometheus.ValueType, float64, ...string)) {
	open := g.s.view.Load().Open()
	for i := max(0, len(open)-maxShown); i < len(open); i++ {
		in := &open[i]
		tell(startedDesc, prometheus.GaugeValue, float64(in.StartedAt.UnixMilli())/1000, label(in.ID), label(in.Service()), label(in.Severity), label(in.Title))
	}
}

// label cuts foreign text to a label's length.
func label(s string) string {
	r := []rune(strings.ToValidUTF8(s, "\uFFFD"))
	if len(r) > maxTitle {
		r = append(r[:maxTitle], '…')
	}
	return string(r)
}

// alerts tells how the receivers are doing, and what feedback says.
func (g gauges) alerts(tell func(*prometheus.Desc, prometheus.ValueType, float64, ...string), st *model.ServiceStatus) {
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	for _, t := range st.Targets {
		at := []string{t.Name, t.Receiver}
		tell(sentDesc, counter, float64(t.Sent), at...)
		tell(skippedDesc, counter, float64(t.Skipped), at...)
		tell(mutedDesc, counter, float64(t.Muted), at...)
		tell(againDesc, counter, float64(t.Retries), at...)
		tell(behindDesc, gauge, float64(t.Pending), at...)
		tell(deadDesc, gauge, float64(t.DeadLetters), at...)
		healthy := 0.
		if t.Healthy {
			healthy = 1
		}
		tell(takesDesc, gauge, healthy, at...)
	}
	for what, n := range map[string]int{"right": st.Feedback.Right, "wrong": st.Feedback.Wrong, "false": st.Feedback.False, "none": st.Feedback.None} {
		tell(feedbackDesc, gauge, float64(n), what)
	}
	tell(falseDesc, gauge, float64(st.FalseBudgetPerDay), "budget")
	if st.FalseMeasured != nil && len(st.FalseInterval) == 2 {
		tell(falseDesc, gauge, float64(*st.FalseMeasured), "measured")
		tell(falseDesc, gauge, float64(st.FalseInterval[0]), "lowest")
		tell(falseDesc, gauge, float64(st.FalseInterval[1]), "highest")
	}
}
