package api

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// BenchmarkList asks for incidents out of 500, 10 suspects with 4 pieces of evidence
// each (14 kB of JSON an incident).
func BenchmarkList(b *testing.B) {
	p := newProjection(b, ProjectionConfig{})
	for i := range 500 {
		apply(b, p, uint64(i+1), sample(i))
	}
	srv, err := New(Config{}, &fakeEngine{}, p, prometheus.NewRegistry(), slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelInfo})))
	if err != nil {
		b.Fatal(err)
	}
	for name, path := range map[string]string{
		"brief500": "/api/v1/incidents?limit=500&view=brief",
		"full50":   "/api/v1/incidents",
		"full500":  "/api/v1/incidents?limit=500",
		"filtered": "/api/v1/incidents?state=open&service=s2&severity=major&view=brief",
		"history":  "/api/v1/incidents/inc-000250",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				w := httptest.NewRecorder()
				srv.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
				if w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
				n = w.Body.Len()
			}
			b.ReportMetric(float64(n)/1000, "kB/answer")
		})
	}
}

// BenchmarkApply takes in new incidents.
func BenchmarkApply(b *testing.B) {
	p := newProjection(b, ProjectionConfig{})
	in := sample(0)
	b.ReportAllocs()
	seq := 0
	for b.Loop() {
		seq++
		in.Revision = seq
		apply(b, p, uint64(seq), in)
	}
}
