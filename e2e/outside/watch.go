package outside

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The names that culprit promises.
const (
	Stream = "CULPRIT_INCIDENTS"
	Plain  = "culprit.incidents.>"
)

// Incident is what of an incident event the tests look at.
type Incident struct {
	ID         string     `json:"id"`
	Revision   int        `json:"revision"`
	Event      string     `json:"event"`
	State      string     `json:"state"`
	StartedAt  time.Time  `json:"started_at"`
	OpenedAt   time.Time  `json:"opened_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
	ResolvedAt *time.Time `json:"resolved_at"`
	Title      string     `json:"title"`
	Summary    string     `json:"summary"`
	Suspects   []Suspect  `json:"suspects"`
}

// Suspect is a ranked cause.
type Suspect struct {
	Service   string  `json:"service"`
	Operation string  `json:"operation"`
	Instance  string  `json:"instance"`
	Kind      string  `json:"kind"`
	Score     float64 `json:"score"`
	Reason    string  `json:"reason"`
	Attribute struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	} `json:"attribute"`
}

// Message is one that came, from the log or to the plain subscriber.
type Message struct {
	Subject  string
	Header   nats.Header
	Data     []byte
	Sequence uint64 // in the log's stream; 0 for the plain subscriber
	Incident Incident
}

// Watch is the two subscribers.
type Watch struct {
	conn    *nats.Conn
	consume jetstream.ConsumeContext

	mu     sync.Mutex
	log    []Message // in the order of their coming, redeliveries left out
	plain  []Message
	broken []string // messages that could not be read
	news   chan struct{}
}

// Start subscribes at a NATS URL. It retries for as long as ctx lasts, since the
// stream is there only once culprit has made it.
func Start(ctx context.Context, url string) (*Watch, error) {
	w := &Watch{news: make(chan struct{}, 1)}
	conn, err := nats.Connect(url,
		nats.Name("outside"),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond),
		nats.ReconnectJitter(0, 0))
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", url, err)
	}
	w.conn = conn
	if _, err := conn.Subscribe(Plain, func(m *nats.Msg) { w.note(m.Subject, m.Header, m.Data, 0) }); err != nil {
		conn.Close()
		return nil, err
	}
	for {
		err := w.durable(ctx)
		if err == nil {
			return w, nil
		}
		select {
		case <-ctx.Done():
			conn.Close()
			return nil, fmt.Errorf("no durable consumer of %s at %s: %w", Stream, url, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (w *Watch) durable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	js, err := jetstream.New(w.conn)
	if err != nil {
		return err
	}
	consumer, err := js.CreateOrUpdateConsumer(ctx, Stream, jetstream.ConsumerConfig{
		Durable:   "outside",
		AckPolicy: jetstream.AckExplicitPolicy,
		AckWait:   5 * time.Second,
	})
	if err != nil {
		return err
	}
	w.consume, err = consumer.Consume(func(m jetstream.Msg) {
		meta, err := m.Metadata()
		if err != nil {
			w.note(m.Subject(), m.Headers(), nil, 0)
			return
		}
		w.note(m.Subject(), m.Headers(), m.Data(), meta.Sequence.Stream)
		_ = m.Ack() // if it is lost, the message comes again and is known by its sequence
	})
	return err
}

func (w *Watch) note(subject string, header nats.Header, data []byte, seq uint64) {
	m := Message{Subject: subject, Header: header, Data: slices.Clone(data), Sequence: seq}
	err := json.Unmarshal(data, &m.Incident)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err != nil:
		w.broken = append(w.broken, fmt.Sprintf("%s: %v", subject, err))
	case seq == 0:
		w.plain = append(w.plain, m)
	case slices.ContainsFunc(w.log, func(o Message) bool { return o.Sequence == seq }):
		return
	default:
		w.log = append(w.log, m)
	}
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// Log is what the durable consumer has got, each message once, in order.
func (w *Watch) Log() []Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.log)
}

// Plain is what the plain subscriber has got.
func (w *Watch) Plain() []Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.plain)
}

// Await returns the first message of the log, at or after index from, that want
// accepts, and its index.
func (w *Watch) Await(ctx context.Context, from int, want func(Incident) bool) (Message, int, error) {
	for {
		log := w.Log()
		for i := from; i < len(log); i++ {
			if want(log[i].Incident) {
				return log[i], i, nil
			}
		}
		select {
		case <-ctx.Done():
			return Message{}, 0, context.Cause(ctx)
		case <-w.news:
		}
	}
}

// Close ends the subscribers; the durable consumer's place stays on the server.
func (w *Watch) Close() {
	w.consume.Stop()
	w.conn.Close()
}
