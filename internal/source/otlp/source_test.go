package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"culprit/internal/source"
)

// server is a source that runs until the test ends.
type server struct {
	*Source
	grpc, http string

	mu    sync.Mutex
	names []string
	hold  chan struct{} // not nil: deliveries wait for it
}

func (s *server) deliver(ctx context.Context, b source.Batch) error {
	if s.hold != nil && len(b.Traces) > 0 {
		select {
		case <-s.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, td := range b.Traces {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, sp := range ss.Spans().All() {
					s.names = append(s.names, sp.Name())
				}
			}
		}
	}
	return nil
}

func (s *server) delivered() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.names...)
}

// serve runs a source on free ports.
func serve(t *testing.T, change func(*Config, *server)) *server {
	t.Helper()
	cfg := DefaultConfig()
	cfg.GRPC, cfg.HTTP = "127.0.0.1:0", "localhost:0" // two names: each has its own port
	s := &server{}
	if change != nil {
		change(&cfg, s)
	}
	var err error
	if s.Source, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, time.Time{}, s.deliver) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	eventually(t, "listening", func() bool {
		g, h := s.Addrs()
		if g == nil || h == nil {
			return false
		}
		s.grpc, s.http = g.String(), h.String()
		return true
	})
	return s
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// one is a request with a span for each name, now. The name tells what is wrong with it.
func one(names ...string) ptraceotlp.ExportRequest {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "shop")
	ss := rs.ScopeSpans().AppendEmpty()
	for i, n := range names {
		s := ss.Spans().AppendEmpty()
		s.SetName(n)
		s.SetTraceID(pcommon.TraceID{1})
		if n != "no id" {
			s.SetSpanID(pcommon.SpanID{byte(i + 1)})
		}
		at := time.Now()
		if n == "tomorrow" {
			at = at.Add(24 * time.Hour)
		}
		if n != "no time" {
			s.SetStartTimestamp(pcommon.NewTimestampFromTime(at))
			s.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(time.Millisecond)))
		}
	}
	return ptraceotlp.NewExportRequestFromTraces(td)
}

func dial(t *testing.T, s *server) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(s.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func post(t *testing.T, s *server, kind, encoding string, body []byte) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.http+"/v1/traces", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if encoding != "" {
		req.Header.Set("Content-Encoding", encoding)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func zip(raw []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(raw)
	_ = w.Close()
	return b.Bytes()
}

func zstandard(t *testing.T, raw []byte) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll(raw, nil)
}

func TestEveryEncodingIsTaken(t *testing.T) {
	s := serve(t, nil)
	client := ptraceotlp.NewGRPCClient(dial(t, s))
	ctx := metadata.AppendToOutgoingContext(t.Context(), "lightstep-access-token", "any")
	for _, options := range [][]grpc.CallOption{nil, {grpc.UseCompressor("gzip")}} {
		res, err := client.Export(ctx, one("grpc"), options...)
		if err != nil || res.PartialSuccess().RejectedSpans() != 0 {
			t.Fatalf("%v %v", res.PartialSuccess(), err)
		}
	}
	pb, err := one("http").MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	js, err := one("json").MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind, encoding string
		body           []byte
	}{
		{typeProto, "", pb}, {typeProto, "gzip", zip(pb)}, {typeProto, "zstd", zstandard(t, pb)},
		{typeJSON, "", js}, {typeJSON + "; charset=utf-8", "gzip", zip(js)},
	} {
		res := post(t, s, c.kind, c.encoding, c.body)
		if res.StatusCode != http.StatusOK || !strings.HasPrefix(c.kind, res.Header.Get("Content-Type")) {
			t.Errorf("%s %s: %s as %s", c.kind, c.encoding, res.Status, res.Header.Get("Content-Type"))
		}
	}
	eventually(t, "all delivered", func() bool { return len(s.delivered()) == 7 })
	if st := s.Status(); !st.Healthy || st.SpansReceived != 7 || st.SpansUsed != 7 || st.TracesUsed != 7 || len(st.Warnings) != 0 {
		t.Errorf("status %+v", st)
	}
}

func TestWhatCannotBeUsedIsAPartialSuccess(t *testing.T) {
	s := serve(t, nil)
	req := one("good", "no id", "no time", "tomorrow", "good too")
	pb, err := req.MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	res, err := ptraceotlp.NewGRPCClient(dial(t, s)).Export(t.Context(), req)
	if err != nil || res.PartialSuccess().RejectedSpans() != 3 || !strings.Contains(res.PartialSuccess().ErrorMessage(), "without a trace or span ID") {
		t.Errorf("%d %q %v", res.PartialSuccess().RejectedSpans(), res.PartialSuccess().ErrorMessage(), err)
	}
	answered := post(t, s, typeProto, "", pb)
	body, _ := io.ReadAll(answered.Body)
	again := ptraceotlp.NewExportResponse()
	if err := again.UnmarshalProto(body); err != nil || again.PartialSuccess().RejectedSpans() != 3 {
		t.Errorf("over HTTP %d: %v", again.PartialSuccess().RejectedSpans(), err)
	}
	eventually(t, "the rest is delivered", func() bool { return len(s.delivered()) == 4 })
	kinds := map[string]int64{}
	for _, w := range s.Status().Warnings {
		kinds[w.Kind+" of "+w.Place] += w.Count
	}
	for _, k := range []string{"no-id of shop", "no-time of shop", "clock-ahead of shop"} {
		if kinds[k] != 2 {
			t.Errorf("%s: %d of 2 counted", k, kinds[k])
		}
	}
}

func TestABusyServiceSaysWhenToComeAgain(t *testing.T) {
	s := serve(t, func(c *Config, s *server) { c.QueueSpans = 3; s.hold = make(chan struct{}) })
	client := ptraceotlp.NewGRPCClient(dial(t, s))
	if _, err := client.Export(t.Context(), one("a", "b", "c")); err != nil {
		t.Fatal(err)
	}
	_, err := client.Export(t.Context(), one("d"))
	st := status.Convert(err)
	var retry *errdetails.RetryInfo
	for _, d := range st.Details() {
		retry, _ = d.(*errdetails.RetryInfo)
	}
	if st.Code() != codes.ResourceExhausted || retry == nil || retry.GetRetryDelay().AsDuration() < time.Second {
		t.Errorf("over gRPC %v with %v", err, retry)
	}
	js, err := one("d").MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	res := post(t, s, typeJSON, "", js)
	if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" || !strings.Contains(string(body), `"code":8`) {
		t.Errorf("over HTTP %s, after %q: %s", res.Status, res.Header.Get("Retry-After"), body)
	}
	if st := s.Status(); st.Retries != 2 || st.SpansReceived != 3 {
		t.Errorf("status %+v", st)
	}
	close(s.hold)
	eventually(t, "there is room again", func() bool { _, err := client.Export(t.Context(), one("d")); return err == nil })
	eventually(t, "all delivered", func() bool { return len(s.delivered()) == 4 })
}

func TestWhatCannotBeReadIsNotToBeSentAgain(t *testing.T) {
	s := serve(t, func(c *Config, _ *server) { c.MaxMessageBytes = 2048 })
	pb, err := one(strings.Repeat("long ", 1000)).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rule, kind, encoding string
		body                 []byte
		want                 int
	}{
		{"broken protobuf", typeProto, "", []byte("\x0a\xff"), 400},
		{"broken JSON", typeJSON, "", []byte(`{"resourceSpans":7}`), 400},
		{"broken gzip", typeProto, "gzip", []byte("\x1f\x8b\x08\x00"), 400},
		{"too large", typeProto, "", pb, 413},
		{"too large once unpacked", typeProto, "gzip", zip(pb), 413},
		{"too large once unpacked", typeProto, "zstd", zstandard(t, pb), 413},
		{"an unknown encoding", typeProto, "br", pb, 415},
		{"an unknown type", "text/plain", "", pb, 415},
	} {
		if res := post(t, s, c.kind, c.encoding, c.body); res.StatusCode != c.want {
			t.Errorf("%s %s: %s, want %d", c.rule, c.encoding, res.Status, c.want)
		}
	}
	conn := dial(t, s)
	if _, err := ptraceotlp.NewGRPCClient(conn).Export(t.Context(), one(strings.Repeat("long ", 1000))); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("too large over gRPC: %v", err)
	}
	if st := s.Status(); st.SpansReceived != 0 || len(st.Warnings) == 0 {
		t.Errorf("status %+v", st)
	}
}

func TestSendersBringTheToken(t *testing.T) {
	t.Setenv("OTLP_TOKEN", "open-sesame")
	s := serve(t, func(c *Config, _ *server) { c.TokenEnv = "OTLP_TOKEN" })
	client := ptraceotlp.NewGRPCClient(dial(t, s))
	if _, err := client.Export(t.Context(), one("a")); status.Code(err) != codes.Unauthenticated {
		t.Errorf("without a token: %v", err)
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer open-sesame")
	if _, err := client.Export(ctx, one("a")); err != nil {
		t.Errorf("with the token: %v", err)
	}
	js, err := one("a").MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if res := post(t, s, typeJSON, "", js); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("over HTTP without a token: %s", res.Status)
	}
}
