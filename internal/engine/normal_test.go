package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"culprit/internal/incident"
	"culprit/model"
)

// run plays so many windows of half a minute; draw gives the requests of each. It returns
// the incidents that opened.
func (s *shop) run(windows int, draw func(window int, from time.Time) []*model.Fragment) (opened []model.Incident, e *Engine) {
	for _, in := range s.play(Config{}, windows, draw, func(_ int, at *Engine) { e = at }) {
		if in.Event == model.EventOpened {
			opened = append(opened, in)
		}
	}
	return opened, e
}

// play is run with a configuration and all revisions; after is called when a window has been
// judged.
func (s *shop) play(cfg Config, windows int, draw func(window int, from time.Time) []*model.Fragment, after func(window int, e *Engine)) (told []model.Incident) {
	e := New(cfg, s.table)
	at := time.Date(2026, time.June, 1, 9, 0, 0, 0, time.UTC)
	for w := range windows {
		for _, f := range draw(w, at) {
			e.Shard(0).Add(f)
		}
		at = at.Add(30 * time.Second)
		e.Shard(0).Close(at)
		told = append(told, e.Advance(at)...)
		after(w, e)
	}
	return told
}

// requests spreads n requests over a window.
func (s *shop) requests(n int, from time.Time, draw func(i int, at int64) *model.Fragment) (out []*model.Fragment) {
	for i := range n {
		out = append(out, draw(i, from.UnixNano()+int64(i)*int64(30*time.Second)/int64(n)))
	}
	return out
}

// plain is a request as every other.
func (s *shop) plain(_ int, at int64) *model.Fragment { return s.request(at, 1, 1) }

// named lists incidents for a failure message.
func named(ins []model.Incident) (out []string) {
	for _, in := range ins {
		out = append(out, fmt.Sprintf("%s %s: %s", in.OpenedAt.Format("15:04:05"), in.Title, in.Summary))
	}
	return out
}

// A job that runs every ten minutes, twenty times at once, is neither new each time nor
// gone after it.
func TestAJobIsNeitherNewNorGone(t *testing.T) {
	s := newShop()
	job := s.table.Service("report")
	run, res := s.table.Operation(job, "Report.run"), s.table.Resource("report", "report-0", "1", "b")
	opened, _ := s.run(8*60, func(w int, from time.Time) []*model.Fragment {
		out := s.requests(40, from, s.plain)
		if w%20 == 7 {
			for _, f := range s.requests(20, from, s.plain) {
				root := &f.Spans[0] // the report asks the cart as the page does
				root.Service, root.Operation, root.Resource = job, run, res
				f.Spans[1].Service, f.Spans[1].Resource = job, res
				out = append(out, f)
			}
		}
		return out
	})
	if len(opened) > 0 {
		t.Errorf("a job that comes and goes opened %d incidents: %q", len(opened), named(opened))
	}
}

// Fewer traces that each stand for more are as many requests.
func TestSampledTrafficIsWeighed(t *testing.T) {
	s := newShop()
	static := s.table.Operation(s.page, "GET /static")
	opened, e := s.run(80, func(w int, from time.Time) []*model.Fragment {
		out := s.requests(30, from, s.plain)
		n, weight := 200, float32(1)
		if w >= 50 { // one entry point is sampled at 5 % from now on
			n, weight = 10, 20
		}
		for _, f := range s.requests(n, from, s.plain) {
			f.Spans[0].Operation = static
			for i := range f.Spans {
				f.Spans[i].Weight = weight
			}
			out = append(out, f)
		}
		return out
	})
	if len(opened) > 0 {
		t.Errorf("another sampling rate opened %d incidents: %q", len(opened), named(opened))
	}
	v, err := e.View().Operation("page", "GET /static", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Charts {
		if last := c.Value[len(c.Value)-1]; c.Quantity == "traffic" && (last < 5 || last > 8) {
			t.Errorf("%v requests a second after the change, want 6.7", last)
		}
	}
}

// on moves the cart of a request to an instance.
func (s *shop) on(f *model.Fragment, instance, version string) *model.Fragment {
	r := s.table.Resource("cart", instance, version, "host-"+instance)
	f.Spans[2].Resource, f.Spans[3].Resource = r, r
	return f
}

// An instance that was started a moment ago is slow for a minute: nobody is woken. One that
// stays slow is told, also if it is new.
func TestColdStarts(t *testing.T) {
	for _, c := range []struct {
		name  string
		slow  int // windows for which the new instance is slow
		found bool
	}{
		{"warms up", 2, false},
		{"stays slow", 30, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop()
			const added = 60
			opened, _ := s.run(added+30, func(w int, from time.Time) []*model.Fragment {
				return s.requests(60, from, func(i int, at int64) *model.Fragment {
					instances := 3
					if w >= added {
						instances = 4
					}
					times := 1.0
					if i%instances == 3 && w < added+c.slow {
						times = 6
					}
					return s.on(s.request(at, 1, times), fmt.Sprint("cart-", "abcd"[i%instances:i%instances+1]), "1")
				})
			})
			if !c.found && len(opened) > 0 {
				t.Errorf("%d incidents: %q", len(opened), named(opened))
			}
			if c.found && (len(opened) != 1 || !strings.Contains(opened[0].Title, "cart Add is slow on cart-d")) {
				t.Errorf("%d incidents, want one of cart-d: %q", len(opened), named(opened))
			}
		})
	}
}

// A version that runs on one instance of three is compared with the others, and named.
func TestACanaryIsNamed(t *testing.T) {
	s := newShop()
	const rolled = 60
	opened, _ := s.run(rolled+20, func(w int, from time.Time) []*model.Fragment {
		return s.requests(60, from, func(i int, at int64) *model.Fragment {
			if i%3 == 0 && w >= rolled {
				return s.on(s.request(at, 1, 4), "cart-new", "2")
			}
			return s.on(s.request(at, 1, 1), fmt.Sprint("cart-", "abc"[i%3:i%3+1]), "1")
		})
	})
	if len(opened) != 1 || !strings.HasPrefix(opened[0].Title, "cart Add is slow") {
		t.Fatalf("%d incidents, want one of the cart: %q", len(opened), named(opened))
	}
	in := opened[0]
	if a := in.Suspects[0].Attribute; a == nil || a.Key != "service.version" || a.Value != "2" {
		t.Errorf("the suspect names %v, want service.version 2: %s", a, in.Title)
	}
	if len(in.Changes) == 0 || in.Changes[0].Version != "2" {
		t.Errorf("the new version is not quoted: %v", in.Changes)
	}
}

// What is slow for good is one incident; nothing of it is learned while it is open; and
// when it has been so for a day (here half an hour) it is normal.
func TestALevelThatStaysBecomesNormal(t *testing.T) {
	s := newShop()
	cfg := Config{}
	cfg.Incident = incident.DefaultPolicy()
	cfg.Incident.NewNormal = 30 * time.Minute
	const shifted = 60
	var during, after model.OperationView
	told := s.play(cfg, shifted+60+140, func(w int, from time.Time) []*model.Fragment {
		return s.requests(40, from, func(_ int, at int64) *model.Fragment {
			if w >= shifted {
				return s.request(at, 3, 1)
			}
			return s.plain(0, at)
		})
	}, func(w int, e *Engine) {
		var err error
		switch w {
		case shifted + 50:
			during, err = e.View().Operation("db", "SELECT", time.Time{})
		case shifted + 60 + 139:
			after, err = e.View().Operation("db", "SELECT", time.Time{})
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	var events []string
	for _, in := range told {
		if in.Event != model.EventUpdated {
			events = append(events, in.Event)
		}
	}
	if want := []string{model.EventOpened, model.EventResolved}; !slices.Equal(events, want) || !strings.HasPrefix(told[len(told)-1].Because, "new normal") {
		t.Errorf("the life of the incident is %v, want %v as the new normal: %q", events, want, named(told))
	}
	if during.Normal == nil || during.Normal.OwnP50MS > 12 {
		t.Errorf("25 minutes into the incident %v is usual, want 10 ms: nothing is learned under suspicion", during.Normal)
	}
	if after.Flagged || len(after.Tests) == 0 {
		t.Errorf("an hour after it was accepted: %s", after.Why)
	}
}

// A fault six minutes after the start is told, and called provisional.
func TestUsefulWithinMinutes(t *testing.T) {
	s := newShop()
	opened, _ := s.run(20, func(w int, from time.Time) []*model.Fragment {
		return s.requests(40, from, func(_ int, at int64) *model.Fragment {
			if w >= 12 {
				return s.request(at, 5, 1)
			}
			return s.plain(0, at)
		})
	})
	if len(opened) != 1 || !strings.HasPrefix(opened[0].Title, "db SELECT is slow") || !opened[0].Provisional {
		t.Errorf("%d incidents, want one of the database that is provisional: %q", len(opened), named(opened))
	}
}

// An entry point that waits for news is slow by design, and slower when there is less news.
func TestPollsWaitByDesign(t *testing.T) {
	s := newShop()
	poll := s.table.Operation(s.page, "GET /news")
	opened, _ := s.run(80, func(w int, from time.Time) []*model.Fragment {
		out := s.requests(30, from, s.plain)
		for _, f := range s.requests(15, from, s.plain) {
			wait := int64(4e9 * (0.5 + s.rng.Float64()))
			if w >= 50 {
				wait *= 2
			}
			f.Spans = f.Spans[:1]
			f.Spans[0].Operation, f.Spans[0].Duration = poll, wait
			out = append(out, f)
		}
		return out
	})
	if len(opened) > 0 {
		t.Errorf("a poll with less news opened %d incidents: %q", len(opened), named(opened))
	}
}

// A rare operation is judged over several windows at once, and found when it is slow.
func TestRareOperationsAreJudgedTogether(t *testing.T) {
	s := newShop()
	rare := s.table.Operation(s.cart, "Refund")
	opened, _ := s.run(120, func(w int, from time.Time) []*model.Fragment {
		out := s.requests(40, from, s.plain)
		for _, f := range s.requests(2, from, func(_ int, at int64) *model.Fragment {
			if w >= 100 {
				return s.request(at, 1, 12)
			}
			return s.plain(0, at)
		}) {
			f.Spans[2].Operation = rare
			out = append(out, f)
		}
		return out
	})
	if len(opened) != 1 || !strings.HasPrefix(opened[0].Title, "cart Refund is slow") {
		t.Errorf("%d incidents, want one of the refunds: %q", len(opened), named(opened))
	}
}

// An entry point that is named after its method alone, with no route, serves several kinds of
// requests: more of one kind are fewer of the others, and no calls that were lost. A call that
// is lost without another in its place is told.
func TestAMixOfRequestsIsNoStructure(t *testing.T) {
	for _, c := range []struct {
		name  string
		lost  bool
		found int
	}{{"another mix", false, 0}, {"a lost call", true, 1}} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop()
			put := s.table.Operation(s.page, "HTTP PUT")
			ask, remove := s.table.Operation(s.page, "Remove"), s.table.Operation(s.cart, "Remove")
			opened, _ := s.run(80, func(w int, from time.Time) (out []*model.Fragment) {
				for i, f := range s.requests(40, from, s.plain) {
					f.Spans[0].Operation = put
					removes := i%5 == 0
					if w >= 50 && !c.lost {
						removes = i%5 != 0
					}
					switch {
					case removes:
						f.Spans[1].Operation, f.Spans[2].Operation = ask, remove
					case w >= 50 && c.lost:
						f.Spans[0].Duration -= f.Spans[1].Duration
						f.Spans = f.Spans[:1]
					}
					out = append(out, f)
				}
				return out
			})
			if len(opened) != c.found {
				t.Errorf("%d incidents, want %d: %q", len(opened), c.found, named(opened))
			}
		})
	}
}
