package cloudtrace

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/trace/apiv1/tracepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"culprit/internal/source"
	"culprit/model"
)

// api is Cloud Trace's API over some traces.
type api struct {
	tracepb.UnimplementedTraceServiceServer
	address string

	mu     sync.Mutex
	traces []*tracepb.Trace // by start
	calls  int
	pages  []int32 // sizes that were asked for
	got    int     // calls of GetTrace
	fail   func(call int) error
	shown  func(t *tracepb.Trace, look int) *tracepb.Trace // a trace as it is at some look
	looks  map[string]int
}

func newAPI(t *testing.T) *api {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &api{address: l.Addr().String(), looks: map[string]int{}}
	s := grpc.NewServer()
	tracepb.RegisterTraceServiceServer(s, a)
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Serve(l) })
	t.Cleanup(func() { s.Stop(); wg.Wait() })
	return a
}

func (a *api) add(n int, at time.Time) string {
	span := func(id, parent uint64, kind tracepb.TraceSpan_SpanKind, name string, from, to time.Duration, labels ...string) *tracepb.TraceSpan {
		s := &tracepb.TraceSpan{SpanId: id, ParentSpanId: parent, Kind: kind, Name: name, StartTime: timestamppb.New(at.Add(from)), EndTime: timestamppb.New(at.Add(to)), Labels: map[string]string{}}
		for i := 0; i < len(labels); i += 2 {
			s.Labels[labels[i]] = labels[i+1]
		}
		return s
	}
	const ms = time.Millisecond
	t := &tracepb.Trace{ProjectId: "shop", TraceId: fmt.Sprintf("%032x", n+1), Spans: []*tracepb.TraceSpan{
		span(1, 0, tracepb.TraceSpan_RPC_SERVER, "/cart", 0, 100*ms, "service.name", "web"),
		span(2, 1, tracepb.TraceSpan_RPC_CLIENT, "Charge", 10*ms, 90*ms, "service.name", "web"),
		span(3, 2, tracepb.TraceSpan_RPC_SERVER, "Charge", 20*ms, 80*ms, "service.name", "pay"),
	}}
	a.traces = append(a.traces, t)
	return t.TraceId
}

func (a *api) ListTraces(_ context.Context, in *tracepb.ListTracesRequest) (*tracepb.ListTracesResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls++
	if a.fail != nil {
		if err := a.fail(a.calls); err != nil {
			return nil, err
		}
	}
	if in.ProjectId != "shop" || in.View != tracepb.ListTracesRequest_COMPLETE {
		return nil, status.Error(codes.InvalidArgument, "another project or view")
	}
	a.pages = append(a.pages, in.PageSize)
	from := 0
	fmt.Sscan(in.PageToken, &from)
	out := &tracepb.ListTracesResponse{}
	for i := from; i < len(a.traces); i++ {
		at := a.traces[i].Spans[0].StartTime.AsTime()
		if at.Before(in.StartTime.AsTime()) || at.After(in.EndTime.AsTime()) {
			continue
		}
		if len(out.Traces) == int(in.PageSize) {
			out.NextPageToken = fmt.Sprint(i)
			break
		}
		out.Traces = append(out.Traces, a.show(a.traces[i]))
	}
	return out, nil
}

func (a *api) GetTrace(_ context.Context, in *tracepb.GetTraceRequest) (*tracepb.Trace, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.got++
	for _, t := range a.traces {
		if t.TraceId == in.TraceId {
			return a.show(t), nil
		}
	}
	return nil, status.Error(codes.NotFound, "no such trace")
}

func (a *api) show(t *tracepb.Trace) *tracepb.Trace {
	if a.looks[t.TraceId]++; a.shown != nil {
		return a.shown(t, a.looks[t.TraceId])
	}
	return t
}

func (a *api) source(t *testing.T, change func(*Config)) *Source {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Project, cfg.Endpoint, cfg.Insecure, cfg.RequestsPerSecond = "shop", a.address, true, 1000
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sink counts spans of each trace by service, and keeps the watermark.
type sink struct {
	mu        sync.Mutex
	spans     map[string]int
	services  map[string]int
	watermark time.Time
	passed    chan time.Time
}

func newSink() *sink {
	return &sink{spans: map[string]int{}, services: map[string]int{}, passed: make(chan time.Time, 100)}
}

func (k *sink) deliver(_ context.Context, b source.Batch) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, td := range b.Traces {
		for _, rs := range td.ResourceSpans().All() {
			for _, s := range rs.ScopeSpans().At(0).Spans().All() {
				k.spans[s.TraceID().String()]++
				k.services[source.ServiceOf(rs)]++
			}
		}
	}
	if !b.Watermark.IsZero() {
		k.watermark = b.Watermark
		k.passed <- b.Watermark
	}
	return nil
}

var at = time.Date(2026, time.November, 22, 10, 0, 0, 0, time.UTC)

// All pages are read, each trace once with the stretch that it starts in; what fails
// is asked for again.
func TestFetch(t *testing.T) {
	a := newAPI(t)
	a.add(100, at.Add(-time.Second))
	for i := range 40 {
		a.add(i, at.Add(time.Duration(i)*1500*time.Millisecond)) // one on the edge of two stretches
	}
	a.add(101, at.Add(61*time.Second))
	a.fail = func(call int) error {
		if call == 2 {
			return status.Error(codes.Unavailable, "later")
		}
		return nil
	}
	k := newSink()
	s := a.source(t, func(c *Config) { c.PageSize = 7 })
	if err := s.Fetch(t.Context(), at, at.Add(time.Minute), k.deliver); err != nil {
		t.Fatal(err)
	}
	if len(k.spans) != 40 || k.services["web"] != 80 || k.services["pay"] != 40 {
		t.Errorf("%d traces, services %v", len(k.spans), k.services)
	}
	if st := s.Status(); !st.Healthy || st.TracesUsed != 40 || st.SpansUsed != 120 || st.Retries != 1 || st.Truncated != 0 || !k.watermark.Equal(at.Add(time.Minute)) {
		t.Errorf("%+v", st)
	}
}

// What trying again does not mend is said at once, and with what to do.
func TestRefusals(t *testing.T) {
	for code, want := range map[codes.Code]string{codes.PermissionDenied: "check project and credentials_file", codes.InvalidArgument: "check project and filter"} {
		a := newAPI(t)
		a.fail = func(int) error { return status.Error(code, "because") }
		s := a.source(t, nil)
		err := s.Fetch(t.Context(), at, at.Add(30*time.Second), newSink().deliver)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "because") || a.calls != 1 {
			t.Errorf("%v after %d calls, want %q", err, a.calls, want)
		}
	}
}

// More traces than allowed are cut, and counted; too large a page becomes smaller ones.
func TestBounds(t *testing.T) {
	a := newAPI(t)
	for i := range 30 {
		a.add(i, at.Add(time.Duration(i)*time.Millisecond))
	}
	k := newSink()
	s := a.source(t, func(c *Config) { c.PageSize, c.MaxTraces = 10, 20 })
	if err := s.Fetch(t.Context(), at, at.Add(30*time.Second), k.deliver); err != nil {
		t.Fatal(err)
	}
	if st := s.Status(); len(k.spans) != 20 || st.Truncated != 1 {
		t.Errorf("%d traces, %+v", len(k.spans), st)
	}
	k = newSink()
	a.pages = nil
	s = a.source(t, func(c *Config) { c.PageSize, c.MaxResponseBytes = 30, 2048 })
	if err := s.Fetch(t.Context(), at, at.Add(30*time.Second), k.deliver); err != nil {
		t.Fatal(err)
	}
	if len(k.spans) != 30 || len(a.pages) < 5 || a.pages[len(a.pages)-1] >= 10 {
		t.Errorf("%d traces in pages of %v", len(k.spans), a.pages)
	}
}

// A trace that lacks its root at the first look is asked for by its ID at the second.
func TestSecondLook(t *testing.T) {
	a := newAPI(t)
	begin := time.Now().Truncate(time.Second)
	var ids []string
	for i := range 3 {
		ids = append(ids, a.add(i, begin.Add(time.Duration(i)*time.Second+time.Millisecond)))
	}
	a.shown = func(t *tracepb.Trace, look int) *tracepb.Trace {
		if look > 1 {
			return t
		}
		return &tracepb.Trace{ProjectId: t.ProjectId, TraceId: t.TraceId, Spans: t.Spans[1:]}
	}
	k := newSink()
	s := a.source(t, func(c *Config) {
		c.Step, c.Settle, c.SecondLook = time.Second, 100*time.Millisecond, 2*time.Second
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx, begin, k.deliver); err != nil {
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
	for _, id := range ids {
		if k.spans[id] != 5 { // two at the first look, three at the second
			t.Errorf("trace %s: %d spans came, want 5", id, k.spans[id])
		}
	}
	if a.got == 0 {
		t.Error("no trace was asked for by its ID")
	}
}

func TestConfig(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"no project is given":            func(c *Config) { c.Project = "" },
		"do not go together":             func(c *Config) { c.Insecure, c.CredentialsFile = true, "key.json" },
		"insecure must be beside":        func(c *Config) { c.Insecure = true },
		"page_size must be 1 to 10000":   func(c *Config) { c.PageSize = -1 },
		"max_response_bytes must be at":  func(c *Config) { c.MaxResponseBytes = 1 },
		"requests_per_second must be ab": func(c *Config) { c.RequestsPerSecond = -1 },
	} {
		cfg := DefaultConfig()
		cfg.Project = "shop"
		change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestTraceURL(t *testing.T) {
	s := newAPI(t).source(t, nil)
	if got, want := s.TraceURL(model.TraceID{15: 1}), "https://console.cloud.google.com/traces/list?project=shop&tid=00000000000000000000000000000001"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
