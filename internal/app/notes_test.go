package app

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/datasets"
	"culprit/internal/source"
	"culprit/model"
)

// post sends a body and reads the answer.
func post(t *testing.T, s *Service, path, body string, into any) int {
	t.Helper()
	res, err := http.Post("http://"+s.Addr(t.Context()).String()+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return res.StatusCode
}

// stepwise is a source that delivers a window whenever it is told to.
type stepwise struct {
	slow func(n int) bool
	go_  chan int // up to which window
	did  chan struct{}
	next int
}

func newStepwise(slow func(int) bool) *stepwise {
	return &stepwise{slow: slow, go_: make(chan int), did: make(chan struct{})}
}

func (p *stepwise) Status() model.SourceStatus {
	return model.SourceStatus{Name: "shop", Healthy: true}
}

func (p *stepwise) Run(ctx context.Context, from time.Time, deliver source.Deliver) error {
	if !from.IsZero() {
		p.next = int(from.Sub(noon) / step)
	}
	for {
		select {
		case to := <-p.go_:
			for ; p.next < to; p.next++ {
				at := noon.Add(time.Duration(p.next) * step)
				if err := deliver(ctx, source.Batch{Source: "shop", Traces: []ptrace.Traces{shop(p.next, p.slow)}, Watermark: at.Add(step)}); err != nil {
					return err
				}
			}
			p.did <- struct{}{}
		case <-ctx.Done():
			return nil
		}
	}
}

// to delivers the windows before n and waits until they are judged and published.
func (p *stepwise) to(n int) {
	p.go_ <- n
	<-p.did
}

// What is said to be expected ends, is normal from now on, and stays so over a restart
// and in a replay of the recording; a fault of the same kind that is worse is told.
func TestExpectedIsTheNewNormal(t *testing.T) {
	dir := t.TempDir()
	cfg := testConfig(dir)
	cfg.Record = filepath.Join(dir, "recording")
	slow := func(n int) bool { return n >= 12 } // and stays so
	src := newStepwise(slow)
	var told []model.Incident
	remember := OnAppend(func(in model.Incident) { told = append(told, in) })
	s, stop := runs(t, cfg, WithSource("shop", src), remember)
	src.to(14)
	if len(told) != 1 || told[0].Event != model.EventOpened {
		t.Fatalf("told %v, want one opened incident", story(told))
	}
	id := told[0].ID
	eventually(t, func() bool { return get(t, s, "/api/v1/incidents/"+id, nil) == 200 })
	var first, again model.Note
	body := `{"verdict":"expected","by":"eve","comment":"the new index"}`
	if code := post(t, s, "/api/v1/incidents/"+id+"/feedback", body, &first); code != http.StatusCreated {
		t.Fatalf("feedback: status %d", code)
	}
	if code := post(t, s, "/api/v1/incidents/"+id+"/feedback", body, &again); code != http.StatusOK || again.ID != first.ID {
		t.Errorf("the same feedback again: status %d, note %s after %s", code, again.ID, first.ID)
	}
	if !first.At.Equal(noon.Add(14 * step)) {
		t.Errorf("the note is of %s, want the end of the judged windows %s", first.At, noon.Add(14*step))
	}
	src.to(20)
	if err := stop(); err != nil {
		t.Fatal(err)
	}

	src = newStepwise(slow)
	s, stop = runs(t, cfg, WithSource("shop", src), remember)
	src.to(40)
	if len(told) != 2 || told[1].Event != model.EventResolved || !strings.Contains(told[1].Because, "expected, says eve: the new index") {
		t.Errorf("told %v: %s; want the incident to be opened and, as expected, resolved", story(told), told[len(told)-1].Because)
	}
	var h model.IncidentHistory
	get(t, s, "/api/v1/incidents/"+id, &h)
	if len(h.Notes) != 1 || h.Notes[0].Feedback.Verdict != model.VerdictExpected || h.Marks == nil || h.Marks.Feedback == nil {
		t.Errorf("after a restart the history has the notes %+v", h.Notes)
	}
	var st model.ServiceStatus
	get(t, s, "/api/v1/status", &st)
	if st.Feedback.False != 1 || st.FalseMeasured == nil || len(st.FalseInterval) != 2 || st.HealthyWindows < 30 {
		t.Errorf("status %+v, %v in %v; %d healthy windows", st.Feedback, st.FalseMeasured, st.FalseInterval, st.HealthyWindows)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}

	rec, err := datasets.Open([]string{cfg.Record}, datasets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	replayed, _ := replayed(t, rec, ReplayOptions{Engine: engineConfig(1)})
	if got, want := asLines(t, replayed), asLines(t, told); got != want {
		t.Errorf("replay tells\n%s\nlive told\n%s", got, want)
	}
	if err := os.Remove(filepath.Join(cfg.Record, datasets.NotesFile)); err != nil {
		t.Errorf("the notes are not in the recording: %v", err)
	}
}
