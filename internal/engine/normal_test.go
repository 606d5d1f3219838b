package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"culprit/model"
)

// run plays so many windows of half a minute; draw gives the requests of each. It returns
// the incidents that opened.
func (s *shop) run(windows int, draw func(window int, from time.Time) []*model.Fragment) (opened []model.Incident, e *Engine) {
	e = New(Config{}, s.table)
	at := time.Date(2026, time.June, 1, 9, 0, 0, 0, time.UTC)
	for w := range windows {
		for _, f := range draw(w, at) {
			e.Shard(0).Add(f)
		}
		at = at.Add(30 * time.Second)
		e.Shard(0).Close(at)
		for _, in := range e.Advance(at) {
			if in.Event == model.EventOpened {
				opened = append(opened, in)
			}
		}
	}
	return opened, e
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
