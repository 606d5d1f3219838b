package engine

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"culprit/model"
)

// shop draws requests of a shop: a page that asks a service, which asks a database.
type shop struct {
	table             *model.Symbols
	rng               *rand.Rand
	page, cart, db    model.Sym
	get, add, sel     model.Sym // of those who serve them
	toCart, toDB      model.Sym // of those who ask
	pageR, cartR, dbR model.Sym
	next              uint64
}

func newShop() *shop {
	t := model.NewSymbols()
	s := &shop{table: t, rng: rand.New(rand.NewPCG(7, 8)), page: t.Service("page"), cart: t.Service("cart"), db: t.Service("db")}
	s.get, s.add, s.sel = t.Operation(s.page, "GET /"), t.Operation(s.cart, "Add"), t.Operation(s.db, "SELECT")
	s.toCart, s.toDB = t.Operation(s.page, "Add"), t.Operation(s.cart, "SELECT")
	s.pageR, s.cartR, s.dbR = t.Resource("page", "page-0", "1", "a"), t.Resource("cart", "cart-0", "1", "a"), t.Resource("db", "db-0", "1", "b")
	return s
}

// request is a trace that starts at a time; the database takes so many times its usual 10 ms,
// the cart so many times its 5 ms.
func (s *shop) request(at int64, db, cart float64) *model.Fragment {
	s.next++
	f := &model.Fragment{}
	for i := range 8 {
		f.Trace[i], f.Trace[8+i] = byte(s.rng.Uint32()), byte(s.next>>(8*i))
	}
	took := func(ms, times float64) int64 { return int64(ms * times * 1e6 * (0.6 + 0.8*s.rng.Float64())) }
	inDB, inCart, inPage := took(10, db), took(5, cart), took(3, 1)
	span := func(id, parent byte, svc, op, res model.Sym, kind model.Kind, start, d int64) {
		x := model.Span{Start: at + start, Duration: d, Service: svc, Operation: op, Resource: res, Kind: kind}
		x.ID[7], x.Parent[7] = id, parent
		f.Spans = append(f.Spans, x)
	}
	gap := int64(2e5)
	span(1, 0, s.page, s.get, s.pageR, model.KindServer, 0, inPage+inCart+inDB+4*gap)
	span(2, 1, s.page, s.toCart, s.pageR, model.KindClient, gap, inCart+inDB+2*gap)
	span(3, 2, s.cart, s.add, s.cartR, model.KindServer, 2*gap, inCart+inDB+gap)
	span(4, 3, s.cart, s.toDB, s.cartR, model.KindClient, 3*gap, inDB)
	span(5, 4, s.db, s.sel, s.dbR, model.KindServer, 3*gap+1e5, inDB-2e5)
	return f
}

// weeks plays days from a Monday on, in windows of five minutes of which an hour is
// remembered, as an hour is at the usual half minute, until five in the morning: the rest of
// the day has no traffic. times says how much slower the
// database and the cart are. It returns the incidents that opened.
func (s *shop) weeks(t *testing.T, days int, times func(time.Time) (db, cart float64)) (opened []model.Incident, e *Engine) {
	t.Helper()
	const window, perWindow = 5 * time.Minute, 20
	cfg := Config{Window: window, History: 12}
	e = New(cfg, s.table)
	monday := time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
	for from := monday; from.Before(monday.AddDate(0, 0, days)); from = from.Add(window) {
		if from.Hour() >= 5 {
			continue
		}
		for i := range perWindow {
			at := from.Add(time.Duration(i) * window / perWindow)
			db, cart := times(at)
			e.Shard(0).Add(s.request(at.UnixNano(), db, cart))
		}
		end := from.Add(window)
		e.Shard(0).Close(end)
		for _, in := range e.Advance(end) {
			if in.Event == model.EventOpened {
				opened = append(opened, in)
			}
		}
		if end.Day()%5 == 3 && end.Hour() == 2 && end.Minute() == 30 { // a restart in the middle of an hour
			data, err := e.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			e = New(cfg, s.table)
			if err := e.Restore(data); err != nil {
				t.Fatal(err)
			}
		}
	}
	return opened, e
}

// nightly is the backup that makes the database three times as slow from two o'clock on,
// for the length of it.
func nightly(at time.Time, length time.Duration) float64 {
	if into := at.Sub(at.Truncate(24 * time.Hour)); into >= 2*time.Hour && into < 2*time.Hour+length {
		return 3
	}
	return 1
}

// What comes every night is told in the first two weeks and is part of normal in the third,
// whether it fills its hour or not; a fault on top of it is found.
func TestWhatRecursAtAnHourOfTheWeekIsNormal(t *testing.T) {
	third := time.Date(2026, time.June, 15, 0, 0, 0, 0, time.UTC)
	fault := third.AddDate(0, 0, 3).Add(2*time.Hour + 15*time.Minute) // Thursday's night
	for _, length := range []time.Duration{20 * time.Minute, 150 * time.Minute} {
		t.Run(length.String(), func(t *testing.T) {
			t.Parallel()
			opened, _ := newShop().weeks(t, 21, func(at time.Time) (db, cart float64) {
				db, cart = nightly(at, length), 1
				if !at.Before(fault) && at.Before(fault.Add(20*time.Minute)) {
					cart = 4
				}
				return db, cart
			})
			var early, found int
			for _, in := range opened {
				switch {
				case in.OpenedAt.Before(third):
					early++
				case strings.HasPrefix(in.Title, "cart") && in.StartedAt.Sub(fault).Abs() <= 10*time.Minute:
					found++
				default:
					t.Errorf("opened at %v in the third week: %s, %s", in.OpenedAt, in.Title, in.Summary)
				}
			}
			if early < 10 {
				t.Errorf("%d incidents in two weeks of slow nights, want most of 14", early)
			}
			if found != 1 {
				t.Errorf("the fault at %v opened %d incidents", fault, found)
			}
		})
	}
}

// The database itself is worse than every night: that is told.
func TestAFaultOfWhatRecursIsFound(t *testing.T) {
	t.Parallel()
	fault := time.Date(2026, time.June, 18, 2, 20, 0, 0, time.UTC)
	opened, e := newShop().weeks(t, 18, func(at time.Time) (db, cart float64) {
		db = nightly(at, 50*time.Minute)
		if !at.Before(fault) && at.Before(fault.Add(20*time.Minute)) {
			db *= 5
		}
		return db, 1
	})
	last := opened[len(opened)-1]
	if !strings.HasPrefix(last.Title, "db") || last.StartedAt.Sub(fault).Abs() > 10*time.Minute {
		t.Errorf("the last incident is %q at %v, want the database at %v", last.Title, last.StartedAt, fault)
	}
	v, err := e.View().Operation("db", "SELECT", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(v.Seasons, func(s model.OperationSeason) bool { return s.Quantity == ownTime })
	if i < 0 {
		t.Fatalf("no season of own time: %v", v.Seasons)
	}
	const tuesday = 24
	s := v.Seasons[i]
	if at := tuesday + 1; s.Usual[at] < 8 || s.Usual[at] > 12 || s.High[at] > 14 || s.Weeks[at] != 3 {
		t.Errorf("one o'clock: usually %v ms, at most %v, %d weeks; want about 10 ms in three weeks", s.Usual[at], s.High[at], s.Weeks[at])
	}
	if at := tuesday + 2; s.Usual[at] < 20 || s.Low[at] > 15 || s.High[at] < 25 {
		t.Errorf("two o'clock: usually %v ms, %v to %v; want 10 to 30", s.Usual[at], s.Low[at], s.High[at])
	}
	if at := tuesday + 12; !math.IsNaN(float64(s.Usual[at])) || s.Weeks[at] != 0 {
		t.Errorf("noon, when nobody comes: usually %v ms, %d weeks", s.Usual[at], s.Weeks[at])
	}
}

// What comes on Mondays only is known by the third of them; and what does not come any more is
// nothing to tell of.
func TestWhatRecursWeeklyIsNormalAndMayEnd(t *testing.T) {
	t.Parallel()
	opened, _ := newShop().weeks(t, 23, func(at time.Time) (db, cart float64) {
		if at.Weekday() == time.Monday && at.Day() < 22 { // the fourth is as any other day
			return nightly(at, 50*time.Minute), 1
		}
		return 1, 1
	})
	if len(opened) != 2 || opened[0].OpenedAt.Day() != 1 || opened[1].OpenedAt.Day() != 8 {
		t.Errorf("%d incidents, want those of the first two Mondays: %q", len(opened), named(opened))
	}
}

// An outage of one week is no season: the same hour of the next weeks is judged as ever.
func TestOneOutageIsNoSeason(t *testing.T) {
	t.Parallel()
	first := time.Date(2026, time.June, 3, 3, 30, 0, 0, time.UTC)
	again := first.AddDate(0, 0, 14)
	opened, _ := newShop().weeks(t, 17, func(at time.Time) (db, cart float64) {
		for _, from := range []time.Time{first, again} {
			if !at.Before(from) && at.Before(from.Add(30*time.Minute)) {
				return 3, 1
			}
		}
		return 1, 1
	})
	if len(opened) != 2 || !strings.HasPrefix(opened[1].Title, "db") {
		t.Errorf("%d incidents, want two of the database: %v", len(opened), opened)
	}
}
