package xray

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	format "culprit/internal/format/xray"
	"culprit/internal/source"
	"culprit/model"
)

// api is X-Ray's API over some traces, as far as a reader uses it.
type api struct {
	*httptest.Server

	mu      sync.Mutex
	traces  map[string][]string // documents by trace ID
	starts  map[string]time.Time
	pages   int // traces of a page
	calls   map[string]int
	largest int                             // most IDs of one BatchGetTraces
	fail    func(call, n int) string        // an error's name for the n-th call of a kind
	skip    func(call int) []string         // IDs that the n-th BatchGetTraces leaves out
	arrange func(id string, n int) []string // documents of a trace at its n-th call
	asked   map[string]int
}

const (
	summaries = 0
	batches   = 1
)

func newAPI(t *testing.T) *api {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	a := &api{traces: map[string][]string{}, starts: map[string]time.Time{}, pages: 7, calls: map[string]int{}, asked: map[string]int{}}
	a.Server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.Close)
	return a
}

// add files trace n of two services at a time.
func (a *api) add(n int, at time.Time) string {
	id := format.FormatTraceID(model.TraceID{0, byte(n >> 8), byte(n), 3: 1, 15: 1})
	secs := func(d time.Duration) float64 { return float64(at.Add(d).UnixMicro()) / 1e6 }
	a.mu.Lock()
	defer a.mu.Unlock()
	a.starts[id] = at
	a.traces[id] = []string{
		fmt.Sprintf(`{"name":"web","id":"00000000000000a1","trace_id":%q,"start_time":%f,"end_time":%f,"subsegments":[{"name":"pay","id":"00000000000000a2","start_time":%f,"end_time":%f,"namespace":"remote"}]}`, id, secs(0), secs(100e6), secs(10e6), secs(90e6)),
		fmt.Sprintf(`{"name":"pay","id":"00000000000000b1","parent_id":"00000000000000a2","trace_id":%q,"start_time":%f,"end_time":%f}`, id, secs(20e6), secs(80e6)),
	}
	return id
}

func (a *api) serve(w http.ResponseWriter, r *http.Request) {
	var in struct {
		StartTime, EndTime float64
		NextToken          string
		TraceIds           []string
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256") {
		http.Error(w, "not signed", http.StatusForbidden)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[r.URL.Path]++
	kind := summaries
	if r.URL.Path == "/Traces" {
		kind = batches
	}
	if a.fail != nil {
		if name := a.fail(kind, a.calls[r.URL.Path]); name != "" {
			status := http.StatusBadRequest
			if name == "ThrottledException" {
				status = http.StatusTooManyRequests
			}
			w.Header().Set("X-Amzn-ErrorType", name)
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"Message":"because"}`)
			return
		}
	}
	out := map[string]any{}
	if kind == summaries {
		var ids []string
		for id, at := range a.starts {
			if s := float64(at.UnixMicro()) / 1e6; s >= in.StartTime && s < in.EndTime {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		from := 0
		fmt.Sscan(in.NextToken, &from)
		to := min(from+a.pages, len(ids))
		var list []any
		for _, id := range ids[from:to] {
			list = append(list, map[string]any{"Id": id, "StartTime": float64(a.starts[id].Unix())})
		}
		if out["TraceSummaries"] = list; to < len(ids) {
			out["NextToken"] = fmt.Sprint(to)
		}
	} else {
		a.largest = max(a.largest, len(in.TraceIds))
		var left []string
		if a.skip != nil {
			left = a.skip(a.calls[r.URL.Path])
		}
		var list []any
		for _, id := range in.TraceIds {
			if slices.Contains(left, id) {
				continue
			}
			a.asked[id]++
			documents := a.traces[id]
			if a.arrange != nil {
				documents = a.arrange(id, a.asked[id])
			}
			var segments []any
			for _, d := range documents {
				segments = append(segments, map[string]any{"Id": "x", "Document": d})
			}
			list = append(list, map[string]any{"Id": id, "Segments": segments})
		}
		out["Traces"], out["UnprocessedTraceIds"] = list, left
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(out); err != nil {
		panic(err)
	}
}

func (a *api) reader(t *testing.T, change func(*Config)) *Reader {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Region, cfg.Endpoint, cfg.RequestsPerSecond = "eu-west-1", a.URL, 1000
	if change != nil {
		change(&cfg)
	}
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sink counts spans of each trace, and keeps the watermark.
type sink struct {
	mu        sync.Mutex
	spans     map[string]int
	watermark time.Time
	warnings  []model.Warning
	passed    chan time.Time
}

func newSink() *sink { return &sink{spans: map[string]int{}, passed: make(chan time.Time, 100)} }

func (k *sink) deliver(_ context.Context, b source.Batch) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, td := range b.Traces {
		for _, rs := range td.ResourceSpans().All() {
			for _, s := range rs.ScopeSpans().At(0).Spans().All() {
				k.spans[format.FormatTraceID(model.TraceID(s.TraceID()))]++
				if s.Kind() == ptrace.SpanKindUnspecified {
					return fmt.Errorf("span %s has no kind", s.SpanID())
				}
			}
		}
	}
	k.warnings = append(k.warnings, b.Warnings...)
	if !b.Watermark.IsZero() {
		k.watermark = b.Watermark
		k.passed <- b.Watermark
	}
	return nil
}

var at = time.Date(2026, time.November, 22, 10, 0, 0, 0, time.UTC)

// All pages are read, five traces at a time, each trace once with the stretch that it
// starts in; what the API leaves out or throttles is asked for again.
func TestFetch(t *testing.T) {
	a := newAPI(t)
	var want []string
	for i := range 40 {
		want = append(want, a.add(i, at.Add(time.Duration(i)*1499*time.Millisecond)))
	}
	a.add(100, at.Add(-2*time.Second))
	a.add(101, at.Add(61*time.Second))
	a.fail = func(_, n int) string {
		if n == 2 {
			return "ThrottledException"
		}
		return ""
	}
	a.skip = func(n int) []string {
		if n == 3 {
			return want[:1]
		}
		return nil
	}
	k := newSink()
	r := a.reader(t, nil)
	if err := r.Fetch(t.Context(), at, at.Add(time.Minute), k.deliver); err != nil {
		t.Fatal(err)
	}
	if len(k.spans) != len(want) {
		t.Errorf("%d traces, want %d", len(k.spans), len(want))
	}
	for _, id := range want {
		if k.spans[id] != 3 {
			t.Errorf("trace %s: %d spans, want 3", id, k.spans[id])
		}
	}
	if a.largest > perBatch || a.calls["/TraceSummaries"] < 40/a.pages {
		t.Errorf("asked for %d traces at once in %d pages", a.largest, a.calls["/TraceSummaries"])
	}
	if st := r.Status(); !st.Healthy || st.TracesUsed != 40 || st.SpansUsed != 120 || st.Retries == 0 || !k.watermark.Equal(at.Add(time.Minute)) {
		t.Errorf("%+v", st)
	}
}

// What trying again does not mend is said at once, and with what to do.
func TestRefusals(t *testing.T) {
	for name, want := range map[string]string{
		"AccessDeniedException":   "AWS refuses the credentials",
		"InvalidRequestException": "check filter",
	} {
		a := newAPI(t)
		a.fail = func(int, int) string { return name }
		r := a.reader(t, nil)
		err := r.Fetch(t.Context(), at, at.Add(30*time.Second), newSink().deliver)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "because") {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
		if st := r.Status(); st.Healthy || !strings.Contains(st.Error, want) {
			t.Errorf("%s: %+v", name, st)
		}
	}
}

// More traces than allowed are cut, and that is counted.
func TestCut(t *testing.T) {
	a := newAPI(t)
	for i := range 30 {
		a.add(i, at.Add(time.Duration(i)*time.Millisecond))
	}
	k := newSink()
	r := a.reader(t, func(c *Config) { c.MaxTraces = 10 })
	if err := r.Fetch(t.Context(), at, at.Add(30*time.Second), k.deliver); err != nil {
		t.Fatal(err)
	}
	if st := r.Status(); len(k.spans) != 10 || st.Truncated != 1 {
		t.Errorf("%d traces, %+v", len(k.spans), st)
	}
}

// Segments that are in progress at the first look are there at the second.
func TestSecondLook(t *testing.T) {
	a := newAPI(t)
	begin := time.Now().Truncate(time.Second)
	var ids []string
	for i := range 3 {
		ids = append(ids, a.add(i, begin.Add(time.Duration(i)*time.Second+time.Millisecond)))
	}
	a.arrange = func(id string, n int) []string {
		if docs := a.traces[id]; n > 1 {
			return docs
		} else {
			return []string{strings.Replace(docs[0], `"end_time"`, `"in_progress":true,"was"`, 1), docs[1]}
		}
	}
	k := newSink()
	r := a.reader(t, func(c *Config) {
		c.Step, c.Settle, c.SecondLook = time.Second, 100*time.Millisecond, 2*time.Second
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := r.Run(ctx, begin, k.deliver); err != nil {
			t.Error(err)
		}
	})
	for mark := range k.passed {
		if !mark.Before(begin.Add(3 * time.Second)) {
			break
		}
	}
	cancel()
	wg.Wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, id := range ids {
		if k.spans[id] != 4 { // the callee's at the first look, all of them at the second
			t.Errorf("trace %s: %d spans came, want 4", id, k.spans[id])
		}
	}
}

func TestConfig(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"requests_per_second must be above 0": func(c *Config) { c.RequestsPerSecond = -1 },
		"endpoint \"x\": want http(s)://HOST": func(c *Config) { c.Endpoint = "x" },
		"step must be at most 6h":             func(c *Config) { c.Step = 7 * time.Hour },
		"max_traces must be at least 1":       func(c *Config) { c.MaxTraces = -1 },
	} {
		cfg := DefaultConfig()
		change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
