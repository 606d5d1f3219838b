package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"culprit/model"
)

// told is one server-sent event as a client reads it.
type told struct{ id, event, data string }

// stream follows the events until the test ends or leave is called.
type stream struct {
	t      testing.TB
	lines  *bufio.Scanner
	header http.Header
	leave  func()
}

func follow(t testing.TB, s *service, path, lastID string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("status %d", res.StatusCode)
	}
	st := &stream{t: t, lines: bufio.NewScanner(res.Body), header: res.Header}
	st.lines.Buffer(nil, 1<<20)
	st.leave = func() { cancel(); res.Body.Close() }
	t.Cleanup(st.leave)
	for st.lines.Scan() && st.lines.Text() != "" { // the retry field: the stream stands
	}
	return st
}

// next is the next event; ok is false at the end of the stream.
func (s *stream) next() (e told, ok bool) {
	for s.lines.Scan() {
		line := s.lines.Text()
		name, value, _ := strings.Cut(line, ": ")
		switch {
		case name == "id":
			e.id = value
		case name == "event":
			e.event = value
		case name == "data":
			e.data = value
		case line == "" && e != told{}:
			return e, true
		}
	}
	return e, false
}

func (s *stream) want(id, event string) {
	s.t.Helper()
	e, ok := s.next()
	if !ok || e.id != id || e.event != event {
		s.t.Fatalf("event %q with id %q (ok %v), want %q with id %q", e.event, e.id, ok, event, id)
	}
	var in model.Incident
	if err := json.Unmarshal([]byte(e.data), &in); err != nil {
		s.t.Fatalf("data of event %s: %v", id, err)
	}
}

// Who asks for notes hears what people say, also what was said while it was away; who does
// not hears incidents only. A note moves no ID.
func TestEventsTellNotes(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{MaxEvents: 4})
	apply(t, s.projection, 5, sample(0))
	note := func(id string) {
		t.Helper()
		if err := s.projection.Announce(model.Note{ID: id, Kind: model.NoteAcknowledged, Incident: sample(0).ID, By: "ann\n\nevent: opened"}); err != nil {
			t.Fatal(err)
		}
	}
	hears := func(st *stream, id string) {
		t.Helper()
		e, ok := st.next()
		var n model.Note
		if err := json.Unmarshal([]byte(e.data), &n); err != nil || !ok || e.event != "note" || e.id != "5" || n.ID != id || n.By != "ann\n\nevent: opened" {
			t.Fatalf("got %+v (%v, %v), want note %s", e, ok, err, id)
		}
	}
	with, without := follow(t, s, "/api/v1/events?notes=true", ""), follow(t, s, "/api/v1/events", "")
	note("n1")
	note("n2")
	hears(with, "n1")
	hears(with, "n2")
	again := follow(t, s, "/api/v1/events?notes=true", "5") // after the incident, and who knows which notes
	hears(again, "n1")
	hears(again, "n2")
	apply(t, s.projection, 8, sample(1))
	for _, st := range []*stream{with, without, again} {
		st.want("8", "resolved")
	}
	follow(t, s, "/api/v1/events", "5").want("8", "resolved")
	if got := getJSON[model.IncidentHistory](t, s, "/api/v1/incidents/"+sample(0).ID); len(got.Notes) != 2 {
		t.Errorf("%d notes of the incident", len(got.Notes))
	}
	for i := range 6 { // more than is kept: what came after 5 is lost
		note("more" + string(rune('a'+i)))
	}
	if e, _ := follow(t, s, "/api/v1/events?notes=true", "5").next(); e.event != "reset" {
		t.Errorf("after too many notes: %+v", e)
	}
}

// A client that connects hears what comes; one that comes back with the last ID it
// saw hears what it missed, once and in order.
func TestEventsResume(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	apply(t, s.projection, 5, sample(0))
	first := follow(t, s, "/api/v1/events", "")
	if ct := first.header.Get("Content-Type"); ct != "text/event-stream" {
		t.Errorf("content type %q", ct)
	}
	apply(t, s.projection, 8, sample(1))
	first.want("8", "resolved")
	first.leave()

	apply(t, s.projection, 9, sample(2))
	apply(t, s.projection, 12, sample(3))
	again := follow(t, s, "/api/v1/events", "8")
	again.want("9", "opened")
	again.want("12", "resolved")
	apply(t, s.projection, 13, sample(4))
	again.want("13", "opened")

	page := getJSON[model.IncidentPage](t, s, "/api/v1/incidents?limit=1")
	after := follow(t, s, fmt.Sprintf("/api/v1/events?after=%d", page.LogSequence), "")
	all := follow(t, s, "/api/v1/events?after=0", "")
	apply(t, s.projection, 14, sample(5))
	after.want("14", "resolved")
	for _, id := range []string{"5", "8", "9", "12", "13", "14"} {
		e, ok := all.next()
		if !ok || e.id != id {
			t.Fatalf("event with id %q, want %q", e.id, id)
		}
	}
}

// Where it cannot be known that nothing was missed, the stream says so first.
func TestEventsSayWhenSomethingIsMissed(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{MaxEvents: 3})
	for i := range 6 { // the last three are kept
		apply(t, s.projection, uint64(10+i), sample(i))
	}
	for _, lastID := range []string{"11", "9", "0", "99"} {
		st := follow(t, s, "/api/v1/events", lastID)
		if e, ok := st.next(); !ok || e != (told{"15", "reset", `{"log_sequence":15}`}) {
			t.Errorf("after %s: %+v, want a reset", lastID, e)
		}
		st.leave()
	}
	whole := follow(t, s, "/api/v1/events", "12")
	whole.want("13", "resolved")
	whole.leave()

	// A log that lost its newest messages gives their numbers away again.
	st := follow(t, s, "/api/v1/events", "")
	apply(t, s.projection, 14, sample(20))
	if e, ok := st.next(); ok {
		t.Errorf("followed on to %+v over a break in the log", e)
	}
	back := follow(t, s, "/api/v1/events", "15")
	if e, _ := back.next(); e.event != "reset" || e.id != "14" {
		t.Errorf("%+v, want a reset at 14", e)
	}
}

// A silent stream says that it lives, and outlives the time that one answer may take.
func TestEventsOutliveTheWriteTimeout(t *testing.T) {
	s := start(t, Config{KeepAlive: 20 * time.Millisecond, WriteTimeout: 150 * time.Millisecond, RankingTimeout: time.Millisecond}, ProjectionConfig{})
	st := follow(t, s, "/api/v1/events", "")
	for range 20 { // 0.4 s
		if !st.lines.Scan() || st.lines.Text() != ":" || !st.lines.Scan() || st.lines.Text() != "" {
			t.Fatalf("line %q, want a comment and an empty line", st.lines.Text())
		}
	}
	apply(t, s.projection, 1, sample(0))
	for e, ok := st.next(); e.event != "opened"; e, ok = st.next() {
		if !ok {
			t.Fatal("the stream ended")
		}
	}
}

// A client that does not read is cut and holds up nobody.
func TestSlowClientIsCut(t *testing.T) {
	// Long enough for a client that does read, however busy the machine is.
	s := start(t, Config{WriteTimeout: 3 * time.Second, RankingTimeout: time.Millisecond}, ProjectionConfig{MaxEvents: 4096})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(conn, "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	reader := follow(t, s, "/api/v1/events", "")
	const n = 2000 // some 20 MB, more than the kernel buffers
	go func() {
		for i := range n {
			if _, err := s.projection.Apply(uint64(i+1), sample(i)); err != nil {
				t.Error(err)
			}
		}
	}()
	for i := range n {
		if e, ok := reader.next(); !ok || e.id != fmt.Sprint(i+1) {
			t.Fatalf("the reader got %q instead of event %d", e.id, i+1)
		}
	}
	deadline := time.Now().Add(time.Minute)
	for metric(t, s, "culprit_http_event_streams_cut_total") == 0 {
		if time.Now().After(deadline) {
			t.Fatal("the client that does not read was not cut")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// metric is the value of a metric without labels.
func metric(t testing.TB, s *service, name string) float64 {
	t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.Metric[0].GetCounter().GetValue() + f.Metric[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

// Places for streams are few and are given back.
func TestStreamsAreLimited(t *testing.T) {
	s := start(t, Config{MaxStreams: 1}, ProjectionConfig{})
	st := follow(t, s, "/api/v1/events", "")
	res, body := s.do(t, http.MethodGet, "/api/v1/events")
	problemIs(t, res, body, "busy")
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") != "5" {
		t.Errorf("status %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
	conforms(t, loadDocument(t), "/api/v1/events", res, body)
	st.leave()
	deadline := time.Now().Add(10 * time.Second)
	for metric(t, s, "culprit_http_event_streams") != 0 {
		if time.Now().After(deadline) {
			t.Fatal("the place was not given back")
		}
		time.Sleep(5 * time.Millisecond)
	}
	follow(t, s, "/api/v1/events", "").leave()
}

// When the service stops, streams end and Serve returns.
func TestEventsEndWithTheService(t *testing.T) {
	s := start(t, Config{Grace: 10 * time.Second}, ProjectionConfig{})
	st := follow(t, s, "/api/v1/events", "")
	begin := time.Now()
	s.stop()
	if e, ok := st.next(); ok {
		t.Errorf("another event: %+v", e)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("stopping took %v: it waited for the stream", took)
	}
}

// HEAD tells that there is a stream without opening one; a bad ID is refused.
func TestEventsHeadAndBadID(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	res, _ := s.do(t, http.MethodHead, "/api/v1/events")
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("HEAD: %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	for _, path := range []string{"/api/v1/events", "/api/v1/events?after=-1"} {
		res, body := s.do(t, http.MethodGet, path, func(r *http.Request) { r.Header.Set("Last-Event-ID", "soon") })
		problemIs(t, res, body, "bad-parameter")
	}
	_, body := s.do(t, http.MethodGet, "/metrics")
	if text := string(body); strings.Contains(text, `duration_seconds_count{route="/api/v1/events"}`) || !strings.Contains(text, `requests_total{code="400",method="GET",route="/api/v1/events"} 2`) {
		t.Errorf("streams must count as requests, not as durations:\n%s", text)
	}
}
