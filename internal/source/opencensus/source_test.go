package opencensus

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	agent "github.com/census-instrumentation/opencensus-proto/gen-go/agent/common/v1"
	trace "github.com/census-instrumentation/opencensus-proto/gen-go/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"culprit/internal/source/receive/receivetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// request has so many spans of now, and says who sends them if named.
func request(t *testing.T, spans int, named bool) []byte {
	t.Helper()
	var out []byte
	put := func(n protowire.Number, m proto.Message) {
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		out = protowire.AppendBytes(protowire.AppendTag(out, n, protowire.BytesType), b)
	}
	if named {
		put(1, &agent.Node{ServiceInfo: &agent.ServiceInfo{Name: "shop"}})
	}
	for i := range spans {
		put(2, &trace.Span{TraceId: []byte{15: byte(i + 1)}, SpanId: []byte{7: 1}, Name: &trace.TruncatableString{Value: "pay"}, StartTime: timestamppb.Now(), EndTime: timestamppb.Now()})
	}
	return out
}

func start(t *testing.T, held bool, change func(*Config)) *receivetest.Receiver {
	t.Helper()
	cfg := DefaultConfig()
	cfg.GRPC = "127.0.0.1:0"
	change(&cfg)
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return receivetest.Start(t, s, s.Addr, held)
}

// stream opens one as a library does. Nothing is wrong with it until something is sent.
func stream(t *testing.T, r *receivetest.Receiver, token string) grpc.ClientStream {
	t.Helper()
	conn, err := grpc.NewClient(r.Addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s, err := conn.NewStream(receivetest.WithToken(t.Context(), token), &grpc.StreamDesc{ServerStreams: true, ClientStreams: true},
		"/opencensus.proto.agent.trace.v1.TraceService/Export", grpc.ForceCodec(receivetest.Bytes{}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func send(t *testing.T, s grpc.ClientStream, message []byte) {
	t.Helper()
	if err := s.SendMsg(message); err != nil && !strings.Contains(err.Error(), "EOF") {
		t.Fatal(err)
	}
}

// ended is how the agent ended a stream.
func ended(s grpc.ClientStream) error { return receivetest.Answer(s.RecvMsg(new([]byte))) }

// The requests of a stream after the first are of the same node.
func TestAStreamIsTaken(t *testing.T) {
	r := start(t, false, func(*Config) {})
	s := stream(t, r, "")
	send(t, s, request(t, 3, true))
	send(t, s, request(t, 2, false))
	receivetest.Eventually(t, "five spans are delivered", func() bool { return r.Spans() == 5 })
	if st := r.Status(); !st.Healthy || st.SpansReceived != 5 || len(st.Warnings) > 0 {
		t.Errorf("status: %+v", st)
	}
}

// A stream has no answers: when there is no room it is not read on, and nothing is lost.
func TestWithoutRoomAStreamWaits(t *testing.T) {
	r := start(t, true, func(c *Config) { c.QueueSpans = 2 })
	s := stream(t, r, "")
	send(t, s, request(t, 2, true))
	send(t, s, request(t, 1, false))
	receivetest.Eventually(t, "the second request waits", func() bool { return r.Status().Retries > 0 })
	if st := r.Status(); st.SpansReceived != 2 {
		t.Errorf("%d spans came, want 2", st.SpansReceived)
	}
	r.Release()
	receivetest.Eventually(t, "both are delivered", func() bool { return r.Spans() == 3 })
}

func TestTheTokenIsAskedFor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(receivetest.Token), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, false, func(c *Config) { c.TokenFile = file })
	for _, token := range []string{"", "another"} {
		s := stream(t, r, token)
		send(t, s, request(t, 1, true))
		if err := ended(s); !errors.Is(err, receivetest.ErrToken) {
			t.Errorf("with token %q: %v", token, err)
		}
	}
	send(t, stream(t, r, receivetest.Token), request(t, 1, true))
	receivetest.Eventually(t, "one span is delivered", func() bool { return r.Spans() == 1 })
}

func TestMessagesAreBounded(t *testing.T) {
	r := start(t, false, func(c *Config) { c.MaxMessageBytes = 1 << 10 })
	large := stream(t, r, "")
	send(t, large, request(t, 200, true))
	if err := ended(large); !errors.Is(err, receivetest.ErrLarge) {
		t.Errorf("a large message: %v", err)
	}
}

func TestOnlySoManyStreamsAreOpen(t *testing.T) {
	r := start(t, false, func(c *Config) { c.MaxConnections = 2 })
	conn, err := grpc.NewClient(r.Addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	open := func() grpc.ClientStream {
		s, err := conn.NewStream(context.Background(), &grpc.StreamDesc{ServerStreams: true, ClientStreams: true},
			"/opencensus.proto.agent.trace.v1.TraceService/Export", grpc.ForceCodec(receivetest.Bytes{}))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for i := range 2 {
		send(t, open(), request(t, 1, true))
		receivetest.Eventually(t, "its span is delivered", func() bool { return r.Spans() == i+1 })
	}
	third := open()
	send(t, third, request(t, 1, true))
	if err := ended(third); !errors.Is(err, receivetest.ErrLarge) { // ResourceExhausted
		t.Errorf("a third stream: %v", err)
	}
}

// A request that cannot be read is counted, and its stream goes on.
func TestGarbageIsCounted(t *testing.T) {
	r := start(t, false, func(*Config) {})
	s := stream(t, r, "")
	whole := request(t, 1, true)
	send(t, s, []byte("no request"))
	send(t, s, whole[:len(whole)-1])
	send(t, s, whole)
	receivetest.Eventually(t, "one span is delivered", func() bool { return r.Spans() == 1 })
	bad := int64(0)
	for _, w := range r.Status().Warnings {
		if w.Kind == "bad-message" {
			bad += w.Count
		}
	}
	if bad != 2 {
		t.Errorf("%d bad messages are counted, want 2: %+v", bad, r.Status().Warnings)
	}
}
