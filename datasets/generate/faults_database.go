package generate

import (
	"fmt"

	"culprit/datasets"
)

// database draws a database that nobody has broken yet and that fits.
func (p *planner) database(fit func(*database) bool) *database {
	var out []*database
	for _, b := range p.w.databases {
		if !p.used[b.name] && b.named*p.rate >= minRate && fit(b) {
			out = append(out, b)
		}
	}
	return pickOne(p.r, out)
}

// carries fits the spans of queries that say whom they ask.
func (b *database) carries() func(*span) bool {
	return func(sp *span) bool { return sp.step != nil && sp.step.base == b && !sp.inst.service.internal }
}

func databaseSlow(p *planner) *fault {
	b := p.database(func(*database) bool { return true })
	if b == nil {
		return nil
	}
	k := p.factor(4, 15, b.time.mean())
	if b.cache {
		k = between(p.r, 30, 80)
	}
	return &fault{
		causes:   []datasets.RootCause{{Service: b.name}},
		on:       func(*simulation) { b.slow = k },
		off:      func(*simulation) { b.slow = 1 },
		carrying: b.carries(),
		note:     fmt.Sprintf("queries x%.1f", k),
	}
}

func databaseDown(p *planner) *fault {
	b := p.database(func(b *database) bool { return !b.cache })
	if b == nil {
		return nil
	}
	return &fault{
		causes:   []datasets.RootCause{{Service: b.name}},
		on:       func(*simulation) { b.down = true },
		off:      func(*simulation) { b.down = false },
		carrying: b.carries(),
		note:     "refuses connections",
	}
}

func databaseHangs(p *planner) *fault {
	b := p.database(func(b *database) bool { return !b.cache })
	if b == nil {
		return nil
	}
	return &fault{
		causes:   []datasets.RootCause{{Service: b.name}},
		on:       func(*simulation) { b.hangs = true },
		off:      func(*simulation) { b.hangs = false },
		carrying: b.carries(),
		note:     "takes queries and answers none: callers give up after 3 s",
	}
}

func databaseErrors(p *planner) *fault {
	b := p.database(func(b *database) bool { return !b.cache })
	if b == nil {
		return nil
	}
	errs := between(p.r, 0.3, 0.8)
	return &fault{
		causes:   []datasets.RootCause{{Service: b.name}},
		on:       func(*simulation) { b.errs = errs },
		off:      func(*simulation) { b.errs = 0 },
		carrying: b.carries(),
		note:     fmt.Sprintf("%.0f %% of queries fail", 100*errs),
	}
}
