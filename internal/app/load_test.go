package app

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/source"
	"culprit/model"
)

const (
	loadSpans  = 50_000                 // a second
	loadBatch  = 100 * time.Millisecond // of event time and of the clock
	loadAsks   = 200                    // a second
	loadWarm   = 20                     // windows before, as fast as they are taken in
	loadSick   = 14                     // of those, the first with a fault
	loadHealed = 17                     // the first without it again
)

// steady is a source of 100 services with ten operations each. It delivers some windows
// at once, with a fault in some of them, and then 50,000 spans a second.
type steady struct{ warm chan struct{} }

func (*steady) Status() model.SourceStatus { return model.SourceStatus{Name: "load", Healthy: true} }

func (l *steady) Run(ctx context.Context, _ time.Time, deliver source.Deliver) error {
	at := noon
	for w := range loadWarm {
		sick := w >= loadSick && w < loadHealed
		for range 10 {
			next := at.Add(step / 10)
			if err := deliver(ctx, source.Batch{Source: "load", Traces: load(at, next, 5000, sick), Watermark: next}); err != nil {
				return err
			}
			at = next
		}
	}
	close(l.warm)
	ticker := time.NewTicker(loadBatch)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		next := at.Add(loadBatch)
		if err := deliver(ctx, source.Batch{Source: "load", Traces: load(at, next, int(loadSpans*loadBatch/time.Second), false), Watermark: next}); err != nil {
			return err
		}
		at = next
	}
}

// load is so many spans in traces of ten, a message for each service.
func load(from, to time.Time, spans int, sick bool) []ptrace.Traces {
	const services, operations, perTrace = 100, 10, 10
	rng := rand.New(rand.NewPCG(1, uint64(from.UnixNano())))
	out := make([]ptrace.Traces, services)
	in := make([]ptrace.SpanSlice, services)
	for i := range out {
		out[i] = ptrace.NewTraces()
		rs := out[i].ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", "service-"+strconv.Itoa(i))
		rs.Resource().Attributes().PutStr("service.instance.id", "instance-"+strconv.Itoa(rng.IntN(3)))
		in[i] = rs.ScopeSpans().AppendEmpty().Spans()
	}
	traces := spans / perTrace
	for t := range traces {
		var id pcommon.TraceID
		binary.BigEndian.PutUint64(id[:8], uint64(from.UnixNano()))
		binary.BigEndian.PutUint64(id[8:], rng.Uint64())
		at := from.Add(to.Sub(from) * time.Duration(t) / time.Duration(traces))
		first, entry := rng.IntN(services), rng.IntN(operations)
		late := time.Duration(0)
		if sick && first <= 7 && first+perTrace > 7 { // service-7 takes longer by itself
			late = 80 * time.Millisecond
		}
		for k := range perTrace {
			d := time.Duration(100-9*k)*time.Millisecond + time.Duration(rng.IntN(1e6))
			if first+k <= 7 {
				d += late
			}
			s := span(in[(first+k)%services], id, byte(k+1), byte(k), "operation-"+strconv.Itoa((entry+3*k)%operations),
				ptrace.SpanKindServer, at.Add(time.Duration(k)*time.Millisecond), d)
			s.Attributes().PutStr("http.request.method", "GET")
			s.Attributes().PutStr("http.route", "/api/v1/things/{id}")
			s.Attributes().PutInt("http.response.status_code", 200)
			s.Attributes().PutStr("client.address", "10.0.0."+strconv.Itoa(rng.IntN(250)))
		}
	}
	return out
}

// The questions of the page, 200 a second in turn and each time about another operation, while 50,000
// spans a second come in. A time is counted from when the question was due, so that one slow
// answer does not keep others from being counted. With -benchtime 70s two windows are judged
// meanwhile; with the default of a second, none.
func BenchmarkRESTWhileIngesting(b *testing.B) {
	cfg := DefaultConfig()
	cfg.NATS.StoreDir = b.TempDir()
	cfg.NATS.Listen = ""
	cfg.REST.Listen = "127.0.0.1:0"
	src := &steady{warm: make(chan struct{})}
	s, err := New(cfg, slog.New(slog.DiscardHandler), WithSource("load", src))
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			b.Error(err)
		}
	})
	defer running.Wait()
	defer cancel()
	base := "http://" + s.Addr(ctx).String()
	<-src.warm
	at := func(window int) string {
		return url.QueryEscape(noon.Add(time.Duration(window) * step).Format(time.RFC3339))
	}
	reads := []string{
		"/api/v1/incidents?state=open&limit=500", "/api/v1/incidents?state=resolved&state=expired&limit=50",
		"/api/v1/incidents/" + url.PathEscape(firstIncident(b, s)),
		"/api/v1/topology", "/api/v1/operations?limit=200", "/api/v1/operations/", "/api/v1/status",
		"/api/v1/rankings?from=" + at(loadSick) + "&to=" + at(loadHealed),
	}

	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100, DisableCompression: true}}
	defer client.CloseIdleConnections()
	type answer struct {
		read string
		took time.Duration
	}
	var mu sync.Mutex
	var all []answer
	var asking sync.WaitGroup
	before := s.status().SpansSeen
	begin := time.Now()
	n := 0
	for b.Loop() {
		due := begin.Add(time.Duration(n) * time.Second / loadAsks)
		read := reads[n%len(reads)]
		path := read
		if strings.HasSuffix(path, "/") { // another operation each time
			path += fmt.Sprintf("service-%d/operation-%d", n/len(reads)%100, n/len(reads)/100%10)
		}
		n++
		time.Sleep(time.Until(due))
		asking.Go(func() {
			res, err := client.Get(base + path)
			if err != nil {
				b.Error(err)
				return
			}
			defer res.Body.Close()
			if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
				b.Errorf("%s: %s, %v", path, res.Status, err)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, answer{read, time.Since(due)})
		})
	}
	asking.Wait()
	took := time.Since(begin).Seconds()
	b.ReportMetric(float64(s.status().SpansSeen-before)/took, "spans/s")
	b.ReportMetric(float64(len(all))/took, "asks/s")
	slices.SortFunc(all, func(x, y answer) int { return cmp.Compare(x.took, y.took) })
	ms := func(of []answer, share float64) float64 {
		return float64(of[int(share*float64(len(of)-1))].took.Microseconds()) / 1000
	}
	b.ReportMetric(ms(all, .5), "p50-ms")
	b.ReportMetric(ms(all, .99), "p99-ms")
	b.ReportMetric(ms(all, 1), "max-ms")
	for _, read := range reads {
		of := slices.DeleteFunc(slices.Clone(all), func(x answer) bool { return x.read != read })
		if len(of) > 0 {
			b.Logf("%-90s p50 %7.2f ms, p99 %7.2f ms, max %7.2f ms", read, ms(of, .5), ms(of, .99), ms(of, 1))
		}
	}
}

func firstIncident(b *testing.B, s *Service) string {
	b.Helper()
	for _, in := range s.book.all() {
		return in.ID
	}
	b.Fatal("the log holds no incident")
	return ""
}
