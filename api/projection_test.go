package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"culprit/model"
)

// revise is a later revision of an incident.
func revise(in model.Incident, revision int, event, state string) model.Incident {
	in.Revision, in.Event, in.State = revision, event, state
	in.UpdatedAt = in.OpenedAt.Add(time.Duration(revision) * time.Minute)
	in.ResolvedAt = nil
	if state == model.StateResolved {
		in.ResolvedAt = &in.UpdatedAt
	}
	return in
}

func getJSON[T any](t testing.TB, s *service, path string) (v T) {
	t.Helper()
	res, body := s.do(t, http.MethodGet, path)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %.300s", path, res.StatusCode, body)
	}
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

// What went in as a revision comes out as the same JSON, whole, in the list and in
// the history.
func TestIncidentIsToldAsPublished(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	first := sample(2)
	last := revise(first, 2, model.EventResolved, model.StateResolved)
	apply(t, s.projection, 7, first)
	apply(t, s.projection, 9, last)

	rounded := func(in model.Incident) model.Incident { // published numbers have six digits
		text, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out model.Incident
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatal(err)
		}
		out.Warnings = []model.Warning{}
		return out
	}
	want := model.IncidentHistory{Incident: rounded(last), Revisions: []model.Incident{rounded(first), rounded(last)}, Notes: []model.Note{}}
	if diff := cmp.Diff(want, getJSON[model.IncidentHistory](t, s, "/api/v1/incidents/"+first.ID)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(model.IncidentPage{Incidents: want.Revisions[1:], Total: 1, LogSequence: 9}, getJSON[model.IncidentPage](t, s, "/api/v1/incidents")); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
}

// The log delivers at least once: a revision counts once, and an older one never
// takes the place of a newer one.
func TestApplyRefusesWhatItHasSeen(t *testing.T) {
	p := newProjection(t, ProjectionConfig{})
	one := sample(0)
	two := revise(one, 2, model.EventUpdated, model.StateOpen)
	apply(t, p, 1, one)
	apply(t, p, 2, two)
	for _, again := range []model.Incident{one, two} {
		if fresh, err := p.Apply(3, again); fresh || err != nil {
			t.Errorf("revision %d again: %v, %v; want it refused", again.Revision, fresh, err)
		}
	}
	if h, _ := p.history(one.ID); len(h.revs) != 2 {
		t.Errorf("%d revisions, want 2", len(h.revs))
	}
	if got := p.Sequence(); got != 3 {
		t.Errorf("sequence %d, want 3: what was refused was read all the same", got)
	}
}

// An incident that JSON cannot tell is refused with its place and changes nothing.
func TestApplyNamesWhatCannotBeTold(t *testing.T) {
	p := newProjection(t, ProjectionConfig{})
	in := sample(0)
	in.OpenedAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	_, err := p.Apply(12, in)
	if err == nil || !strings.Contains(err.Error(), "inc-000000 revision 1 at log sequence 12") {
		t.Fatalf("error %v, want one that names incident, revision and sequence", err)
	}
	if got := p.list(query{}, nil, 10); len(got.records) != 0 || got.seq != 12 {
		t.Errorf("%d incidents up to sequence %d, want none up to 12", len(got.records), got.seq)
	}
}

// Apply leaves the caller's incident as it was, nil lists included.
func TestApplyDoesNotTouchItsArgument(t *testing.T) {
	p := newProjection(t, ProjectionConfig{})
	in := sample(0)
	in.Suspects[0].Evidence, in.Links = nil, nil
	apply(t, p, 1, in)
	if in.Suspects[0].Evidence != nil || in.Links != nil {
		t.Error("nil lists of the argument were filled in")
	}
}

// All open incidents stay; of the closed ones the newest MaxClosed stay.
func TestOldClosedIncidentsGo(t *testing.T) {
	p := newProjection(t, ProjectionConfig{MaxClosed: 3})
	for i := range 20 { // even ones are open
		apply(t, p, uint64(i+1), sample(i))
	}
	var got []string
	for _, r := range p.list(query{}, nil, 100).records {
		got = append(got, r.id)
	}
	want := []string{"inc-000019", "inc-000018", "inc-000017", "inc-000016", "inc-000015", "inc-000014", "inc-000012", "inc-000010",
		"inc-000008", "inc-000006", "inc-000004", "inc-000002", "inc-000000"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// One that is resolved at last is the oldest closed one, and goes at once.
	apply(t, p, 30, revise(sample(0), 2, model.EventResolved, model.StateResolved))
	if _, ok := p.history("inc-000000"); ok {
		t.Error("inc-000000 is closed and older than three others, and still there")
	}
	if p.closed != 3 {
		t.Errorf("closed = %d, want 3", p.closed)
	}
}

// The first revision says how it began, the newest how it is: both stay.
func TestRevisionsBetweenGo(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{MaxRevisions: 4})
	apply(t, s.projection, 1, sample(0))
	for r := 2; r <= 9; r++ {
		apply(t, s.projection, uint64(r), revise(sample(0), r, model.EventUpdated, model.StateOpen))
	}
	h := getJSON[model.IncidentHistory](t, s, "/api/v1/incidents/inc-000000")
	var got []int
	for _, r := range h.Revisions {
		got = append(got, r.Revision)
	}
	if want := []int{1, 7, 8, 9}; !slices.Equal(got, want) || h.Omitted != 5 || h.Revision != 9 {
		t.Errorf("revisions %v, %d omitted, newest %d; want %v, 5 and 9", got, h.Omitted, h.Revision, want)
	}
}

// Whatever comes, in whatever order and size, memory stays within the bound as long
// as open incidents leave room, and the books are right.
func TestBytesAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most = 60_000
		p, err := NewProjection(ProjectionConfig{MaxBytes: most, MaxClosed: 50, MaxRevisions: 5, MaxEvents: 8})
		if err != nil {
			t.Fatal(err)
		}
		newest := map[string]int{}
		for seq := range rapid.IntRange(1, 80).Draw(t, "n") {
			in := sample(rapid.IntRange(0, 30).Draw(t, "incident"))
			newest[in.ID]++
			in = revise(in, newest[in.ID], model.EventUpdated, rapid.SampledFrom([]string{model.StateOpen, model.StateResolved}).Draw(t, "state"))
			if _, err := p.Apply(uint64(seq+1), in); err != nil {
				t.Fatal(err)
			}

			var bytes, least int64
			closed := 0
			for _, e := range p.order {
				for i, r := range e.revs {
					bytes += r.size()
					if e.newest().open() && (i == 0 || i == len(e.revs)-1) {
						least += r.size()
					}
				}
				if !e.newest().open() {
					closed++
				}
				if len(e.revs) > 5 {
					t.Fatalf("%d revisions of %s", len(e.revs), e.id)
				}
			}
			if bytes != p.bytes || closed != p.closed || len(p.order) != len(p.byID) {
				t.Fatalf("%d bytes, %d closed, %d incidents; the books say %d, %d, %d", bytes, closed, len(p.order), p.bytes, p.closed, len(p.byID))
			}
			if !slices.IsSortedFunc(p.order, compareEntries) {
				t.Fatal("not in order")
			}
			if bytes > most && closed > 1 {
				t.Fatalf("%d bytes, with %d closed incidents that could go (what must stay is %d)", bytes, closed, least)
			}
		}
	})
}

// Following the cursors gives every incident that was there at the first page and
// fits the filters once, newest first, whatever is opened or revised meanwhile.
func TestPagesGiveEachIncidentOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := NewProjection(ProjectionConfig{})
		if err != nil {
			t.Fatal(err)
		}
		seq := uint64(0)
		put := func(in model.Incident) {
			seq++
			if _, err := p.Apply(seq, in); err != nil {
				t.Fatal(err)
			}
		}
		// Some are opened in the same window: then the ID decides.
		at := rapid.IntRange(0, 9)
		another := func(n int) model.Incident {
			in := sample(rapid.IntRange(0, 50).Draw(t, "like"))
			in.OpenedAt = noon.Add(time.Duration(at.Draw(t, "opened")) * time.Minute)
			in.ID = strconv.FormatUint(model.HashString(strconv.Itoa(n)), 36)
			return in
		}
		var there []model.Incident
		for n := range rapid.IntRange(0, 40).Draw(t, "n") {
			there = append(there, another(n))
			put(there[n])
		}
		q := query{
			states:     rapid.SampledFrom([][]string{nil, {"open"}, {"open", "resolved"}, {"expired"}}).Draw(t, "states"),
			severities: rapid.SampledFrom([][]string{nil, {"critical"}, {"minor", "major"}}).Draw(t, "severities"),
			services:   rapid.SampledFrom([][]string{nil, {"s1"}, {"s2", "service-1"}}).Draw(t, "services"),
		}
		if rapid.Bool().Draw(t, "bounded") {
			q.since = noon.Add(time.Duration(at.Draw(t, "since")) * time.Minute)
			q.until = q.since.Add(time.Duration(1+at.Draw(t, "length")) * time.Minute)
		}

		// The slow way: look at each, then sort.
		var want []string
		slices.SortFunc(there, func(a, b model.Incident) int {
			return -compareEntries(&entry{id: a.ID, opened: a.OpenedAt}, &entry{id: b.ID, opened: b.OpenedAt})
		})
		for _, in := range there {
			service := len(q.services) == 0
			for _, s := range q.services {
				service = service || s == in.Service() || slices.Contains(in.Affected, s)
			}
			over := in.ResolvedAt != nil && !q.since.IsZero() && !in.ResolvedAt.After(q.since)
			later := !q.until.IsZero() && !in.StartedAt.Before(q.until)
			if service && !over && !later &&
				(q.states == nil || slices.Contains(q.states, in.State)) && (q.severities == nil || slices.Contains(q.severities, in.Severity)) {
				want = append(want, in.ID)
			}
		}

		limit := rapid.IntRange(1, 7).Draw(t, "limit")
		var got []string
		var after *place
		for first := true; ; first = false {
			pg := p.list(q, after, limit)
			if first && pg.total != len(want) {
				t.Fatalf("total %d, want %d", pg.total, len(want))
			}
			for _, r := range pg.records {
				got = append(got, r.id)
			}
			if pg.next == nil {
				break
			}
			if len(pg.records) != limit {
				t.Fatalf("%d on a page before the last, want %d", len(pg.records), limit)
			}
			back, err := q.parseCursor(q.cursor(*pg.next))
			if err != nil {
				t.Fatal(err)
			}
			after = &back
			put(another(1000 + len(got))) // someone else's trouble goes on
			revised := there[rapid.IntRange(0, len(there)-1).Draw(t, "revised")]
			revised.Revision = int(seq) + 2
			put(revised)
		}
		old := map[string]bool{}
		for _, in := range there {
			old[in.ID] = true
		}
		got = slices.DeleteFunc(got, func(id string) bool { return !old[id] })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Cursors are for the list that gave them; any other text is refused, never a panic.
func TestCursorIsBoundToItsQuery(t *testing.T) {
	q := query{states: []string{"open", "resolved"}}
	text := q.cursor(place{noon.Add(time.Nanosecond), "id with spaces | and more"})
	same := query{states: []string{"resolved", "open", "open"}}
	at, err := same.parseCursor(text)
	if err != nil || !at.opened.Equal(noon.Add(time.Nanosecond)) || at.id != "id with spaces | and more" {
		t.Errorf("place %v, %v", at, err)
	}
	if _, err := (&query{states: []string{"open"}}).parseCursor(text); !errors.Is(err, errOtherCursor) {
		t.Errorf("under other filters: %v", err)
	}
	rapid.Check(t, func(t *rapid.T) {
		if _, err := q.parseCursor(rapid.String().Draw(t, "text")); err == nil {
			t.Fatal("read")
		}
	})
}

// A client that follows the Link header and one that follows next_cursor see the
// same pages, also over HTTP.
func TestLinkLeadsOn(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	for i := range 25 {
		apply(t, s.projection, uint64(i+1), sample(i))
	}
	path, n := "/api/v1/incidents?limit=10&view=brief&service=frontend", 0
	for pages := 1; ; pages++ {
		pg := getJSON[model.IncidentPage](t, s, path)
		n += len(pg.Incidents)
		res, _ := s.do(t, http.MethodGet, path)
		link := res.Header.Get("Link")
		if pg.NextCursor == nil {
			if link != "" || pages != 3 || n != 25 || pg.Total != 25 {
				t.Fatalf("%d pages, %d incidents, total %d, link %q", pages, n, pg.Total, link)
			}
			return
		}
		target, ok := strings.CutSuffix(link, `>; rel="next"`)
		path = strings.TrimPrefix(target, "<")
		u, err := url.Parse(path)
		if err != nil || !ok || u.Query().Get("cursor") != *pg.NextCursor {
			t.Fatalf("link %q, cursor %q", link, *pg.NextCursor)
		}
	}
}

// An answer that has not changed is not sent again.
func TestETags(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	apply(t, s.projection, 1, sample(0))
	apply(t, s.projection, 2, sample(1))
	for _, path := range []string{"/api/v1/incidents", "/api/v1/incidents/inc-000000", "/api/v1/topology", "/api/v1/operations/a/b", "/api/openapi.json"} {
		first, _ := s.do(t, http.MethodGet, path)
		tag := first.Header.Get("ETag")
		ask := func(tag string) (int, int) {
			res, body := s.do(t, http.MethodGet, path, func(r *http.Request) { r.Header.Set("If-None-Match", tag) })
			return res.StatusCode, len(body)
		}
		for _, have := range []string{tag, `"other", ` + tag, "*", "W/" + strings.TrimPrefix(tag, "W/")} {
			if code, n := ask(have); code != http.StatusNotModified || n != 0 {
				t.Errorf("%s with %s: %d and %d bytes", path, have, code, n)
			}
		}
		if code, _ := ask(`"other"`); code != http.StatusOK {
			t.Errorf("%s with another tag: %d", path, code)
		}
	}
	before, _ := s.do(t, http.MethodGet, "/api/v1/incidents")
	apply(t, s.projection, 3, revise(sample(0), 2, model.EventUpdated, model.StateOpen))
	after, _ := s.do(t, http.MethodGet, "/api/v1/incidents", func(r *http.Request) { r.Header.Set("If-None-Match", before.Header.Get("ETag")) })
	if after.StatusCode != http.StatusOK {
		t.Error("a new revision left the ETag of the list as it was")
	}
}

// since and until ask for what went on in [since, until).
func TestSinceAndUntil(t *testing.T) {
	s := start(t, Config{}, ProjectionConfig{})
	in := sample(11) // starts 12:10, opened 12:11, resolved 12:16
	apply(t, s.projection, 1, in)
	for _, tt := range []struct {
		since, until string
		want         int
	}{
		{"", "12:10", 0}, {"", "12:11", 1},
		{"12:16", "", 0}, {"12:15", "", 1},
		{"12:12", "12:13", 1}, {"12:00", "12:05", 0}, {"12:20", "12:30", 0},
	} {
		v := url.Values{}
		if tt.since != "" {
			v.Set("since", fmt.Sprintf("2026-11-03T%s:00Z", tt.since))
		}
		if tt.until != "" {
			v.Set("until", fmt.Sprintf("2026-11-03T%s:00Z", tt.until))
		}
		if got := getJSON[model.IncidentPage](t, s, "/api/v1/incidents?"+v.Encode()).Total; got != tt.want {
			t.Errorf("[%s, %s): %d incidents, want %d", tt.since, tt.until, got, tt.want)
		}
	}
}
