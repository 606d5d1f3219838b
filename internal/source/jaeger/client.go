package jaeger

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/source"
)

// The protocols that can be forced by Config.Protocol.
const (
	ProtocolGRPCv3 = "grpc-v3"
	ProtocolHTTPv3 = "http-v3"
	ProtocolGRPCv2 = "grpc-v2"
	ProtocolJSON   = "json"
)

// protocolNames are how Status says it.
var protocolNames = map[string]string{
	ProtocolGRPCv3: "jaeger gRPC api_v3",
	ProtocolHTTPv3: "jaeger HTTP api_v3",
	ProtocolGRPCv2: "jaeger gRPC api_v2",
	ProtocolJSON:   "jaeger HTTP JSON",
}

// client speaks one protocol with one server. It is safe for concurrent use. An
// answer is complete or an error: half of one is never returned. Answers hold a
// trace whole or in pieces, one or many in a ptrace.Traces.
type client interface {
	// services lists the names that can be asked for.
	services(ctx context.Context) ([]string, error)
	// find searches; an empty answer is no error. It accounts for its size in room
	// before keeping it.
	find(ctx context.Context, q query, room *room) ([]ptrace.Traces, error)
	// get fetches one trace; one that is not there is an empty answer.
	get(ctx context.Context, id pcommon.TraceID, w source.Window, room *room) ([]ptrace.Traces, error)
	close() error
}

// query is one search: traces with a span of service that starts in the window.
type query struct {
	service string
	window  source.Window
	depth   int // most traces wanted
}

// last is the last microsecond of the window, for servers' ranges include both ends. With
// the window's own end a server that counts whole seconds, as Tempo does, would bring
// another second, and a probe's few traces might all be from there.
func (q query) last() time.Time { return q.window.To.Add(-time.Microsecond) }

// What a caller of a client branches on.
var (
	// errTooLarge: the answer, or one message of it, is larger than allowed.
	errTooLarge = errors.New("the answer is larger than max_response_bytes")
	// errDepth: the server refuses to search for that many traces.
	errDepth = errors.New("the server refuses the search depth")
	// errSlow: no answer within the timeout.
	errSlow = errors.New("no answer within the timeout")
	// errAuth: the server does not know us.
	errAuth = errors.New("the server refuses the credentials; check token_file, tenant and the client certificate")
	// errNotServed: the server does not speak this protocol here.
	errNotServed = errors.New("not served here")
	// errDialect: the server's api_v3 over HTTP has the form of OTLP before its spans had
	// scopes, with IDs in base64, as that of Jaeger 1.31. Its other protocols are read.
	errDialect = errors.New("api_v3 over HTTP answers in the form of OTLP before 0.15; use protocol: json")
	// errUnreachable: nobody answers there at all.
	errUnreachable = errors.New("cannot be reached")
)

// refusals are what servers say to a search for more traces than they give: Jaeger's
// memory storage (its max_traces), VictoriaTraces, Tempo (max_result_limit).
var refusals = regexp.MustCompile(`search depth must be|(?:limit|searchDepth) \d+ out of range \[0,|limit \d+ exceeds max limit`)

// refusesDepth tells from what a server said whether it was asked for too many traces.
func refusesDepth(said string) bool { return refusals.MatchString(said) }

// smallAnswer is how many bytes every search may hold at the same time. Beyond it
// the one token for large answers is needed, so that a trace of 100,000 spans is in
// memory once, not once per worker.
const smallAnswer = 16 << 20

// room accounts for one answer while it is in memory, and for what in it was bad.
type room struct {
	max   int64
	large chan struct{} // holds one token
	// wait bounds the wait for the token; the request's own timeout does not, since
	// the holder may be waiting for the service.
	wait   context.Context
	used   int64
	held   bool
	waited bool // the token came so late that the request may have timed out

	bad   int   // records that could not be read
	cause error // why the first of them
}

// take accounts for n more bytes, and waits while another large answer is in memory.
func (r *room) take(n int64) error {
	r.used += n
	if r.used > r.max {
		return fmt.Errorf("%w (%d)", errTooLarge, r.max)
	}
	if r.used <= smallAnswer || r.held {
		return nil
	}
	select {
	case <-r.large:
		r.held = true
		return nil
	default:
	}
	select {
	case <-r.large:
		r.held, r.waited = true, true
		return nil
	case <-r.wait.Done():
		return context.Cause(r.wait)
	}
}

// spoil counts a record that could not be read.
func (r *room) spoil(err error) {
	if r.bad++; r.bad == 1 {
		r.cause = err
	}
}

// again makes the room empty for another try. The token is kept.
func (r *room) again() { r.used, r.bad, r.cause = 0, 0, nil }

// release says that the answer is no longer in memory.
func (r *room) release() {
	if r.held {
		r.held = false
		r.large <- struct{}{}
	}
}
