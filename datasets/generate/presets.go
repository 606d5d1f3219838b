package generate

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// epoch is the Monday that scenarios start after; the seed draws the hour.
var epoch = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

// faultPrefix leads the names of scenarios with one fault, before its class.
const faultPrefix = "fault/"

// presets are the named scenarios that are no fault of one class.
var presets = map[string]func(Scenario) Scenario{
	"small": func(sc Scenario) Scenario {
		sc.Services, sc.Rate, sc.Length = 8, 8, 10*time.Minute
		return sc
	},
	"medium": func(sc Scenario) Scenario {
		sc.Services, sc.Rate, sc.Length = 20, 15, 10*time.Minute
		return sc
	},
	"dirty": func(sc Scenario) Scenario {
		sc.Services, sc.Rate, sc.Length = 16, 10, 10*time.Minute
		sc.Dirt = Dirt{
			Skew: 200 * time.Millisecond, Lost: 0.03, Late: 0.03, Lateness: 20 * time.Second,
			Duplicates: 0.01, Rootless: 0.02,
		}
		return sc
	},
}

// Names returns the names of all scenarios, sorted.
func Names() []string {
	names := make([]string, 0, len(presets)+len(classes))
	for n := range presets {
		names = append(names, n)
	}
	for _, c := range Classes() {
		names = append(names, faultPrefix+c)
	}
	slices.Sort(names)
	return names
}

// Named returns a scenario by its name, with what the seed draws of it.
func Named(name string, seed uint64) (Scenario, error) {
	r := source(seed, streamScenario)
	sc := Scenario{Name: name, Seed: seed, Daily: 0.3, Start: epoch.Add(time.Duration(upTo(r, 0, 4)*24*3600+upTo(r, 6, 20)*3600) * time.Second)}
	if class, ok := strings.CutPrefix(name, faultPrefix); ok && classes[class] != nil {
		healthy := time.Duration(upTo(r, 8*60, 12*60)) * time.Second
		length := time.Duration(upTo(r, 3*60, 5*60)) * time.Second
		sc.Rate = logBetween(r, 5, 12)
		switch class {
		case "pool", "connection-pool": // waiting needs something to wait for
			sc.Rate = logBetween(r, 12, 24)
		case "load": // and much of it
			sc.Rate = logBetween(r, 2, 4)
		}
		sc.Length = healthy + length + 3*time.Minute
		sc.Faults = []Plan{{class, healthy, healthy + length}}
		return sc, nil
	}
	if p, ok := presets[name]; ok {
		return p(sc), nil
	}
	return Scenario{}, fmt.Errorf("no scenario is called %q; there are %s", name, strings.Join(Names(), ", "))
}
