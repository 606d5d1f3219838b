package jaeger

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The same traces come out of every protocol, whatever it is.
func TestProtocolsAgree(t *testing.T) {
	j := startJaeger(t, 5000)
	start := time.Now().Add(-2 * time.Minute).Truncate(30 * time.Second)
	want := newSink(time.Time{})
	for i := range 300 {
		td := draw(i, start.Add(time.Duration(i)*200*time.Millisecond), shop...)
		if err := want.deliver(t.Context(), batchOf(td)); err != nil {
			t.Fatal(err)
		}
		j.push(t, draw(i, start.Add(time.Duration(i)*200*time.Millisecond), shop...))
	}
	for _, protocol := range []string{ProtocolGRPCv3, ProtocolHTTPv3, ProtocolGRPCv2, ProtocolJSON} {
		t.Run(protocol, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.Endpoints = []string{"http://" + j.web, "grpc://" + j.grpc}
			cfg.Protocol = protocol
			cfg.Depth = 40 // so that windows are split
			s, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			got := newSink(time.Time{})
			if err := s.Fetch(t.Context(), start, start.Add(time.Minute), got.deliver); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want.lines(), got.lines()); d != "" {
				t.Errorf("the spans differ (-sent +read):\n%s", d)
			}
			if st := s.Status(); !st.Healthy || st.Protocol != protocolNames[protocol] || st.SpansUsed != 1200 || st.TracesUsed != 300 {
				t.Errorf("status: %+v", st)
			}
		})
	}
}

// A depth that memory storage refuses is lowered until it is accepted.
func TestDepthIsLowered(t *testing.T) {
	j := startJaeger(t, 200)
	start := time.Now().Add(-2 * time.Minute).Truncate(30 * time.Second)
	for i := range 150 {
		j.push(t, draw(i, start.Add(time.Duration(i)*100*time.Millisecond), shop...))
	}
	for _, protocol := range []string{ProtocolGRPCv3, ProtocolHTTPv3, ProtocolGRPCv2, ProtocolJSON} {
		t.Run(protocol, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.Endpoints = []string{"http://" + j.web, "grpc://" + j.grpc}
			cfg.Protocol = protocol
			s, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			got := newSink(time.Time{})
			if err := s.Fetch(t.Context(), start, start.Add(30*time.Second), got.deliver); err != nil {
				t.Fatal(err)
			}
			if len(got.spans) != 600 {
				t.Errorf("have %d spans, want 600", len(got.spans))
			}
			if got.warned("search-depth") == 0 {
				t.Error("no warning about the search depth")
			}
		})
	}
}
