package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// callWait bounds one question to the server. After it the question is asked
	// again: a new leader answers what the dead one cannot.
	callWait = 3 * time.Second
	// drainWait bounds the goodbye at the end.
	drainWait = 2 * time.Second
)

var errClosed = errors.New("bus is closed")

// Bus is the service's connection to NATS. It is safe for concurrent use.
type Bus struct {
	cfg    Config
	names  names
	log    *slog.Logger
	server *embedded // nil: external
	nc     *nats.Conn
	js     jetstream.JetStream

	stream    jetstream.Stream // the incident log
	state     jetstream.KeyValue
	lease     jetstream.KeyValue
	letters   jetstream.KeyValue
	snapshots jetstream.ObjectStore

	life   context.Context // ends with Close
	end    context.CancelCauseFunc
	gone   chan struct{} // the connection is closed for good
	leases sync.WaitGroup
	closer sync.Once
	saving sync.Mutex
	led    atomic.Bool // Lead has been called since Open

	counts counters
}

// Open starts the embedded server or connects to the external one, and makes sure
// that streams and buckets are there. ctx bounds the opening only. A nil log is silent.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Bus, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("bus: %w", err)
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	b := &Bus{cfg: cfg, names: cfg.names(), log: log, gone: make(chan struct{})}
	b.life, b.end = context.WithCancelCause(context.Background())
	if err := b.open(ctx); err != nil {
		b.Close()
		return nil, fmt.Errorf("bus: %w", err)
	}
	return b, nil
}

func (b *Bus) open(ctx context.Context) (err error) {
	if b.cfg.URL == "" {
		if b.server, err = startEmbedded(b.cfg, b.log); err != nil {
			return err
		}
	}
	if b.nc, err = dial(ctx, b.cfg, b.server, b.log, sync.OnceFunc(func() { close(b.gone) })); err != nil {
		return err
	}
	if b.js, err = jetstream.New(b.nc, jetstream.WithDefaultTimeout(callWait)); err != nil {
		return err
	}
	return b.ensure(ctx)
}

// Close ends every call under way, gives up a lease, says goodbye to the server,
// stops it if it is ours, and waits for all of that. It may be called twice.
func (b *Bus) Close() error {
	b.closer.Do(func() {
		b.end(errClosed)
		b.leases.Wait()
		if b.nc != nil {
			if err := b.nc.Drain(); err != nil { // not connected: nothing to say goodbye to
				b.nc.Close()
			}
			select {
			case <-b.gone:
			case <-time.After(2 * drainWait):
				b.nc.Close()
			}
		}
		if b.server != nil {
			b.server.stop()
		}
	})
	return nil
}

// under gives a context that ends with ctx, and with the bus.
func (b *Bus) under(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(b.life, func() { cancel(errClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// short bounds one question within a longer wait.
func short(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, callWait)
}
