package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"culprit/api"
	"culprit/api/client"
	"culprit/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// echoEngine answers with what it was asked.
type echoEngine struct{ ready error }

func (echoEngine) Rank(_ context.Context, from, to time.Time, baseline [][2]time.Time) (model.Ranking, error) {
	return model.Ranking{From: from, To: to, Method: fmt.Sprint(len(baseline), " stretches")}, nil
}

func (echoEngine) Topology(at time.Time) (model.Topology, error) {
	return model.Topology{From: at}, nil
}

func (echoEngine) Operation(service, operation string, at time.Time) (model.OperationView, error) {
	if service == "unknown" {
		return model.OperationView{}, &api.UnknownError{What: "operation", Name: operation, Known: []string{"GET /cart"}}
	}
	return model.OperationView{Service: service, Operation: operation, From: at}, nil
}

func (echoEngine) Operations(at time.Time, service, find string, most int) (model.OperationPage, error) {
	return model.OperationPage{From: at, Total: most, Operations: []model.OperationSummary{{Service: service, Operation: find}}}, nil
}

func (echoEngine) Workflow(_ context.Context, service, operation string, from, to time.Time, trace model.TraceID) (model.Workflow, error) {
	return model.Workflow{Service: service, Operation: operation, From: from, To: to, Trace: trace.String()}, nil
}

func (echoEngine) Compare(_ context.Context, before, now [2]time.Time) (model.Comparison, error) {
	return model.Comparison{Before: model.CompareSide{From: before[0]}, Now: model.CompareSide{From: now[0]}}, nil
}

func (echoEngine) Correlate(_ context.Context, service, operation string, _, _ time.Time, _ api.Chosen) (model.Correlation, error) {
	return model.Correlation{Service: service, Operation: operation}, nil
}

func (echoEngine) CriticalPaths(_ context.Context, service, operation string, from, to time.Time, _ []api.Faster) (model.CriticalPaths, error) {
	return model.CriticalPaths{From: from, To: to, Entries: []model.EntryPaths{{Service: service, Operation: operation}}}, nil
}

func (echoEngine) Moment() uint64 { return 1 }

func (echoEngine) Status() model.ServiceStatus { return model.ServiceStatus{Version: "test"} }
func (e echoEngine) Ready() error              { return e.ready }

func (echoEngine) Note(_ context.Context, n model.Note) (model.Note, bool, error) {
	n.ID = "n1"
	return n, true, nil
}

func (echoEngine) Alerts(context.Context) (model.AlertStatus, error) {
	return model.AlertStatus{Targets: []model.TargetStatus{{Name: "pager"}}}, nil
}

func (echoEngine) Resend(_ context.Context, id string) error {
	return &api.UnknownError{What: "dead-letter", Name: id}
}

func (echoEngine) Drop(context.Context, string) error { return nil }

// start serves a projection and gives a client of it.
func start(t *testing.T, engine echoEngine) (*client.Service, *api.Projection, *httptest.Server) {
	t.Helper()
	p, err := api.NewProjection(api.ProjectionConfig{MaxEvents: 100})
	if err != nil {
		t.Fatal(err)
	}
	srv, err := api.New(api.Config{}, engine, p, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(srv.Handler())
	t.Cleanup(hs.Close)
	c, err := client.Open(hs.URL, hs.Client())
	if err != nil {
		t.Fatal(err)
	}
	return c, p, hs
}

func put(t *testing.T, p *api.Projection, n int) {
	t.Helper()
	in := model.Incident{ID: fmt.Sprint("inc-", n), Revision: 1, Event: model.EventOpened, State: model.StateOpen,
		Severity: model.SeverityMajor, OpenedAt: noon.Add(time.Duration(n) * time.Minute), Affected: []string{"payment"}}
	if fresh, err := p.Apply(uint64(n), in); !fresh || err != nil {
		t.Fatal(fresh, err)
	}
}

func TestEveryFollowsThePages(t *testing.T) {
	c, p, _ := start(t, echoEngine{})
	for n := 1; n <= 25; n++ {
		put(t, p, n)
	}
	limit, since := 10, noon
	params := &client.ListIncidentsParams{Limit: &limit, Since: &since, State: &[]client.State{client.StateOpen, client.StateExpired}, Service: &[]string{"payment", "a,b & c"}}
	n := 25
	for in, err := range c.Every(t.Context(), params) {
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprint("inc-", n); in.ID != want {
			t.Fatalf("%s, want %s", in.ID, want)
		}
		n--
	}
	if n != 0 || params.Cursor != nil {
		t.Errorf("%d incidents were not given; cursor of the caller %v", n, params.Cursor)
	}
	h, err := c.Incident(t.Context(), "inc-7")
	if err != nil || h.ID != "inc-7" || len(h.Revisions) != 1 {
		t.Errorf("history %+v, %v", h, err)
	}
}

// Names of any kind reach the service as they are.
func TestNamesArriveAsTheyAre(t *testing.T) {
	c, _, _ := start(t, echoEngine{})
	for _, name := range []string{"GET /users/{}", "100%", "a%2Fb", "ü/ö?x=1#y", "SELECT * FROM t WHERE a+b = 'c;d'", "a//b", "<b>"} {
		v, err := c.Operation(t.Context(), name, name, noon)
		if err != nil || v.Service != name || v.Operation != name || !v.From.Equal(noon) {
			t.Errorf("%q came as %q, %q at %v: %v", name, v.Service, v.Operation, v.From, err)
		}
		same, err := c.Compare(t.Context(), [2]time.Time{noon, noon.Add(time.Minute)}, [2]time.Time{noon.Add(time.Hour), noon.Add(2 * time.Hour)})
		if err != nil || !same.Before.From.Equal(noon) || !same.Now.From.Equal(noon.Add(time.Hour)) {
			t.Errorf("Compare = %+v, %v", same, err)
		}
		k, err := c.Correlate(t.Context(), &client.GetCorrelationParams{Service: name, Operation: name})
		if err != nil || k.Service != name || k.Operation != name {
			t.Errorf("Correlate(%q) = %+v, %v", name, k, err)
		}
		p, err := c.CriticalPaths(t.Context(), &client.GetCriticalPathsParams{Service: &name, Operation: &name})
		if err != nil || len(p.Entries) != 1 || p.Entries[0].Operation != name {
			t.Errorf("CriticalPaths(%q) = %+v, %v", name, p, err)
		}
		w, err := c.Workflow(t.Context(), name, name, noon, noon.Add(time.Minute), "beef")
		if err != nil || w.Service != name || w.Operation != name || !w.From.Equal(noon) || !w.To.Equal(noon.Add(time.Minute)) || w.Trace != "0000000000000000000000000000beef" {
			t.Errorf("%q came as %+v: %v", name, w, err)
		}
	}
}

func TestStretchesArrive(t *testing.T) {
	c, _, _ := start(t, echoEngine{})
	r, err := c.Ranking(t.Context(), noon.In(time.FixedZone("", 7200)), noon.Add(time.Minute), [2]time.Time{noon.Add(-time.Hour), noon.Add(-time.Minute)}, [2]time.Time{noon.Add(-3 * time.Hour), noon.Add(-2 * time.Hour)})
	if err != nil || !r.From.Equal(noon) || !r.To.Equal(noon.Add(time.Minute)) || r.Method != "2 stretches" {
		t.Errorf("%+v, %v", r, err)
	}
	if topology, err := c.Topology(t.Context(), time.Time{}); err != nil || !topology.From.IsZero() {
		t.Errorf("%+v, %v", topology, err)
	}
	if page, err := c.Operations(t.Context(), noon, "frontend", "cart", 7); err != nil || !page.From.Equal(noon) || page.Total != 7 ||
		page.Operations[0].Service != "frontend" || page.Operations[0].Operation != "cart" {
		t.Errorf("%+v, %v", page, err)
	}
	if st, err := c.Status(t.Context()); err != nil || st.Version != "test" {
		t.Errorf("%+v, %v", st, err)
	}
}

// What the service refuses is the problem that it tells.
func TestRefusalsAreProblems(t *testing.T) {
	c, _, _ := start(t, echoEngine{ready: errors.New("the log is being read")})
	for want, err := range map[string]error{
		"unknown-operation": second(c.Operation(t.Context(), "unknown", "GET /card", noon)),
		"unknown-incident":  second(c.Incident(t.Context(), "nobody")),
		"bad-parameter":     second(c.Ranking(t.Context(), noon, noon)),
		"not-ready":         c.Ready(t.Context()),
	} {
		var p *model.Problem
		if !errors.As(err, &p) || p.Type != "urn:culprit:problem:"+want || p.Detail == "" {
			t.Errorf("%v, want the problem %s", err, want)
		}
	}
	ready, _, _ := start(t, echoEngine{})
	if err := ready.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

// Something else at the address is called what it is.
func TestOtherServersAreRecognised(t *testing.T) {
	hs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html>welcome</html>")
	}))
	defer hs.Close()
	c, err := client.Open(hs.URL, hs.Client())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "is culprit there?") {
		t.Errorf("error %v", err)
	}
	hs.Close()
	if _, err := c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "asking "+hs.URL) {
		t.Errorf("error %v", err)
	}
	if _, err := client.Open("localhost:7070", nil); err == nil || !strings.Contains(err.Error(), "want http://") {
		t.Errorf("error %v", err)
	}
}

// Watch gives every event once and in order, over connections that are cut, also
// when the cut comes before the first event.
func TestWatchOutlivesItsConnections(t *testing.T) {
	c, p, hs := start(t, echoEngine{})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	put(t, p, 1)
	connected, cuts, want := make(chan struct{}), 0, uint64(2)
	go func() {
		<-connected
		hs.CloseClientConnections()
		for n := 2; n <= 9; n++ {
			in := model.Incident{ID: fmt.Sprint("inc-", n), Revision: 1, Event: model.EventOpened, State: model.StateOpen}
			if _, err := p.Apply(uint64(n), in); err != nil {
				t.Error(err)
			}
			if n == 5 {
				hs.CloseClientConnections()
			}
		}
	}()
	go func() { // the stream stands once the service counts it
		defer close(connected)
		for {
			res, err := hs.Client().Get(hs.URL + "/metrics")
			if err != nil {
				t.Error(err)
				return
			}
			text, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || strings.Contains(string(text), "culprit_http_event_streams 1") {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	for e, err := range c.Watch(ctx, nil) {
		if err != nil {
			cuts++
			continue
		}
		if e.Sequence != want || e.Name != model.EventOpened || e.Incident.ID != fmt.Sprint("inc-", want) {
			t.Fatalf("event %d %s %s, want %d", e.Sequence, e.Name, e.Incident.ID, want)
		}
		if want++; want == 10 {
			break
		}
	}
	if want != 10 || cuts == 0 {
		t.Errorf("got the events up to %d over %d cuts: %v", want-1, cuts, ctx.Err())
	}
}

// Watch ends at what the service refuses for good, and says when something may have
// been missed.
func TestWatchSaysWhatItCannotGive(t *testing.T) {
	c, p, hs := start(t, echoEngine{})
	put(t, p, 1)
	late := uint64(99)
	for e, err := range c.Watch(t.Context(), &late) {
		if err != nil || e.Name != client.EventReset || e.Sequence != 1 {
			t.Errorf("%+v, %v; want a reset at 1", e, err)
		}
		break
	}
	wrong, err := client.Open(hs.URL+"/elsewhere", hs.Client())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range wrong.Watch(t.Context(), nil) {
		var problem *model.Problem
		if n++; !errors.As(err, &problem) || problem.Status != http.StatusNotFound {
			t.Errorf("error %v", err)
		}
	}
	if n != 1 {
		t.Errorf("%d errors, want 1", n)
	}
}
