package engine

import (
	"testing"
	"time"

	"culprit/model"
)

// tenants are half minutes of sixty requests, one in ten from each tenant; for three windows six
// of them wait six times as long for the database: those that slow chooses.
func (s *shop) tenants(slow func(i int) bool) []model.Incident {
	key := s.table.Key("tenant.id")
	opened, _ := s.run(50, func(w int, from time.Time) []*model.Fragment {
		return s.requests(60, from, func(i int, at int64) *model.Fragment {
			db := 1.0
			if w >= 40 && w < 43 && slow(w*60+i) {
				db = 6
			}
			f := s.request(at, db, 1)
			f.Attrs = []model.Attr{{Key: key, Value: s.table.Value(key, string(rune('a'+i%10)))}}
			f.Spans[0].Attrs, f.Spans[0].NAttrs = 0, 1
			return f
		})
	})
	return opened
}

// One slow request in ten is hardly more than what chance does to the mean. If all of them are
// those of one tenant it is no chance.
func TestSlowForOneTenant(t *testing.T) {
	opened := newShop().tenants(func(i int) bool { return i%10 == 3 })
	if len(opened) != 1 {
		t.Fatalf("%d incidents opened, want one: %q", len(opened), named(opened))
	}
	first := opened[0].Suspects[0]
	if first.Service != "db" || first.Attribute == nil || first.Attribute.Value != "d" {
		t.Errorf("the first suspect is %s", opened[0].Title)
	}
	s := newShop()
	if opened := s.tenants(func(int) bool { return s.rng.IntN(10) == 0 }); len(opened) > 0 {
		t.Errorf("as many slow requests of all tenants opened %q", named(opened))
	}
}
