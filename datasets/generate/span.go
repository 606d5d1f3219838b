package generate

// outcome is how a frame or a call ended.
type outcome uint8

const (
	fine outcome = iota
	notFound
	failed
	refused
	timedOut
	cancelled
)

// bad reports whether somebody has to react; a 404 is an honest answer.
func (o outcome) bad() bool { return o > notFound }

var outcomeText = [...]string{
	failed:    "internal error",
	refused:   "connection refused",
	timedOut:  "deadline exceeded",
	cancelled: "context canceled",
}

var outcomeCode = [...]int64{fine: 200, notFound: 404, failed: 500, refused: 503, timedOut: 504, cancelled: 499}

var outcomeGRPC = [...]int64{fine: 0, notFound: 5, failed: 13, refused: 14, timedOut: 4, cancelled: 1}

// trace is what all spans of a request have in common.
type trace struct {
	id      [16]byte
	tenant  string
	flags   bool // the side of all feature flags that the request is on
	sampled bool
	weight  string // trace state
}

type spanKind uint8

const (
	spanServer spanKind = iota
	spanClient
	spanInternal
	spanProducer
	spanConsumer
)

// span is a span from its start on. It is written out when it ends.
type span struct {
	trace  *trace
	id     uint64
	parent uint64
	inst   *instance
	op     *operation // of server and consumer spans
	step   *step      // of client, producer and internal spans
	kind   spanKind
	root   bool
	start  int64
	end    int64
	skew   int64
	result outcome
	number uint64 // generated part of its name
	cause  *span  // of a linked consumer: the producer
}

// openSpan starts a span now.
func (s *simulation) openSpan(tr *trace, kind spanKind, inst *instance, parent uint64) *span {
	return &span{trace: tr, id: s.spanID(), parent: parent, inst: inst, kind: kind, start: s.now, skew: inst.host.skew}
}

// closeSpan ends a span now and exports it.
func (s *simulation) closeSpan(sp *span, o outcome) {
	sp.end, sp.result = s.now, o
	if sp.trace.sampled {
		s.out.add(sp)
	}
}

func (s *simulation) spanID() uint64 {
	for {
		if id := s.ids.Uint64(); id != 0 {
			return id
		}
	}
}
