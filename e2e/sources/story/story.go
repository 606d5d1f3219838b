// Package story makes the traces that every row of package sources is told: a shop in
// which payment becomes slow by itself.
//
//	web  POST /checkout/{}                     web  GET /products/{}
//	  web  cart GetCart          (client)        web  catalog ListProducts       (client)
//	    cart  GetCart                              catalog  ListProducts
//	      cart  HGETALL          (redis)             catalog  SELECT products    (catalog-db)
//	  web  payment Charge        (client)        web  render
//	    payment  Charge          <- slow
//	      payment  SELECT orders (orders-db)
//
// Names hold generated ids, as names do. Everything is drawn from a seed, so that each
// row is told the same; only the time at which it begins differs.
package story

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"
)

// What is slow, and so to be blamed.
const (
	Service   = "payment"
	Operation = "Charge"
)

// Trace is one line of the story.
type Trace struct {
	// Spans, parents before their children.
	Spans []Span `json:"spans"`
}

// Span is a span with its absolute times in nanoseconds since 1970.
type Span struct {
	Parent     int               `json:"parent"` // index in Trace.Spans; -1: none
	Service    string            `json:"service"`
	Instance   string            `json:"instance"`
	Name       string            `json:"name"`
	Kind       string            `json:"kind"` // server, client or internal
	Start      int64             `json:"start"`
	End        int64             `json:"end"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// Plan says how the story goes.
type Plan struct {
	Seed  uint64
	Rate  float64       // traces a second, a Poisson stream
	Quiet time.Duration // how long all is well
	Slow  time.Duration // how much longer Charge takes by itself after that
}

// Usual is the plan of every row: twenty windows of two seconds in which all is well.
func Usual() Plan {
	return Plan{Seed: 1, Rate: 30, Quiet: 42 * time.Second, Slow: 60 * time.Millisecond}
}

// checkouts of ten traces are checkouts, in which payment charges once.
const checkouts = 6

// Charges is how often payment charges in a second.
func (p Plan) Charges() float64 { return p.Rate * checkouts / 10 }

// Teller tells a story and knows how late it was.
type Teller struct{ late atomic.Int64 }

// Late is by how much a line has come too late at most: the machine was busy, or the
// listener.
func (t *Teller) Late() time.Duration { return time.Duration(t.late.Load()) }

// Tell writes the story to w, a line when the last span of a trace has ended, until ctx
// ends. start is when the story begins.
func (t *Teller) Tell(ctx context.Context, p Plan, start time.Time, w io.Writer) error {
	rng := rand.New(rand.NewPCG(p.Seed, p.Seed))
	var running []Trace // by their end
	next := time.Duration(0)
	for {
		next += time.Duration(rng.ExpFloat64() / p.Rate * float64(time.Second))
		drawn := p.draw(rng, start, next)
		at, _ := slices.BinarySearchFunc(running, drawn, func(a, b Trace) int { return int(a.Spans[0].End - b.Spans[0].End) })
		running = slices.Insert(running, at, drawn)
		for len(running) > 0 && running[0].Spans[0].End <= start.Add(next).UnixNano() {
			if !sleep(ctx, time.Until(time.Unix(0, running[0].Spans[0].End))) {
				return nil
			}
			line, err := json.Marshal(running[0])
			if err != nil {
				return err
			}
			if _, err := w.Write(append(line, '\n')); err != nil {
				return fmt.Errorf("telling the story: %w", err)
			}
			if d := time.Since(running[0].Spans[0].To()); d > t.Late() {
				t.late.Store(int64(d))
			}
			running = running[1:]
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// draw makes the trace that begins at a time after the start.
func (p Plan) draw(rng *rand.Rand, start time.Time, at time.Duration) Trace {
	b := teller{rng: rng, instance: rng.IntN(2)}
	slow := time.Duration(0)
	if at >= p.Quiet {
		slow = p.Slow
	}
	begin := start.Add(at).UnixNano()
	if rng.IntN(10) < checkouts {
		root := b.open(-1, "web", "POST /checkout/"+b.uuid(), "server", begin)
		b.spend(ms)
		cart := b.open(root, "web", "cart GetCart", "client", b.now)
		b.spend(ms / 2)
		get := b.open(cart, "cart", "GetCart", "server", b.now)
		b.spend(2 * ms)
		b.call(get, "HGETALL", "redis", "redis", ms)
		b.close(get)
		b.spend(ms / 2)
		b.close(cart)
		pay := b.open(root, "web", "payment Charge", "client", b.now)
		b.spend(ms / 2)
		charge := b.open(pay, "payment", Operation, "server", b.now)
		b.spend(8*ms + slow)
		b.call(charge, fmt.Sprintf("SELECT * FROM orders WHERE id = %d", rng.IntN(1e6)), "orders-db", "postgresql", 3*ms)
		b.close(charge)
		b.spend(ms / 2)
		b.close(pay)
		b.close(root)
		return b.trace
	}
	root := b.open(-1, "web", fmt.Sprintf("GET /products/%d", 100_000+rng.IntN(900_000)), "server", begin)
	list := b.open(root, "web", "catalog ListProducts", "client", b.now)
	b.spend(ms / 2)
	products := b.open(list, "catalog", "ListProducts", "server", b.now)
	b.spend(4 * ms)
	b.call(products, "SELECT products", "catalog-db", "postgresql", 5*ms)
	b.close(products)
	b.spend(ms / 2)
	b.close(list)
	render := b.open(root, "web", "render", "internal", b.now)
	b.spend(3 * ms)
	b.close(render)
	b.close(root)
	return b.trace
}

const ms = time.Millisecond

// teller builds a trace as time passes in it.
type teller struct {
	rng      *rand.Rand
	instance int // of each service
	now      int64
	trace    Trace
}

func (b *teller) open(parent int, service, name, kind string, at int64) int {
	b.now = at
	b.trace.Spans = append(b.trace.Spans, Span{
		Parent: parent, Service: service, Instance: fmt.Sprintf("%s-%d", service, b.instance), Name: name, Kind: kind, Start: at,
	})
	return len(b.trace.Spans) - 1
}

func (b *teller) close(i int) { b.trace.Spans[i].End = b.now }

// spend passes some time: a typical d, half as much or twice as much now and then. Whole
// microseconds, since some systems know nothing finer.
func (b *teller) spend(d time.Duration) {
	us := float64(d.Microseconds()) * (0.7 + 0.3*b.rng.ExpFloat64())
	b.now += int64(us) * 1000
}

// call is a call to something that sends no spans.
func (b *teller) call(parent int, name, peer, system string, d time.Duration) {
	i := b.open(parent, b.trace.Spans[parent].Service, name, "client", b.now)
	b.trace.Spans[i].Attributes = map[string]string{"db.system": system, "peer.service": peer}
	b.spend(d)
	b.close(i)
}

func (b *teller) uuid() string {
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", b.rng.Uint32(), b.rng.IntN(1<<16), b.rng.IntN(1<<12), b.rng.IntN(1<<12), b.rng.Int64N(1<<48))
}
