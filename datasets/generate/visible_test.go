package generate

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"culprit/datasets"
	"culprit/graph"
)

func own(s *seen) float64 { return s.own }
func gap(s *seen) float64 { return s.gap }
func dur(s *seen) float64 { return s.dur }
func errs(s *seen) float64 {
	if s.errs {
		return 1
	}
	return 0
}

// at fits the spans in which a service answers, at the place of a root cause.
func at(c datasets.RootCause) func(*seen) bool {
	return func(s *seen) bool {
		return s.service == c.Service && (c.Instance == "" || s.instance == c.Instance) &&
			(s.operation == c.Operation || c.Operation == "" && s.callee == "")
	}
}

func of(service string) func(*seen) bool {
	return func(s *seen) bool { return s.service == service }
}

func asks(callee string) func(*seen) bool {
	return func(s *seen) bool { return s.callee == callee }
}

func both(a, b func(*seen) bool) func(*seen) bool {
	return func(s *seen) bool { return a(s) && b(s) }
}

func not(a func(*seen) bool) func(*seen) bool { return func(s *seen) bool { return !a(s) } }

// visible says of each class what must have moved in the recording.
var visible = map[string]func(*testing.T, recording, datasets.RootCause){
	"slow-operation": func(t *testing.T, r recording, c datasets.RootCause) { grows(t, r, at(c), own, 1.4) },
	"slow-instance": func(t *testing.T, r recording, c datasets.RootCause) {
		grows(t, r, at(c), own, 1.8)
		others := both(at(datasets.RootCause{Service: c.Service}), not(at(c)))
		stays(t, r, others, own, 0.6, 1.5)
	},
	"slow-host": func(t *testing.T, r recording, c datasets.RootCause) {
		here := func(s *seen) bool { return s.host == c.Attribute.Value && s.callee == "" }
		grows(t, r, here, own, 1.5)
		stays(t, r, func(s *seen) bool { return s.host != c.Attribute.Value && s.callee == "" }, own, 0.6, 1.5)
	},
	"bad-version": func(t *testing.T, r recording, c datasets.RootCause) {
		was, now := versions(t, r, c, own)
		if now < 1.5*was {
			t.Errorf("own time %.1f ms with the old version, %.1f with the new", was, now)
		}
	},
	"bad-version-errors": func(t *testing.T, r recording, c datasets.RootCause) {
		if was, now := versions(t, r, c, errs); now < was+0.1 {
			t.Errorf("errors in %.3f of calls with the old version, %.3f with the new", was, now)
		}
	},
	"tenant": func(t *testing.T, r recording, c datasets.RootCause) {
		theirs := func(s *seen) bool { return s.tenant == c.Attribute.Value }
		grows(t, r, both(at(c), theirs), own, 1.5)
		stays(t, r, both(at(c), not(theirs)), own, 0.6, 1.5)
	},
	"tenant-query": func(t *testing.T, r recording, c datasets.RootCause) {
		theirs := func(s *seen) bool { return s.tenant == c.Attribute.Value }
		grows(t, r, both(asks(c.Service), theirs), dur, 2)
		stays(t, r, both(asks(c.Service), not(theirs)), dur, 0.6, 1.5)
	},
	"flag": func(t *testing.T, r recording, c datasets.RootCause) {
		on := func(s *seen) bool { return s.flag }
		grows(t, r, both(at(c), on), own, 1.5)
		stays(t, r, both(at(c), not(on)), own, 0.6, 1.5)
	},
	"cpu": func(t *testing.T, r recording, c datasets.RootCause) { grows(t, r, at(c), own, 1.8) },
	"network-delay": func(t *testing.T, r recording, c datasets.RootCause) {
		grows(t, r, askers(t, r, c.Service), dur, 1.2)
	},
	"network-loss": func(t *testing.T, r recording, c datasets.RootCause) {
		grows(t, r, askers(t, r, c.Service), dur, 1.1)
	},
	"db-slow": func(t *testing.T, r recording, c datasets.RootCause) { grows(t, r, asks(c.Service), dur, 2) },
	"db-down": func(t *testing.T, r recording, c datasets.RootCause) { fails(t, r, asks(c.Service), 0.2) },
	"db-hangs": func(t *testing.T, r recording, c datasets.RootCause) {
		fails(t, r, asks(c.Service), 0.2) // services without status on errors among the callers
		grows(t, r, asks(c.Service), dur, 50)
	},
	"db-errors":       func(t *testing.T, r recording, c datasets.RootCause) { fails(t, r, asks(c.Service), 0.2) },
	"errors":          func(t *testing.T, r recording, c datasets.RootCause) { fails(t, r, at(c), 0.2) },
	"instance-errors": func(t *testing.T, r recording, c datasets.RootCause) { fails(t, r, at(c), 0.3) },
	"exception": func(t *testing.T, r recording, c datasets.RootCause) {
		asksMore(t, r, c, -0.3)
		if was, now := mean(t, r.before, at(c), errs), mean(t, r.during, at(c), errs); now > was+0.05 {
			t.Errorf("errors went from %.3f to %.3f: they should be silent", was, now)
		}
	},
	"cache-cold": func(t *testing.T, r recording, c datasets.RootCause) { asksMore(t, r, c, 0.3) },
	"n-plus-one": func(t *testing.T, r recording, c datasets.RootCause) { asksMore(t, r, c, 1) },
	"lost-call":  func(t *testing.T, r recording, c datasets.RootCause) { asksMore(t, r, c, -0.3) },
	"stopped":    func(t *testing.T, r recording, c datasets.RootCause) { silent(t, r, at(c)) },
	"stopped-silent": func(t *testing.T, r recording, c datasets.RootCause) {
		silent(t, r, func(s *seen) bool { return at(c)(s) && s.role != graph.Consumer })
	},
	"pool":            func(t *testing.T, r recording, c datasets.RootCause) { waits(t, r, c) },
	"connection-pool": func(t *testing.T, r recording, c datasets.RootCause) { waits(t, r, c) },
	"retry-storm": func(t *testing.T, r recording, c datasets.RootCause) {
		grows(t, r, at(c), own, 3)
		if was, now := erring(r.before), erring(r.during); now < 3*was {
			t.Errorf("%.4f of spans failed before, %.4f in the storm", was, now)
		}
	},
	"instance-loss": func(t *testing.T, r recording, c datasets.RootCause) {
		grows(t, r, func(s *seen) bool { return s.kids[c.Service] > 0 }, dur, 1.05)
	},
	"connection-loss": func(t *testing.T, r recording, c datasets.RootCause) {
		grows(t, r, askers(t, r, c.Service), dur, 1.2)
	},
	"refusals": func(t *testing.T, r recording, _ datasets.RootCause) { failsMore(t, r) },
	"nameless": func(t *testing.T, r recording, c datasets.RootCause) {
		all := func(list []seen) float64 { // calls that somebody answers, of those that were made
			n := 0.0
			for i := range list {
				if s := &list[i]; s.service == c.Service && !s.errs {
					n += calls(s)
				}
			}
			return n / float64(count(list, at(c)))
		}
		if was, now := all(r.before), all(r.during); now > 0.8*was {
			t.Errorf("%.2f calls come to something at a time, then %.2f", was, now)
		}
	},
	"pauses": func(t *testing.T, r recording, c datasets.RootCause) { grows(t, r, at(c), own, 1.5) },
	"table-lock": func(t *testing.T, r recording, c datasets.RootCause) {
		grows(t, r, asks(c.Service), dur, 2)
	},
	"cache-down": func(t *testing.T, r recording, c datasets.RootCause) { fails(t, r, asks(c.Service), 0.2) },
	"impatience": func(t *testing.T, r recording, c datasets.RootCause) { fails(t, r, of(c.Service), 0.03) },
	"consumer-stuck": func(t *testing.T, r recording, c datasets.RootCause) {
		// What waited is worked off when it is over, in the traces that sent it or in
		// traces of its own.
		late := 0
		for i := range r.during {
			if s := &r.during[i]; at(c)(s) && s.at.After(r.labels.Faults[0].To.Add(-time.Millisecond)) {
				late++
			}
		}
		if all := count(r.during, at(c)); late < all*9/10 || count(r.before, at(c)) < 20 {
			t.Errorf("%d of %d messages waited for the end of the fault", late, all)
		}
	},
}

// versions is the mean of a figure at the two versions of a service during the fault.
func versions(t *testing.T, r recording, c datasets.RootCause, figure func(*seen) float64) (old, bad float64) {
	t.Helper()
	here := at(datasets.RootCause{Service: c.Service})
	new := func(s *seen) bool { return s.version == c.Attribute.Value }
	if n := count(r.before, new); n > 0 {
		t.Errorf("%d spans of the new version before it came", n)
	}
	return mean(t, r.during, both(here, not(new)), figure), mean(t, r.during, both(here, new), figure)
}

func grows(t *testing.T, r recording, fit func(*seen) bool, figure func(*seen) float64, by float64) {
	t.Helper()
	was, now := mean(t, r.before, fit, figure), mean(t, r.during, fit, figure)
	if now < by*was {
		t.Errorf("from %.3f to %.3f, want at least %.2f times", was, now, by)
	}
}

func stays(t *testing.T, r recording, fit func(*seen) bool, figure func(*seen) float64, lo, hi float64) {
	t.Helper()
	if was, now := mean(t, r.before, fit, figure), mean(t, r.during, fit, figure); now < lo*was || now > hi*was {
		t.Errorf("elsewhere from %.3f to %.3f, want %.1f to %.1f times", was, now, lo, hi)
	}
}

func fails(t *testing.T, r recording, fit func(*seen) bool, more float64) {
	t.Helper()
	if was, now := mean(t, r.before, fit, errs), mean(t, r.during, fit, errs); now < was+more {
		t.Errorf("errors went from %.3f to %.3f, want %.2f more", was, now, more)
	}
}

// failsMore wants many more spans that fail, wherever they are.
func failsMore(t *testing.T, r recording) {
	t.Helper()
	if was, now := erring(r.before), erring(r.during); now < 3*was || now < was+0.005 {
		t.Errorf("%.4f of spans failed before, %.4f during", was, now)
	}
}

func silent(t *testing.T, r recording, fit func(*seen) bool) {
	t.Helper()
	if was, now := count(r.before, fit), count(r.during, fit); was < 20 || now > 0 {
		t.Errorf("%d spans before, %d during: want silence", was, now)
	}
}

// asksMore wants so many more calls a time, or fewer if more is negative.
func asksMore(t *testing.T, r recording, c datasets.RootCause, more float64) {
	t.Helper()
	was, now := mean(t, r.before, at(c), calls), mean(t, r.during, at(c), calls)
	if more > 0 && now < was+more || more < 0 && now > was+more {
		t.Errorf("asks others %.2f times, then %.2f times; want a change of %+.1f or more", was, now, more)
	}
}

func calls(s *seen) float64 {
	n := 0
	for _, k := range s.kids {
		n += k
	}
	return float64(n)
}

func erring(list []seen) float64 {
	return float64(count(list, func(s *seen) bool { return s.errs })) / float64(len(list))
}

// askers fits what its callers see of a service: client spans, or where callers have
// none, the spans above its own.
func askers(t *testing.T, r recording, service string) func(*seen) bool {
	t.Helper()
	if fit := asks(service); count(r.before, fit) >= 20 {
		return fit
	}
	return func(s *seen) bool { return s.kids[service] > 0 }
}

// waits is satisfied by queueing anywhere at a service: in its own time, or in what
// its callers, or it as a caller, see of the way.
func waits(t *testing.T, r recording, c datasets.RootCause) {
	t.Helper()
	var said []string
	for _, see := range []struct {
		what   string
		fit    func(*seen) bool
		figure func(*seen) float64
	}{
		{"own time", at(datasets.RootCause{Service: c.Service}), own},
		{"way to it", func(s *seen) bool { return s.callee == c.Service && s.hasGap }, gap},
		{"way from it", func(s *seen) bool { return s.service == c.Service && s.hasGap }, gap},
		{"calls to it", func(s *seen) bool { return s.kids[c.Service] > 0 }, own},
	} {
		if count(r.before, see.fit) < 20 || count(r.during, see.fit) < 20 {
			continue
		}
		was, now := mean(t, r.before, see.fit, see.figure), mean(t, r.during, see.fit, see.figure)
		if now > 1.25*was+0.3 {
			return
		}
		said = append(said, fmt.Sprintf("%s %.2f to %.2f ms", see.what, was, now))
	}
	// What ran at the same time runs one after the other.
	many := func(s *seen) bool { return s.service == c.Service && s.covered > 0 && calls(s) >= 2 }
	if count(r.before, many) >= 20 && count(r.during, many) >= 20 {
		was, now := mean(t, r.before, many, atOnce), mean(t, r.during, many, atOnce)
		if now < 0.95*was {
			return
		}
		said = append(said, fmt.Sprintf("calls at once %.2f to %.2f", was, now))
	}
	t.Errorf("nothing waits: %v", said)
}

func atOnce(s *seen) float64 { return s.busy / s.covered }

// brief is a scenario with a fault of the class, shorter than those of the suite.
func brief(t *testing.T, class string, seed uint64) Scenario {
	sc := named(t, faultFamily+class, seed)
	sc.Length = 5 * time.Minute
	sc.Faults = []Plan{{class, 2 * time.Minute, 4*time.Minute + 30*time.Second}}
	return sc
}

var faultSeeds = flag.Int("fault-seeds", 1, "with how many seeds each class of faults is tried")

// Every class moves what its label says, and is noticed in the figures alone.
func TestFaultsShow(t *testing.T) {
	for _, class := range Classes() {
		if class == "load" {
			continue // see TestLoadSurgeSaturates
		}
		t.Run(class, func(t *testing.T) {
			for seed := uint64(1); seed <= uint64(*faultSeeds); seed++ {
				r := observe(t, brief(t, class, seed))
				f := r.labels.Faults[0]
				t.Logf("seed %d: %s %+v, %s", seed, f.Type, f.RootCauses, f.Note)
				if f.Visible {
					visible[class](t, r, f.RootCauses[0])
				} else if seed == 1 {
					t.Error("not visible: nothing is tested")
				}
			}
		})
	}
}
