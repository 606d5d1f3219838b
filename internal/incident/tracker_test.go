package incident

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"culprit/model"
)

var t0 = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)

const window = 30 * time.Second

// verdict is window number n with the given findings; nil findings are a calm window.
func verdict(n int, fs ...Finding) Verdict {
	from := t0.Add(time.Duration(n) * window)
	return Verdict{From: from, To: from.Add(window), Judged: true, Findings: fs, Quality: model.Quality{Traces: n}}
}

// blind is window number n without enough data.
func blind(n int) Verdict {
	v := verdict(n)
	v.Judged = false
	return v
}

type option func(*Finding)

func related(causes ...string) option  { return func(f *Finding) { f.Related = causes } }
func affecting(names ...string) option { return func(f *Finding) { f.Affected = names } }
func severity(s string) option         { return func(f *Finding) { f.Severity = s } }
func onset(at time.Time) option        { return func(f *Finding) { f.Onset = at } }
func silent(f *Finding)                { f.Alarm = false }

// loud is an alarming finding whose first suspect is the cause itself.
func loud(cause string, opts ...option) Finding {
	f := Finding{
		Cause: cause, Alarm: true, Active: true, Onset: t0, Title: cause + " is slow", Severity: model.SeverityMajor,
		Suspects: []model.Suspect{{Rank: 1, Service: cause, Kind: model.KindOwnTime}},
		Impact: model.Impact{Requests: 10, Affected: 5, EntryPoints: []model.EntryImpact{
			{Service: "web", Operation: "GET /", Requests: 10, Slow: 5}}},
		Affected: []string{cause},
	}
	for _, o := range opts {
		o(&f)
	}
	return f
}

// tell runs the windows and writes down "window:event cause" for all that is published.
func tell(tr *Tracker, vs ...Verdict) string {
	var out []string
	for _, v := range vs {
		for _, in := range tr.Update(v) {
			out = append(out, fmt.Sprintf("%d:%s %s", int(in.UpdatedAt.Sub(t0)/window)-1, in.Event, in.Cause))
		}
	}
	return strings.Join(out, ", ")
}

func TestLifeCycle(t *testing.T) {
	db, web := loud("db"), loud("web")
	for _, c := range []struct {
		rule string
		in   []Verdict
		want string
	}{
		{"an alarm opens, three calm windows resolve",
			[]Verdict{verdict(0, db), verdict(1, db), verdict(2), verdict(3), verdict(4), verdict(5)},
			"0:opened db, 4:resolved db"},
		{"a fault that flickers stays one incident",
			[]Verdict{verdict(0, db), verdict(1), verdict(2), verdict(3, loud("db", silent)), verdict(4), verdict(5), verdict(6)},
			"0:opened db, 6:resolved db"},
		{"what never alarms is never published",
			[]Verdict{verdict(0, loud("db", silent)), verdict(1, loud("db", silent)), verdict(2), verdict(3), verdict(4)},
			""},
		{"within three windows of its end an incident comes back",
			[]Verdict{verdict(0, db), verdict(1), verdict(2), verdict(3), verdict(6, db)},
			"0:opened db, 3:resolved db, 6:reopened db"},
		{"later it is a new one",
			[]Verdict{verdict(0, db), verdict(1), verdict(2), verdict(3), verdict(7, db)},
			"0:opened db, 3:resolved db, 7:opened db"},
		{"windows without data neither open nor close",
			[]Verdict{verdict(0, db), blind(1), blind(2), blind(3), blind(4), verdict(5), verdict(6), blind(7), verdict(8)},
			"0:opened db, 8:resolved db"},
		{"five minutes without data expire an incident",
			[]Verdict{verdict(0, db), blind(1), blind(2), blind(3), blind(4), blind(5), blind(6), blind(7), blind(8), blind(9), blind(10), blind(11)},
			"0:opened db, 10:expired db"},
		{"skipped time is time without data",
			[]Verdict{verdict(0, db), verdict(500)},
			"0:opened db, 10:expired db"},
		{"skipped time that is short enough does not expire",
			[]Verdict{verdict(0, db), verdict(10), verdict(11), verdict(12)},
			"0:opened db, 12:resolved db"},
		{"two causes are two incidents, the louder first",
			[]Verdict{verdict(0, web, db)},
			"0:opened web, 0:opened db"},
		{"a symptom joins its cause in the same window",
			[]Verdict{verdict(0, loud("db", related("web")), web)},
			"0:opened db"},
		{"a symptom joins whichever side knows of the other",
			[]Verdict{verdict(0, db), verdict(1, loud("web", related("db")))},
			"0:opened db"},
		{"a finding joins the incident of its own cause before a related one",
			[]Verdict{verdict(0, db), verdict(1, db, web), verdict(4, loud("web", related("db"))), verdict(5, web), verdict(6, web)},
			"0:opened db, 1:opened web, 6:resolved db"},
		{"a cause that has joined once belongs to the incident for good",
			[]Verdict{verdict(0, db), verdict(1, loud("web", related("db"))), verdict(2, web), verdict(3, web)},
			"0:opened db, 2:updated db"},
		{"an incident is named after the finding that alarmed",
			[]Verdict{verdict(0, loud("web", silent)), verdict(1, loud("db", related("web")), loud("web", silent))},
			"1:opened db"},
		{"a window that does not come after the last one is ignored",
			[]Verdict{verdict(3, db), verdict(3, web), verdict(2, web)},
			"3:opened db"},
	} {
		if got := tell(NewTracker(Policy{}), c.in...); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.rule, got, c.want)
		}
	}
}

func TestUpdatesSayWhatChanged(t *testing.T) {
	tr := NewTracker(DefaultPolicy())
	tr.Update(verdict(0, loud("db")))
	if got := tr.Update(verdict(1, loud("db", affecting("cart", "db")))); got != nil {
		t.Fatalf("updated within a minute: %+v", got)
	}
	got := tr.Update(verdict(2, loud("db", affecting("db"), severity(model.SeverityCritical))))
	if len(got) != 1 || got[0].Revision != 2 || got[0].Because != "the severity is now critical, was major; also affected: cart" {
		t.Fatalf("got %+v", got)
	}
	if !slices.Equal(got[0].Affected, []string{"cart", "db"}) {
		t.Errorf("affected %v, want whoever was affected since the onset", got[0].Affected)
	}
	for n := 3; n < 5; n++ {
		if got := tr.Update(verdict(n, loud("db"))); got != nil {
			t.Fatalf("window %d: the severity fell before it had been lower for three windows: %+v", n, got)
		}
	}
	got = tr.Update(verdict(5, loud("db")))
	if len(got) != 1 || got[0].Severity != model.SeverityMajor {
		t.Fatalf("the severity did not fall after three windows: %+v", got)
	}
	f := loud("db")
	f.Suspects = []model.Suspect{{Rank: 1, Service: "db", Operation: "SELECT", Instance: "db-0", Kind: model.KindOwnTime,
		Attribute: &model.Attribute{Key: "tenant.id", Value: "acme"}}}
	got = tr.Update(verdict(9, f))
	if want := "the first suspect is now db SELECT on db-0 where tenant.id is acme (own_time), was db (own_time)"; len(got) != 1 || got[0].Because != want {
		t.Fatalf("got %+v, want because %q", got, want)
	}
}

func TestFieldsOfARevision(t *testing.T) {
	tr := NewTracker(DefaultPolicy())
	tr.Update(verdict(0, loud("db", silent, onset(t0.Add(7*time.Second)))))
	in := tr.Update(verdict(1, loud("db", onset(t0.Add(20*time.Second)))))[0]
	if len(in.ID) != 16 || in.ID != NewTracker(Policy{}).Update(verdict(1, loud("db")))[0].ID {
		t.Errorf("ID %q is not a function of cause and window", in.ID)
	}
	if !in.StartedAt.Equal(t0.Add(7*time.Second)) || !in.OpenedAt.Equal(t0.Add(2*window)) || in.ResolvedAt != nil {
		t.Errorf("started %v opened %v resolved %v", in.StartedAt, in.OpenedAt, in.ResolvedAt)
	}
	if in.Impact.Requests != 20 || in.Impact.Affected != 10 || in.Impact.Share != .5 || in.Impact.EntryPoints[0].Slow != 10 {
		t.Errorf("impact is not the total since the onset: %+v", in.Impact)
	}
	tr.Update(verdict(2))
	tr.Update(verdict(3))
	end := tr.Update(verdict(4))[0]
	if end.State != model.StateResolved || end.ResolvedAt == nil || !end.ResolvedAt.Equal(t0.Add(5*window)) || end.Revision != 2 {
		t.Errorf("resolved wrongly: %+v", end)
	}
	if len(tr.Open()) != 0 {
		t.Errorf("still open: %+v", tr.Open())
	}
}

func TestNewNormal(t *testing.T) {
	tr := NewTracker(Policy{NewNormal: 10 * window})
	var got []string
	for n := range 20 {
		for _, in := range tr.Update(verdict(n, loud("db"))) {
			got = append(got, fmt.Sprint(n, " ", in.Event, " ", in.Because))
		}
		if want := n == 10; want != slices.Equal(tr.Accepted(), []string{"db"}) {
			t.Errorf("window %d: accepted %v", n, tr.Accepted())
		}
	}
	if len(got) != 2 || !strings.HasPrefix(got[1], "10 resolved new normal") {
		t.Fatalf("got %q", got)
	}
	if s := tell(tr, verdict(20), verdict(21), verdict(22), verdict(23, loud("db"))); s != "23:opened db" {
		t.Errorf("after it was learned, a new deviation: %q", s)
	}
}

func TestAnExplainedIncidentSaysSo(t *testing.T) {
	tr := NewTracker(Policy{})
	tr.Update(verdict(0, loud("web")))
	db := tr.Update(verdict(1, loud("web"), loud("db")))[0]
	var last []model.Incident
	for n := 2; n < 5; n++ {
		last = tr.Update(verdict(n, loud("db", related("web"))))
	}
	if len(last) != 1 || last[0].Cause != "web" || last[0].Because != "explained by incident "+db.ID {
		t.Errorf("got %+v", last)
	}
}

func TestAServiceThatBreaksInTwoWaysIsOneIncident(t *testing.T) {
	errs := func() Finding {
		f := loud("db/error")
		f.Suspects[0].Service = "db"
		return f
	}
	slow := loud("db")
	got := tell(NewTracker(Policy{}), verdict(0, errs()), verdict(1, slow), verdict(2, errs(), slow))
	if got != "0:opened db/error, 2:updated db/error" {
		t.Errorf("got %s", got)
	}
}
