package generate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// epoch is the Monday that scenarios start after; the seed draws day and hour.
var epoch = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

// The families of scenarios: one fault, one fault seen through a dirty tracing system,
// one temptation without a fault. The name goes on with the class.
const (
	faultFamily = "fault/"
	dirtyFamily = "dirty/"
	calmFamily  = "calm/"
)

// presets are the scenarios outside of the families. What they are given has a start
// and a mild day.
var presets = map[string]func(*Scenario, *rand.Rand){
	"small": func(sc *Scenario, _ *rand.Rand) {
		sc.Services, sc.Rate, sc.Length = 8, 8, 10*time.Minute
	},
	"medium": func(sc *Scenario, _ *rand.Rand) {
		sc.Services, sc.Rate, sc.Length = 20, 15, 10*time.Minute
	},
	"dirty": func(sc *Scenario, _ *rand.Rand) {
		sc.Services, sc.Rate, sc.Length = 16, 10, 10*time.Minute
		sc.Dirt = dirty
	},
	"tiny": func(sc *Scenario, _ *rand.Rand) {
		sc.Services, sc.Rate, sc.Length = 6, 0.05, 12*time.Hour
	},
	"day":        aDay,
	"week":       aWeek,
	"two-faults": twoFaults,
}

// dirty is what a tracing system in a bad mood does.
var dirty = Dirt{
	Skew: 200 * time.Millisecond, Lost: 0.03, Late: 0.03, Lateness: 20 * time.Second,
	Duplicates: 0.01, Rootless: 0.02,
}

// aDay is a day without a fault, from midnight to midnight, with its season and two
// events that tempt.
func aDay(sc *Scenario, r *rand.Rand) {
	sc.Start = epoch.AddDate(0, 0, r.IntN(28))
	sc.Services, sc.Rate, sc.Length = upTo(r, 6, 12), between(r, 0.5, 0.9), 24*time.Hour
	sc.Daily, sc.Weekly = between(r, 0.3, 0.8), between(r, 0, 0.5)
	kinds := Temptations()
	for i, n := range r.Perm(len(kinds))[:2] {
		from := time.Duration(i)*10*time.Hour + time.Duration(upTo(r, 120, 480))*time.Minute
		sc.Calm = append(sc.Calm, Plan{kinds[n], from, from + time.Duration(upTo(r, 4, 40))*time.Minute})
	}
	if chance(r, 0.3) {
		sc.Dirt = Dirt{Skew: 50 * time.Millisecond, Lost: 0.01, Late: 0.02, Lateness: 20 * time.Second, Duplicates: 0.002}
	}
}

// aWeek is a week without a fault in which little happens, and less on its last days.
func aWeek(sc *Scenario, r *rand.Rand) {
	sc.Start, sc.Length = epoch, 7*24*time.Hour
	sc.Services, sc.Rate = upTo(r, 5, 8), between(r, 0.1, 0.15)
	sc.Daily, sc.Weekly = between(r, 0.6, 0.9), between(r, 0.4, 0.7)
}

// twoFaults are two faults at once that have nothing to do with each other.
func twoFaults(sc *Scenario, r *rand.Rand) {
	kinds := []string{"slow-operation", "errors", "network-delay", "db-slow", "slow-instance", "lost-call", "cpu", "db-errors"}
	one := aFault(sc, r, "")
	for _, n := range r.Perm(len(kinds))[:2] {
		sc.Faults = append(sc.Faults, Plan{kinds[n], one.From, one.To})
	}
}

// aFault lays out 8 to 12 healthy minutes, 3 to 5 minutes with a fault of a class, and
// three minutes after it.
func aFault(sc *Scenario, r *rand.Rand, class string) Plan {
	healthy := time.Duration(upTo(r, 8*60, 12*60)) * time.Second
	length := time.Duration(upTo(r, 3*60, 5*60)) * time.Second
	sc.Length = healthy + length + 3*time.Minute
	sc.Rate = logBetween(r, 5, 12)
	switch class {
	case "pool", "connection-pool": // waiting needs something to wait for
		sc.Rate = logBetween(r, 12, 24)
	case "load": // and much of it
		sc.Rate = logBetween(r, 6, 10)
	}
	return Plan{class, healthy, healthy + length}
}

// aTemptation lays out ten quiet minutes, four to ten with a temptation, and five after
// it.
func aTemptation(sc *Scenario, r *rand.Rand, class string) {
	length := time.Duration(upTo(r, 4*60, 10*60)) * time.Second
	sc.Rate, sc.Length = logBetween(r, 4, 8), 15*time.Minute+length
	sc.Calm = []Plan{{class, 10 * time.Minute, 10*time.Minute + length}}
}

// Names returns the names of all scenarios, sorted.
func Names() []string {
	names := make([]string, 0, len(presets)+2*len(classes)+len(temptations))
	for n := range presets {
		names = append(names, n)
	}
	for _, c := range Classes() {
		names = append(names, faultFamily+c, dirtyFamily+c)
	}
	for _, c := range Temptations() {
		names = append(names, calmFamily+c)
	}
	slices.Sort(names)
	return names
}

// Named returns a scenario by its name, with what the seed draws of it.
func Named(name string, seed uint64) (Scenario, error) {
	r := source(seed, streamScenario)
	sc := Scenario{
		Name: name, Seed: seed, Daily: 0.3,
		Start: epoch.Add(time.Duration(24*upTo(r, 0, 4)+upTo(r, 6, 20)) * time.Hour),
	}
	if i := strings.IndexByte(name, '/') + 1; i > 0 {
		family, class := name[:i], name[i:]
		switch {
		case family == faultFamily && classes[class] != nil:
			sc.Faults = []Plan{aFault(&sc, r, class)}
			return sc, nil
		case family == dirtyFamily && classes[class] != nil:
			sc.Faults = []Plan{aFault(&sc, r, class)}
			sc.Dirt = dirty
			return sc, nil
		case family == calmFamily && temptations[class] != nil:
			aTemptation(&sc, r, class)
			return sc, nil
		}
	} else if p, ok := presets[name]; ok {
		p(&sc, r)
		return sc, nil
	}
	return Scenario{}, fmt.Errorf("no scenario is called %q; there are %s", name, strings.Join(Names(), ", "))
}
