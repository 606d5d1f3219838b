package xray

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"culprit/model"
)

// Segments come by UDP, subsegments before or after them; what cannot be read is counted.
func TestDaemon(t *testing.T) {
	cfg := DefaultDaemonConfig()
	cfg.UDP, cfg.Settle = "127.0.0.1:0", time.Second
	d, err := NewDaemon(cfg)
	if err != nil {
		t.Fatal(err)
	}
	k := newSink()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := d.Run(ctx, time.Time{}, k.deliver); err != nil {
			t.Error(err)
		}
	})
	wait := func(what string, is func(model.SourceStatus) bool) {
		t.Helper()
		for deadline := time.Now().Add(15 * time.Second); !is(d.Status()); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: not within 15 s: %+v", what, d.Status())
			}
		}
	}
	wait("listening", func(model.SourceStatus) bool { return d.Addr() != nil })
	conn, err := net.Dial("udp", d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	now := float64(time.Now().UnixMilli()) / 1000
	send := func(document string, a ...any) {
		if _, err := fmt.Fprintf(conn, "{\"format\":\"json\",\"version\":1}\n"+document, a...); err != nil {
			t.Fatal(err)
		}
	}
	const trace = "1-5759e988-bd862e3fe1be46a994272793"
	send(`{"type":"subsegment","name":"render","id":"a2","parent_id":"a1","trace_id":%q,"start_time":%f,"end_time":%f}`, trace, now-.2, now-.1)
	send(`{"name":"web","id":"a1","trace_id":%q,"start_time":%f,"in_progress":true}`, trace, now-.3)
	send(`{"name":"web","id":"a1","trace_id":%q,"start_time":%f,"end_time":%f}`, trace, now-.3, now)
	send(`{"name":"web"}`)
	wait("two spans", func(st model.SourceStatus) bool { return st.SpansUsed == 2 && len(st.Warnings) == 1 })
	if _, err := conn.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	wait("a bad packet is counted", func(st model.SourceStatus) bool {
		for _, w := range st.Warnings {
			if w.Kind == "bad-message" && strings.Contains(w.Message, "hello") {
				return true
			}
		}
		return false
	})
	cancel()
	wg.Wait()
	if k.spans[trace] != 2 {
		t.Errorf("%d spans of the trace, want 2", k.spans[trace])
	}
}
