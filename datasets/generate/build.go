package generate

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// builder draws a world. Services stand in layers and call only deeper ones, so a
// request always ends.
type builder struct {
	r      *rand.Rand
	w      *world
	layers [][]*service
	called map[*operation]bool
}

// maxCost is the most spans that a request is expected to have, by layer from the
// entry; deeper layers have the last.
var maxCost = []float64{30, 18, 11, 7, 5}

// build draws a world of so many services for a rate of requests per second.
func build(seed uint64, services int, rate float64) *world {
	b := &builder{
		r:      source(seed, streamWorld),
		w:      &world{name: fmt.Sprintf("shop-%d", seed), net: dist{median: 0.35 * ms, sigma: 0.35, tail: 0.004}},
		called: map[*operation]bool{},
	}
	b.style()
	b.placeServices(services)
	b.placeDatabases()
	for l := len(b.layers) - 1; l >= 0; l-- { // callees first: their cost must be known
		for _, sv := range b.layers[l] {
			b.addOperations(sv)
		}
	}
	b.addEntries()
	b.w.prune()
	b.w.flow()
	b.w.size(b.r, rate)
	return b.w
}

// style draws what holds for the whole system.
func (b *builder) style() {
	w := b.w
	x := b.r.Float64()
	w.kindless = x < 0.15
	w.linked = chance(b.r, 0.2)
	w.tenants = takeNames(b.r, tenantNames, upTo(b.r, 4, 10))
	for i := range w.tenants {
		w.tenantPop = append(w.tenantPop, 1/math.Pow(float64(i+1), 0.8))
	}
}

func (b *builder) placeServices(n int) {
	depth := upTo(b.r, 3, 4)
	if n > 20 {
		depth = upTo(b.r, 4, 5)
	}
	b.layers = make([][]*service, depth)
	fronts := 1 + b.r.IntN(1+n/12)
	for _, name := range takeNames(b.r, entryNames, fronts) {
		b.addService(name, 0)
	}
	for i, name := range takeNames(b.r, nouns, n-fronts) {
		layer := 1 + i%(depth-1)
		if i >= depth-1 {
			layer = 1 + b.r.IntN(depth-1)
		}
		b.addService(name, layer)
	}
	for _, l := range b.layers {
		b.w.services = append(b.w.services, l...)
	}
	b.placeInstances()
}

func (b *builder) addService(name string, layer int) {
	r := b.r
	sv := &service{
		name: name, layer: layer, slow: 1,
		language:     languages[r.IntN(len(languages))],
		clientSpans:  !chance(r, 0.12),
		internal:     chance(r, 0.06),
		acceptsFirst: chance(r, 0.4),
		dialsFirst:   chance(r, 0.4),
		cancels:      chance(r, 0.5),
		silent:       chance(r, 0.06),
		podless:      chance(r, 0.08),
	}
	switch x := r.Float64(); {
	case x < 0.45:
		sv.naming = routes
	case x < 0.72:
		sv.naming = rpcs
	case x < 0.78:
		sv.naming = bare
	case x < 0.84:
		sv.naming = verbose
	case x < 0.92:
		sv.naming = ids
	default:
		sv.naming = funcs
	}
	if b.w.kindless { // such systems record what a service does, and rarely what it asks for
		sv.clientSpans = chance(r, 0.5)
	}
	b.layers[layer] = append(b.layers[layer], sv)
}

func (b *builder) placeInstances() {
	r, w := b.r, b.w
	total := 0
	for _, sv := range w.services {
		n := upTo(r, 1, 4)
		if sv.layer == 0 {
			n = upTo(r, 2, 4)
		}
		total += n
		set := letters(r, 9)
		version := fmt.Sprintf("%d.%d.%d", upTo(r, 0, 4), r.IntN(20), r.IntN(10))
		for range n {
			sv.instances = append(sv.instances, &instance{service: sv, version: version, slow: 1, name: podName(r, sv.name, set)})
		}
	}
	zones := upTo(r, 1, 2)
	for i := range max(3, total/5) {
		w.hosts = append(w.hosts, &host{name: fmt.Sprintf("node-%s-%d", letters(r, 4), i), region: regions[i%zones], slow: 1})
	}
	next := r.IntN(len(w.hosts))
	for _, sv := range w.services {
		for _, in := range sv.instances {
			in.host = w.hosts[next%len(w.hosts)]
			next += 1 + r.IntN(2)
		}
	}
}

func (b *builder) placeDatabases() {
	r := b.r
	systems := []string{"postgresql", "mysql", "mongodb", "elasticsearch"}
	keys := []string{"peer.service", "server.address", "server.address"}
	n := max(2, len(b.w.services)/5)
	for i := range n {
		sys := systems[r.IntN(len(systems))]
		b.w.databases = append(b.w.databases, &database{
			name: fmt.Sprintf("%s-%d", sys, i), system: sys, key: keys[r.IntN(len(keys))], slow: 1,
			time: dist{median: logBetween(r, 1.5, 12) * ms, sigma: between(r, 0.35, 0.7), tail: 0.015},
		})
	}
	for i := range 1 + n/3 {
		b.w.databases = append(b.w.databases, &database{
			name: fmt.Sprintf("redis-%d", i), system: "redis", key: keys[r.IntN(len(keys))], cache: true, slow: 1,
			time: dist{median: between(r, 0.3, 0.8) * ms, sigma: 0.4, tail: 0.01},
		})
	}
	if chance(r, 0.5) {
		b.w.databases = append(b.w.databases, &database{
			name: "api.bank.example", key: "server.address", slow: 1,
			time: dist{median: logBetween(r, 20, 60) * ms, sigma: 0.4, tail: 0.03},
		})
	}
	if b.w.kindless { // a server.address could be anybody's, where nobody says who asks
		for _, d := range b.w.databases {
			d.key = "peer.service"
		}
	}
}

func (b *builder) addOperations(sv *service) {
	r := b.r
	n := upTo(r, 1, 4)
	if sv.layer == 0 {
		n = upTo(r, 3, 6)
	}
	taken := map[[2]int]bool{}
	for len(sv.ops) < n {
		k := [2]int{r.IntN(len(verbs)), r.IntN(len(objects))}
		if taken[k] {
			continue
		}
		taken[k] = true
		op := &operation{service: sv, slow: 1}
		nameOperation(op, sv.name, k[0], k[1])
		if chance(r, 0.15) {
			op.flag = flagNames[r.IntN(len(flagNames))]
		}
		op.errs = logBetween(r, 0.0002, 0.002)
		if chance(r, 0.1) {
			op.errs = between(r, 0.01, 0.05)
		}
		if chance(r, 0.15) {
			op.missing = between(r, 0.005, 0.05)
		}
		op.prog = b.program(sv)
		op.expect()
		sv.ops = append(sv.ops, op)
	}
}

// addEntries makes every operation of the first layer a kind of request, few of them
// common and most rare.
func (b *builder) addEntries() {
	i := 0
	for _, sv := range b.layers[0] {
		for _, op := range sv.ops {
			i++
			b.w.entries = append(b.w.entries, entry{op, between(b.r, 0.5, 1.5) / math.Sqrt(float64(i))})
		}
	}
}
