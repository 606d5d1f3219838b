package api

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"culprit/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// fakeEngine answers what its fields say.
type fakeEngine struct {
	rank      func(ctx context.Context, from, to time.Time, baseline [][2]time.Time) (model.Ranking, error)
	topology  func(at time.Time) (model.Topology, error)
	operation func(service, operation string, at time.Time) (model.OperationView, error)
	ready     error
	moment    atomic.Uint64
	note      func(n model.Note) (model.Note, bool, error)
	alerts    model.AlertStatus
	refused   error

	operations func(at time.Time, service, find string, most int) (model.OperationPage, error)
}

func (f *fakeEngine) Note(_ context.Context, n model.Note) (model.Note, bool, error) {
	if f.note != nil {
		return f.note(n)
	}
	return n, true, nil
}

func (f *fakeEngine) Alerts(context.Context) (model.AlertStatus, error) { return f.alerts, nil }

func (f *fakeEngine) letter(id string) error {
	for _, l := range f.alerts.DeadLetters {
		if l.ID == id {
			return f.refused
		}
	}
	return &UnknownError{What: "dead-letter", Name: id}
}

func (f *fakeEngine) Resend(_ context.Context, id string) error { return f.letter(id) }
func (f *fakeEngine) Drop(_ context.Context, id string) error   { return f.letter(id) }

func (f *fakeEngine) Rank(ctx context.Context, from, to time.Time, baseline [][2]time.Time) (model.Ranking, error) {
	if f.rank != nil {
		return f.rank(ctx, from, to, baseline)
	}
	return model.Ranking{From: from, To: to, Method: "culprit", Anomalous: true, Suspects: sample(1).Suspects}, nil
}

func (f *fakeEngine) Topology(at time.Time) (model.Topology, error) {
	if f.topology != nil {
		return f.topology(at)
	}
	return model.Topology{
		From:  noon,
		To:    noon.Add(30 * time.Second),
		Nodes: []model.TopologyNode{{Service: "frontend", Type: "service", P50MS: 12}},
		Edges: []model.TopologyEdge{{Caller: "frontend", Callee: "mysql", Calls: 12}},
	}, nil
}

func (f *fakeEngine) Operation(service, operation string, at time.Time) (model.OperationView, error) {
	if f.operation != nil {
		return f.operation(service, operation, at)
	}
	return model.OperationView{
		Service: service, Operation: operation, From: noon, To: noon.Add(30 * time.Second), Why: "not flagged: own time 12 ms is usual",
		Now:     &model.OperationNumbers{Requests: 12},
		Tests:   []model.OperationTest{{Evidence: model.Evidence{Family: "own_time", Z: 1.2}, Threshold: 3}},
		Callers: []model.OperationPeer{{Service: "web"}}, Instances: []model.OperationInstance{{Instance: "a"}},
	}, nil
}

func (f *fakeEngine) Compare(_ context.Context, before, now [2]time.Time) (model.Comparison, error) {
	if now[0].Before(noon) {
		return model.Comparison{}, &NotRetainedError{&model.Retained{From: noon, To: noon.Add(time.Hour)}}
	}
	return model.Comparison{
		Before: model.CompareSide{From: before[0], To: before[1]}, Now: model.CompareSide{From: now[0], To: now[1]},
		Changes:  []model.Difference{{Rank: 1, Level: "edge", Kind: model.ChangeSlower, Service: "frontend", Callee: "mysql", Entries: []model.EntryEffect{{Service: "frontend"}}}},
		Entries:  []model.EntryChange{{Service: "frontend"}},
		Services: []model.ServiceChange{{Service: "mysql"}},
	}, nil
}

func (f *fakeEngine) Correlate(_ context.Context, service, operation string, from, to time.Time, _ Chosen) (model.Correlation, error) {
	if service == "typo" {
		return model.Correlation{}, &UnknownError{What: "operation", Name: operation, Known: []string{"GET /cart"}}
	}
	return model.Correlation{
		From: noon, To: noon.Add(time.Minute), Service: service, Operation: operation, Chosen: "failing",
		Attributes: []model.CorrelatedAttribute{{Rank: 1, Where: "above", Key: "tenant", Value: "<b>", Lift: model.Number(1 / zero()), Same: []model.Attribute{{Key: "a", Value: "b"}}}},
	}, nil
}

func zero() float64 { return 0 }

func (f *fakeEngine) CriticalPaths(_ context.Context, service, operation string, from, to time.Time, faster []Faster) (model.CriticalPaths, error) {
	e := model.EntryPaths{
		Service: service, Operation: operation, Requests: 12, Operations: []model.PathOperation{{Service: "mysql", Operation: "SELECT", Kind: "callee", MS: 12}},
		Instances: []model.PathInstance{{Service: "mysql"}}, Edges: []model.PathEdge{{Caller: "frontend"}}, Stacks: []model.PathStack{{Frames: []string{"frontend GET"}}},
	}
	for _, f := range faster {
		e.Predictions = append(e.Predictions, model.PathPrediction{Service: f.Site, Faster: model.Number(f.By)})
	}
	return model.CriticalPaths{From: noon, To: noon.Add(time.Minute), Entries: []model.EntryPaths{e}}, nil
}

func (f *fakeEngine) Workflow(_ context.Context, service, operation string, from, to time.Time, trace model.TraceID) (model.Workflow, error) {
	switch service {
	case "gone":
		return model.Workflow{}, &NotRetainedError{&model.Retained{From: noon, To: noon.Add(time.Hour)}}
	case "typo":
		return model.Workflow{}, &UnknownError{What: "operation", Name: operation, Known: []string{"GET /cart"}}
	case "lost":
		return model.Workflow{}, &UnknownError{What: "trace", Name: trace.String()}
	}
	w := model.Workflow{
		Service: service, Operation: operation, From: noon, To: noon.Add(time.Minute), Runs: 12, P50MS: 120, P95MS: 300,
		Participants: []model.WorkflowParticipant{{Service: service}, {Service: "mysql", Opaque: true}},
		Steps: []model.WorkflowStep{
			{Parent: -1, Service: service, Operation: operation, Hop: model.HopEntry, Runs: 12, Frequency: 1, CallsMin: 1, CallsMax: 1, CallsMean: 1},
			{ID: 1, Caller: service, Service: "mysql", Operation: "SELECT <b>", Hop: model.HopOpaque, Runs: 6, Frequency: .5, CallsMin: 1, CallsMax: 41, CallsMean: 7,
				TimeShare: .8, Gaps: []model.WorkflowGap{{Before: -1, MS: 3, Share: .1}}, Deviations: []int{0}},
		},
		Variants:   []model.WorkflowVariant{{Runs: 12, Share: 1, Exemplar: "beef"}},
		Usual:      &model.WorkflowUsual{From: noon, To: noon, Runs: 40},
		Deviations: []model.WorkflowDeviation{{Kind: model.DeviationSlow, Step: 1, Service: "mysql", Operation: "SELECT <b>", Unit: "ms", Before: 12, Now: 300, Sentence: "mysql SELECT <b> takes long"}},
	}
	if !trace.IsZero() {
		w.Trace = trace.String()
	}
	return w, nil
}

func (f *fakeEngine) Operations(at time.Time, service, find string, most int) (model.OperationPage, error) {
	if f.operations != nil {
		return f.operations(at, service, find, most)
	}
	return model.OperationPage{From: noon, To: noon.Add(30 * time.Second), Threshold: 6.1, Total: 1, Operations: []model.OperationSummary{
		{Service: "frontend", Operation: "GET /users/{}", PerSecond: 3.2, Z: model.Number(nan())},
	}}, nil
}

func (f *fakeEngine) Status() model.ServiceStatus {
	return model.ServiceStatus{Version: "test", StartedAt: noon, Sources: []model.SourceStatus{{Name: "jaeger"}}}
}

func (f *fakeEngine) Moment() uint64 { return f.moment.Load() }

func (f *fakeEngine) Ready() error { return f.ready }

// sample is the i-th incident, opened i minutes after noon: open if i is even, of
// service s0 to s3 in turn.
func sample(i int) model.Incident {
	opened := noon.Add(time.Duration(i) * time.Minute)
	in := model.Incident{
		ID: fmt.Sprintf("inc-%06d", i), Revision: 1, Event: model.EventOpened, State: model.StateOpen,
		StartedAt: opened.Add(-time.Minute), OpenedAt: opened, UpdatedAt: opened,
		Severity: []string{model.SeverityCritical, model.SeverityMajor, model.SeverityMinor}[i%3],
		Title:    "payment Charge is slow", Summary: "own time of payment Charge rose from 12 ms to 810 ms",
		Cause: "own_time payment Charge", Because: "first seen",
		Affected: []string{"frontend", fmt.Sprintf("s%d", i%4)},
		Impact:   model.Impact{Requests: 1200, Affected: 340, Share: .28333333, EntryPoints: []model.EntryImpact{{Service: "frontend", Operation: "GET /cart"}}},
		Links:    []model.Link{{Trace: "4bf92f3577b34da6a3ce929d0e0e4736", URL: "http://127.0.0.1:16686/trace/4bf92f3577b34da6a3ce929d0e0e4736"}},
	}
	for rank := 1; rank <= 10; rank++ {
		su := model.Suspect{
			Rank: rank, Service: fmt.Sprintf("service-%d", rank), Operation: "Charge", Kind: model.KindOwnTime, Score: model.Number(31.2 / float64(rank)), Confidence: .9,
			Reason:    "own time of payment Charge rose from 12 ms to 810 ms in 340 of 1200 requests; its callees are as usual",
			Exemplars: []string{"4bf92f3577b34da6a3ce929d0e0e4736"},
		}
		for n := range 4 {
			su.Evidence = append(su.Evidence, model.Evidence{
				Family: "own_time", Service: su.Service, Operation: su.Operation, Before: 12.3456789, Now: model.Number(810 + n), Unit: "ms", Z: model.Number(14.2 / float64(n+1)),
				Effect: 4.1, Impact: 790, Samples: 340 + n, Baseline: 12000, Sentence: "own time rose from 12.3 ms to 810 ms",
			})
		}
		in.Suspects = append(in.Suspects, su)
	}
	if i%2 == 1 {
		in.Event, in.State = model.EventResolved, model.StateResolved
		in.UpdatedAt = opened.Add(5 * time.Minute)
		in.ResolvedAt = &in.UpdatedAt
	}
	return in
}

func newProjection(t testing.TB, cfg ProjectionConfig) *Projection {
	t.Helper()
	p, err := NewProjection(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func apply(t testing.TB, p *Projection, seq uint64, in model.Incident) {
	t.Helper()
	if fresh, err := p.Apply(seq, in); err != nil || !fresh {
		t.Fatalf("Apply(%d, %s revision %d) = %v, %v; want it taken in", seq, in.ID, in.Revision, fresh, err)
	}
}

// service is a server on a port of its own.
type service struct {
	url        string
	projection *Projection
	engine     *fakeEngine
	registry   *prometheus.Registry
	stop       func()
}

func start(t testing.TB, cfg Config, projection ProjectionConfig) *service {
	t.Helper()
	s := &service{engine: &fakeEngine{}, registry: prometheus.NewRegistry(), projection: newProjection(t, projection)}
	srv, err := New(cfg, s.engine, s.projection, s.registry, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ctx, ln) }()
	stopped := false
	s.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
	}
	t.Cleanup(s.stop)
	return s
}

// do sends a request and reads the whole answer.
func (s *service) do(t testing.TB, method, path string, change ...func(*http.Request)) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequest(method, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(req)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, body
}
