package generate

import (
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/datasets"
)

// Scenario says what is generated. Equal scenarios give equal bytes.
type Scenario struct {
	Name string
	Seed uint64 // draws the system, its traffic and the places of the faults

	// Services is how many there are; 0 draws from 8 to 40. Those that no request
	// reaches are left out.
	Services int
	Start    time.Time // to the second
	Length   time.Duration
	Rate     float64 // requests from outside per second, mean of a day
	Daily    float64 // amplitude of the day as a share of Rate, below 1
	Weekly   float64 // share by which Saturday and Sunday are quieter

	Dirt    Dirt
	Dialect Dialect
	Faults  []Plan
	// Calm are events that tempt a detector and are no faults: see Temptations.
	Calm []Plan
}

// Plan is something that happens in [From, To) after the start of the scenario.
type Plan struct {
	Class    string
	From, To time.Duration
}

// Dirt is what goes wrong on the way from a span to whoever reads it. The zero value
// is a perfect tracing system.
type Dirt struct {
	Skew       time.Duration // clocks of hosts differ by up to this, either way
	Lost       float64       // share of spans that never arrive
	Late       float64       // share of spans that arrive late
	Lateness   time.Duration // by up to this
	Duplicates float64       // share of spans that come twice
	Rootless   float64       // share of traces whose root never arrives
	Sampling   float64       // share of traces that are recorded; 0 means all
}

// Generate runs the scenario and emits its spans in the order in which they arrive:
// as they end, once a second, late ones later. The batches belong to emit. It ends
// with the first error of emit, or with an error if the scenario cannot be.
func Generate(sc Scenario, emit func(ptrace.Traces) error) (datasets.Labels, error) {
	s, faults, err := prepare(sc, emit)
	if err != nil {
		return datasets.Labels{}, fmt.Errorf("generating %s, seed %d: %w", sc.Name, sc.Seed, err)
	}
	if err := s.runToEnd(); err != nil {
		return datasets.Labels{}, fmt.Errorf("generating %s, seed %d: %w", sc.Name, sc.Seed, err)
	}
	return s.labels(sc, faults), nil
}

// attempts is how many systems are drawn for a scenario until one has a place for each
// of its faults. A class that one system in four has room for fails once in 10^5 seeds.
const attempts = 40

func prepare(sc Scenario, emit func(ptrace.Traces) error) (*simulation, []*fault, error) {
	if err := sc.check(); err != nil {
		return nil, nil, err
	}
	services := sc.Services
	if services == 0 {
		services = upTo(source(sc.Seed, streamWorld), 8, 40)
	}
	var err error
	for try := range uint64(attempts) {
		seed := sc.Seed + try<<32
		w := build(seed, services, sc.Rate)
		if sc.Dialect != "" {
			sc.Dialect.apply(w)
		}
		s := newSimulation(sc, w, emit)
		var faults []*fault
		if faults, err = s.place(sc, seed); err == nil {
			return s, faults, nil
		}
	}
	return nil, nil, err
}

func (sc *Scenario) check() error {
	switch {
	case sc.Rate <= 0 || sc.Length <= 0:
		return fmt.Errorf("need a rate and a length above zero, have %v and %v", sc.Rate, sc.Length)
	case sc.Services != 0 && sc.Services < 4:
		return fmt.Errorf("need at least 4 services, have %d", sc.Services)
	case sc.Daily < 0 || sc.Daily >= 1 || sc.Weekly < 0 || sc.Weekly > 1:
		return fmt.Errorf("need daily in [0, 1) and weekly in [0, 1], have %v and %v", sc.Daily, sc.Weekly)
	case !sc.Start.Equal(sc.Start.Truncate(time.Second)):
		return fmt.Errorf("start %v is not a whole second", sc.Start)
	}
	if err := sc.Dialect.check(); err != nil {
		return err
	}
	for _, p := range append(append([]Plan(nil), sc.Faults...), sc.Calm...) {
		if p.From < 0 || p.To <= p.From || p.To > sc.Length {
			return fmt.Errorf("%s: [%v, %v) is not within the scenario of %v", p.Class, p.From, p.To, sc.Length)
		}
	}
	return nil
}

func newSimulation(sc Scenario, w *world, emit func(ptrace.Traces) error) *simulation {
	s := &simulation{
		until: int64(sc.Length), world: w,
		load:   load{start: sc.Start, rate: sc.Rate, daily: sc.Daily, weekly: sc.Weekly},
		chance: source(sc.Seed, streamWork), arrivals: source(sc.Seed, streamArrivals),
		dirt: source(sc.Seed, streamDirt), ids: source(sc.Seed, streamIDs),
		sampling: 1,
	}
	if sc.Dirt.Sampling > 0 {
		s.sampling = sc.Dirt.Sampling
	}
	for _, e := range w.entries {
		s.entryPop = append(s.entryPop, e.weight)
	}
	s.out = &exporter{
		world: w, start: sc.Start.UnixNano(), emit: emit, dirt: sc.Dirt, chance: s.dirt,
		batch: ptrace.NewTraces(), n: 1,
	}
	for _, h := range w.hosts {
		h.skew = micros(between(s.dirt, -1, 1) * float64(sc.Dirt.Skew))
	}
	return s
}
