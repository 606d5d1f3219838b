package notify

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"culprit/model"
)

// alert is an alert as Alertmanager's API v2 takes it.
type alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       *time.Time        `json:"endsAt,omitempty"` // left out: it fires until it is no longer repeated
	GeneratorURL string            `json:"generatorURL"`
}

// alertName is the label by which Alertmanager's users know our alerts.
const alertName = "CulpritIncident"

// labelsOf identify the alert of an incident: what it was at first, and a severity.
func labelsOf(in *model.Incident, s *standing, severity string, more map[string]string) map[string]string {
	l := map[string]string{}
	maps.Copy(l, more)
	for name, value := range map[string]string{
		"alertname": alertName, "incident": in.ID, "severity": severity,
		"service": s.first.service, "operation": s.first.operation, "kind": s.first.kind,
	} {
		if value = clean(value, maxWord); value != "" {
			l[name] = value
		}
	}
	return l
}

// alertsOf is what an Alertmanager is told of an incident: its alert, and the one with the
// severity that it had before, which ends. ends is when the alert ends, nil: it fires.
func alertsOf(in *model.Incident, s *standing, t *Target, w words, base string, now time.Time, ends *time.Time) ([]alert, error) {
	v := viewOf(in, base, plain)
	title, text, err := w.render(v)
	if err != nil {
		return nil, refusal{err}
	}
	notes := map[string]string{
		"summary": title, "description": text, "state": v.State, "severity_now": v.Severity, "revision": fmt.Sprint(v.Revision),
		"impact": fmt.Sprintf("%d of %d requests (%d %%)", v.AffectedRequests, v.Requests, v.Percent),
	}
	if len(v.Traces) > 0 {
		notes["traces"] = strings.Join(v.Traces, "\n")
	}
	if len(v.Changes) > 0 {
		notes["changes"] = strings.Join(v.Changes, "\n")
	}
	starts := in.StartedAt.UTC()
	if starts.After(now) || starts.IsZero() {
		starts = now.UTC()
	}
	a := alert{Labels: labelsOf(in, s, s.severity, t.Labels), Annotations: notes, StartsAt: starts, EndsAt: ends, GeneratorURL: pageOf(in, base)}
	out := []alert{a}
	if s.before != "" && s.before != s.severity {
		old := a
		end := now.UTC()
		old.Labels, old.EndsAt = labelsOf(in, s, s.before, t.Labels), &end
		out = append(out, old)
	}
	return out, nil
}

// alertRequest makes the request to one peer.
func alertRequest(in *model.Incident, peer string, alerts []alert) (request, error) {
	body, err := json.Marshal(alerts)
	if err != nil {
		return request{}, refusal{fmt.Errorf("as JSON: %w", err)}
	}
	return request{url: strings.TrimSuffix(peer, "/") + "/api/v2/alerts", kind: "application/json", body: body}, nil
}
