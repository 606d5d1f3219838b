package jaeger

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"culprit/internal/source"
)

// realJaeger is a Jaeger process with memory storage on free ports.
type realJaeger struct {
	otlp, web, grpc string
	stop            func()
}

const realConfig = `
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces: {receivers: [otlp], exporters: [jaeger_storage_exporter]}
  telemetry: {metrics: {level: none}, logs: {level: error}}
extensions:
  jaeger_storage: {backends: {memory: {memory: {max_traces: %d}}}}
  jaeger_query:
    storage: {traces: memory}
    http: {endpoint: "%s"}
    grpc: {endpoint: "%s"}
receivers:
  otlp: {protocols: {http: {endpoint: "%s"}}}
exporters:
  jaeger_storage_exporter: {trace_storage: memory}
`

// startJaeger runs the binary that CULPRIT_JAEGER_BIN names.
func startJaeger(t *testing.T, maxTraces int) *realJaeger {
	t.Helper()
	bin := os.Getenv("CULPRIT_JAEGER_BIN")
	if bin == "" {
		t.Skip("needs a Jaeger: set CULPRIT_JAEGER_BIN to its binary")
	}
	j := &realJaeger{otlp: freeAddr(t), web: freeAddr(t), grpc: freeAddr(t)}
	file := filepath.Join(t.TempDir(), "jaeger.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, realConfig, maxTraces, j.web, j.grpc, j.otlp), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command(bin, "--config", file)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { cmd.Wait(); close(exited) }()
	j.stop = func() {
		cmd.Process.Kill()
		<-exited
	}
	t.Cleanup(func() { j.stop() })
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get("http://" + j.web + "/api/v3/services")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return j
			}
		}
		select {
		case <-exited:
			t.Fatalf("jaeger ended: %s", log.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("jaeger does not answer within 20 s: %s", log.String())
		}
	}
}

// freeAddr finds a port that nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// push sends traces as an instrumented service would.
func (j *realJaeger) push(t *testing.T, td ptrace.Traces) {
	t.Helper()
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+j.otlp+"/v1/traces", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("pushing traces: HTTP %d", resp.StatusCode)
	}
}

// call is one span of a test's trace.
type call struct {
	id, parent byte
	service    string
	name       string
	at, lasts  time.Duration // since the trace's start
	failed     bool
}

// shop is a trace as HotROD draws them: one owner, services behind it.
var shop = []call{
	{1, 0, "web", "GET /cart", 0, 100 * time.Millisecond, false},
	{2, 1, "cart", "list", 10 * time.Millisecond, 50 * time.Millisecond, false},
	{3, 2, "user", "get", 20 * time.Millisecond, 30 * time.Millisecond, true},
	{4, 1, "web", "render", 70 * time.Millisecond, 20 * time.Millisecond, false},
}

// draw makes one trace of calls.
func draw(n int, start time.Time, calls ...call) ptrace.Traces {
	td := ptrace.NewTraces()
	at := map[string]ptrace.SpanSlice{}
	for _, c := range calls {
		spans, ok := at[c.service]
		if !ok {
			rs := td.ResourceSpans().AppendEmpty()
			if c.service != "" {
				rs.Resource().Attributes().PutStr("service.name", c.service)
				rs.Resource().Attributes().PutStr("host.name", c.service+"-1")
			}
			spans = rs.ScopeSpans().AppendEmpty().Spans()
			at[c.service] = spans
		}
		s := spans.AppendEmpty()
		s.SetTraceID(traceID(n))
		s.SetSpanID(pcommon.SpanID{7: c.id})
		s.SetParentSpanID(pcommon.SpanID{7: c.parent})
		s.SetName(c.name)
		s.SetKind(ptrace.SpanKindServer)
		s.SetStartTimestamp(pcommon.NewTimestampFromTime(start.Add(c.at)))
		s.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(c.at + c.lasts)))
		s.Attributes().PutStr("tenant", "acme")
		if c.failed {
			s.Status().SetCode(ptrace.StatusCodeError)
			s.Status().SetMessage("no such user")
		}
	}
	return td
}

func traceID(n int) pcommon.TraceID {
	var id pcommon.TraceID
	id[0] = 1
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

func batchOf(tds ...ptrace.Traces) source.Batch { return source.Batch{Traces: tds} }

// writePEM keeps a certificate in a file.
func writePEM(t *testing.T, der []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	b := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// traceOf is the trace of the first span.
func traceOf(td ptrace.Traces) (id pcommon.TraceID, ok bool) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				return s.TraceID(), true
			}
		}
	}
	return id, false
}
