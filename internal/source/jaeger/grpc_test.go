package jaeger

import (
	"context"
	"fmt"
	"net"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"culprit/internal/source"

	"github.com/jaegertracing/jaeger-idl/proto-gen/api_v2"
	translator "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/jaeger"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
)

// grpcJaeger answers both query services over a real socket from a fake. Requests are
// read with api_v2's generated code, whose fields have the numbers of api_v3.
type grpcJaeger struct {
	addr string
	fake fake
	only string // the one version that it serves, such as "api_v2"; both if empty
	// misbehave may answer a search instead.
	misbehave atomic.Pointer[func(s grpc.ServerStream) error]
}

func newGRPCJaeger(t testing.TB) *grpcJaeger {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	j := &grpcJaeger{addr: l.Addr().String()}
	srv := grpc.NewServer(grpc.ForceServerCodec(codec{}), grpc.UnknownServiceHandler(func(_ any, s grpc.ServerStream) error { return j.serve(s) }))
	done := make(chan struct{})
	go func() { srv.Serve(l); close(done) }()
	t.Cleanup(func() { srv.Stop(); <-done })
	return j
}

func (j *grpcJaeger) serve(s grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(s)
	version := versionOf(s)
	if j.only != "" && version != j.only {
		return status.Errorf(codes.Unimplemented, "unknown service jaeger.%s", version)
	}
	var req raw
	if err := s.RecvMsg(&req); err != nil {
		return err
	}
	switch path.Base(method) {
	case "GetServices":
		names, err := j.fake.services(s.Context())
		if err != nil {
			return err
		}
		var out raw
		for _, n := range names {
			out = protowire.AppendString(protowire.AppendTag(out, 1, protowire.BytesType), n)
		}
		return s.SendMsg(out)
	case "FindTraces":
		if m := j.misbehave.Load(); m != nil {
			return (*m)(s)
		}
		var q api_v2.FindTracesRequest
		if err := q.Unmarshal(req); err != nil || !q.Query.RawTraces {
			return status.Errorf(codes.InvalidArgument, "request %v: %v", q.Query, err)
		}
		found, err := j.fake.find(s.Context(), query{q.Query.ServiceName, source.Window{From: q.Query.StartTimeMin, To: q.Query.StartTimeMax}, int(q.Query.SearchDepth)}, nil)
		if err != nil {
			return err
		}
		for _, td := range found {
			if err := send(s, version, td); err != nil {
				return err
			}
		}
		return nil
	}
	return status.Error(codes.Unimplemented, method)
}

// versionOf is api_v3 or api_v2.
func versionOf(s grpc.ServerStream) string {
	method, _ := grpc.MethodFromServerStream(s)
	return strings.TrimSuffix(strings.TrimPrefix(path.Dir(method), "/jaeger."), ".QueryService")
}

// send streams one trace as the version does.
func send(s grpc.ServerStream, version string, td ptrace.Traces) error {
	if version == "api_v3" {
		var m ptrace.ProtoMarshaler
		body, err := m.MarshalTraces(td)
		if err != nil {
			return err
		}
		return s.SendMsg(raw(body))
	}
	for _, batch := range translator.ProtoFromTraces(td) {
		for _, span := range batch.Spans {
			span.Process = batch.Process
			chunk := &api_v2.SpansResponseChunk{}
			chunk.Spans = append(chunk.Spans, *span)
			if err := s.SendMsg(chunk); err != nil {
				return err
			}
		}
	}
	return nil
}

// overGRPC is hasty without HTTP.
func overGRPC(j *grpcJaeger) Config {
	cfg := hasty("http://127.0.0.1:1")
	cfg.Endpoints = []string{"grpc://" + j.addr, "http://127.0.0.1:1"}
	return cfg
}

// Whatever a gRPC server does instead of answering, status names it while it lasts,
// and when it is over every trace comes, over either version.
func TestBrokenStreamsAreNamedAndSurvived(t *testing.T) {
	for _, tt := range []struct {
		name  string
		act   func(s grpc.ServerStream) error
		wants string
	}{
		{"a stream that ends in an error", func(s grpc.ServerStream) error {
			if err := send(s, versionOf(s), draw(7, time.Now(), shop...)); err != nil {
				return err
			}
			return status.Error(codes.Internal, "storage is away")
		}, "storage is away"},
		{"no credentials", func(grpc.ServerStream) error {
			return status.Error(codes.Unauthenticated, "no token")
		}, "check token_file"},
		{"silence", func(s grpc.ServerStream) error {
			<-s.Context().Done()
			return s.Context().Err()
		}, "no answer within the timeout"},
		{"messages that are no traces", func(s grpc.ServerStream) error {
			return s.SendMsg(raw("\x0a\xff\xff\xff\xff"))
		}, ""},
	} {
		for _, version := range []string{"api_v3", "api_v2"} {
			t.Run(tt.name+" over "+version, func(t *testing.T) {
				t.Parallel()
				j := newGRPCJaeger(t)
				j.only = version
				start := time.Now().Add(-5 * sec).Truncate(sec)
				for i := range 20 {
					j.fake.add(start, draw(i, start.Add(time.Duration(i)*100*ms), shop...))
				}
				j.misbehave.Store(&tt.act)
				s, err := New(overGRPC(j))
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				k := newSink(start.Add(3 * sec))
				var wg sync.WaitGroup
				wg.Go(func() { s.Run(ctx, start, k.deliver) })
				eventually(t, "status names it", func() bool {
					st := s.Status()
					return !st.Healthy && st.Error != "" && strings.Contains(st.Error, tt.wants)
				})
				j.misbehave.Store(nil)
				select {
				case <-k.reached:
				case <-time.After(20 * time.Second):
					t.Errorf("not read 20 s after it was over: %+v", s.Status())
				}
				cancel()
				wg.Wait()
				if n := len(k.lines()); n != 80 {
					t.Errorf("have %d spans, want 80", n)
				}
				if st := s.Status(); st.Protocol != "jaeger gRPC "+version {
					t.Errorf("protocol is %q", st.Protocol)
				}
			})
		}
	}
}

// A trace of 100,000 spans comes whole, in a batch of its own, and the small ones
// beside it come too.
func TestHugeTrace(t *testing.T) {
	j := newGRPCJaeger(t)
	start := time.Now().Add(-time.Minute).Truncate(30 * sec)
	huge := ptrace.NewTraces()
	rs := huge.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "web")
	draw(1, start.Add(sec), shop[0]).ResourceSpans().At(0).ScopeSpans().MoveAndAppendTo(rs.ScopeSpans())
	spans := rs.ScopeSpans().At(0).Spans()
	root := spans.At(0)
	for i := range 99_999 {
		s := spans.AppendEmpty()
		root.CopyTo(s)
		s.SetParentSpanID(root.SpanID())
		s.SetSpanID([8]byte{1, byte(i >> 16), byte(i >> 8), byte(i)})
		s.SetName(fmt.Sprint("SELECT ", i))
	}
	j.fake.add(start, huge)
	for i := range 100 {
		j.fake.add(start, draw(2+i, start.Add(2*sec), shop...))
	}
	cfg := overGRPC(j)
	cfg.Step, cfg.Timeout = 30*sec, 20*sec
	for _, tt := range []struct {
		name string
		max  int64
		want int
	}{
		{"within the limit", 64 << 20, 100_400},
		{"beyond the limit", 1 << 20, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg.MaxResponseBytes = tt.max
			s, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			k := newSink(time.Time{})
			if err := s.Fetch(t.Context(), start, start.Add(30*sec), k.deliver); err != nil {
				t.Fatal(err)
			}
			if len(k.spans) != tt.want {
				t.Errorf("have %d spans, want %d", len(k.spans), tt.want)
			}
			if cut := s.Status().Truncated > 0; cut != (tt.want == 400) {
				t.Errorf("cut is %v", cut)
			}
			if k.largest > 100_000 {
				t.Errorf("a batch has %d spans", k.largest)
			}
		})
	}
}
