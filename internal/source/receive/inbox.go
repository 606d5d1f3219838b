package receive

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/source"
	"culprit/model"
)

// Inbox takes traces from any number of handlers and delivers them one batch at a time.
// It is safe for concurrent use.
type Inbox struct {
	cfg    Config
	health *source.Health
	gate   chan struct{} // a token for each message in hand
	bearer bearer

	mu     sync.Mutex
	queue  []letter
	spans  int   // in the queue and on their way
	bytes  int64 // as protobuf
	bucket bucket
	pace   pace
	told   time.Time     // the last watermark that was delivered
	wake   chan struct{} // has an element when something came
	bound  map[string]net.Addr
	down   error // why nothing can come
}

// letter is a message in the queue.
type letter struct {
	td    ptrace.Traces
	at    time.Time // when it came
	spans int
	roots int
	bytes int64
}

// Receipt tells a sender what became of a message.
type Receipt struct {
	// Refused is how many of its spans cannot be used, and Why the first reason.
	Refused int
	Why     string
}

// New makes an inbox. name is what the source is called ("otlp 127.0.0.1:4317"), its
// first word the system; protocol is what it speaks.
func New(name, protocol string, cfg Config) (*Inbox, error) {
	system := name
	for i := range name {
		if name[i] == ' ' {
			system = name[:i]
			break
		}
	}
	cfg, err := cfg.withDefaults(system)
	if err != nil {
		return nil, err
	}
	in := &Inbox{
		cfg:    cfg,
		health: source.NewHealth(name),
		gate:   make(chan struct{}, cfg.Concurrency),
		bearer: bearer{read: cfg.token, now: cfg.Now},
		bucket: bucket{rate: float64(cfg.SpansPerSecond)},
		pace:   pace{settle: cfg.Settle},
		wake:   make(chan struct{}, 1),
		bound:  map[string]net.Addr{},
	}
	in.health.Speaks(protocol)
	return in, nil
}

// Status is how the source is doing.
func (in *Inbox) Status() model.SourceStatus { return in.health.Status() }

// Warn counts something that was wrong with what came, n times.
func (in *Inbox) Warn(kind, place, message string, n int) {
	in.health.Warn(kind, place, message, int64(n))
}

// BadSpan counts a span that could not be read and was left out. The formats give its
// number or line in the message, which tells nobody anything once the message is gone.
func (in *Inbox) BadSpan(_ int, err error) {
	in.Warn("bad-record", "", "spans that cannot be read, left out: "+brief(err), 1)
}

// Take is the way of one message: it is admitted, read, decoded and put into the queue.
// Its errors are for [GRPCError] or [HTTPStatus].
func (in *Inbox) Take(ctx context.Context, read func() ([]byte, error), decode Decoder) (Receipt, error) {
	done, err := in.Admit()
	if err != nil {
		return Receipt{}, err
	}
	defer done()
	raw, err := read()
	if err != nil {
		return Receipt{}, err
	}
	td, err := safely(decode, raw)
	if err != nil {
		in.Warn("bad-message", "", "messages that cannot be read: "+brief(err), 1)
		return Receipt{}, &Bad{err}
	}
	return in.Put(ctx, td)
}

// safely decodes a message. A decoder that panics has met a message that it cannot read:
// senders must not be able to end the process.
func safely(decode Decoder, raw []byte) (td ptrace.Traces, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("the decoder broke: %v", broken)
		}
	}()
	return decode(raw)
}

// Put queues traces, which belong to the inbox from then on. Spans that cannot be used
// are left out and counted. A [*Full] error says that there is no room, or that too many
// spans came in the last second.
func (in *Inbox) Put(ctx context.Context, td ptrace.Traces) (Receipt, error) {
	if err := ctx.Err(); err != nil {
		return Receipt{}, context.Cause(ctx) // the sender has given up, and will send again
	}
	l := letter{td: td, at: in.cfg.Now(), spans: td.SpanCount()}
	if l.spans == 0 {
		return Receipt{}, nil
	}
	l.bytes = int64((&ptrace.ProtoMarshaler{}).TracesSize(td))
	if err := in.reserve(l); err != nil {
		in.health.Retry()
		return Receipt{}, err
	}
	came := l
	seen := in.screen(td, l.at)
	l.spans -= seen.refused
	l.roots = seen.roots
	in.health.Received(came.spans)

	in.mu.Lock()
	defer in.mu.Unlock()
	in.spans -= seen.refused
	if l.spans == 0 {
		in.bytes -= l.bytes
		return Receipt{seen.refused, seen.why}, nil
	}
	in.pace.saw(l.at, seen.newest)
	in.queue = append(in.queue, l)
	select {
	case in.wake <- struct{}{}:
	default: // it is awake
	}
	return Receipt{seen.refused, seen.why}, nil
}

// reserve makes room for a message, or says when there may be some. One that is larger
// than the queue is taken when nothing else is there.
func (in *Inbox) reserve(l letter) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if full := in.full(l); full != nil {
		return full
	}
	if wait := in.bucket.take(l.at, l.spans); wait > 0 {
		return &Full{wait, fmt.Sprintf("more than %d spans a second (spans_per_second)", in.cfg.SpansPerSecond)}
	}
	in.spans += l.spans
	in.bytes += l.bytes
	return nil
}

// full says when there may be room for a message, nil if there is.
func (in *Inbox) full(l letter) error {
	if in.spans == 0 || in.spans+l.spans <= in.cfg.QueueSpans && in.bytes+l.bytes <= in.cfg.QueueBytes {
		return nil
	}
	wait := minWait
	if len(in.queue) > 0 { // as long as the first one has waited
		wait = min(max(l.at.Sub(in.queue[0].at).Round(time.Second), minWait), maxWait)
	}
	return &Full{wait, fmt.Sprintf("%d spans wait to be judged (queue_spans, queue_bytes)", in.spans)}
}

// How long senders are told to wait.
const (
	minWait = time.Second
	maxWait = 30 * time.Second
)

// deliverSpans is how many spans are delivered at a time, about: what is delivered keeps
// questions to the service waiting.
const deliverSpans = 20_000

// take moves letters from the queue into a batch. at is the time before which everything
// that came has been delivered once the batch is.
func (in *Inbox) take() (letters []letter, at time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	n, spans := 0, 0
	for n < len(in.queue) && (n == 0 || spans+in.queue[n].spans <= deliverSpans) {
		spans += in.queue[n].spans
		n++
	}
	letters = slices.Clone(in.queue[:n])
	in.queue = slices.Delete(in.queue, 0, n)
	if len(in.queue) > 0 {
		return letters, in.queue[0].at
	}
	return letters, in.cfg.Now()
}

// free gives the room of delivered letters back.
func (in *Inbox) free(letters []letter) {
	spans, roots := 0, 0
	in.mu.Lock()
	for _, l := range letters {
		spans += l.spans
		roots += l.roots
		in.bytes -= l.bytes
	}
	in.spans -= spans
	in.mu.Unlock()
	in.health.Used(spans, roots)
}

// brief is an error short enough for a status page.
func brief(err error) string {
	const most = 200
	s := err.Error()
	if len(s) > most {
		s = s[:most] + "..."
	}
	return s
}
