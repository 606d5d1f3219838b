package jaeger

import (
	"testing"
	"time"

	"context"

	"culprit/internal/source"
)

// BenchmarkFetch reads 60,000 spans of 1,500 traces over gRPC api_v3 from a server in
// the same process, whose work is in the figure.
func BenchmarkFetch(b *testing.B) {
	j := newGRPCJaeger(b)
	start := time.Now().Add(-time.Minute).Truncate(30 * sec)
	var calls []call
	for i := range 40 {
		calls = append(calls, call{byte(i + 1), byte(min(i, 1)), []string{"web", "cart", "user", "stock"}[i%4], "GET /things/{id}", time.Duration(i) * ms, ms, false})
	}
	for i := range 1500 {
		j.fake.add(start, draw(i, start.Add(time.Duration(i)*20*ms), calls...))
	}
	cfg := overGRPC(j)
	cfg.Step, cfg.Timeout = 30*sec, 30*sec
	s, err := New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		err := s.Fetch(b.Context(), start, start.Add(30*sec), func(_ context.Context, batch source.Batch) error {
			for _, td := range batch.Traces {
				n += td.SpanCount()
			}
			return nil
		})
		if err != nil || n != 60_000 {
			b.Fatalf("%d spans: %v", n, err)
		}
	}
	b.ReportMetric(60_000*float64(b.N)/b.Elapsed().Seconds(), "spans/s")
}
