package jaeger

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// oldTrace is one span and, beside it, one that nobody can read.
const oldTrace = `{"traceID":"0100000000000000000000000000000%[1]x","spans":[
 {"traceID":"0100000000000000000000000000000%[1]x","spanID":"1","operationName":"GET /cart","references":[],"startTime":%[2]d,"duration":100000,
  "tags":[{"key":"tenant","type":"string","value":"acme"}],"logs":[],"processID":"p1"},
 {"traceID":"not a trace","spanID":"2","operationName":"bad","references":[],"startTime":%[2]d,"duration":1,"processID":"p1"}],
 "processes":{"p1":{"serviceName":"web","tags":[]}}}`

// A server that has only the old search is read over it; what cannot be read of an
// answer is counted, and an answer that is cut fails as a whole.
func TestOldJSON(t *testing.T) {
	start := time.Now().Add(-time.Minute).Truncate(30 * sec)
	var cut atomic.Bool
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := r.URL.Query()
		switch {
		case r.URL.Path == "/old/api/services":
			io.WriteString(w, `{"data":["web"],"total":1,"limit":0,"offset":0,"errors":null}`)
		case r.URL.Path == "/old/api/traces" && v.Get("start") == fmt.Sprint(start.UnixMicro()):
			if v.Get("raw") != "true" || v.Get("service") != "web" || v.Get("end") != fmt.Sprint(start.Add(30*sec).UnixMicro()) {
				http.Error(w, "bad query "+r.URL.RawQuery, http.StatusBadRequest)
				return
			}
			at := start.UnixMicro()
			body := `{"data":[` + fmt.Sprintf(oldTrace, 1, at) + "," + fmt.Sprintf(oldTrace, 2, at) + `],"errors":null}`
			if cut.Load() {
				body = body[:len(body)-200]
			}
			io.WriteString(w, body)
		case r.URL.Path == "/old/api/traces":
			io.WriteString(w, `{"data":[],"total":0,"limit":0,"offset":0,"errors":null}`)
		default:
			io.WriteString(w, "<!DOCTYPE html><title>Jaeger UI</title>")
		}
	}))
	defer srv.Close()
	cfg := hasty(srv.URL + "/old")
	cfg.Step, cfg.Timeout = 30*sec, 5*sec
	for _, tt := range []struct {
		name  string
		cut   bool
		spans int
		wants string
	}{
		{"whole", false, 2, ""},
		{"cut", true, 0, "decoding traces"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cut.Store(tt.cut)
			s, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			k := newSink(time.Time{})
			err = s.Fetch(t.Context(), start, start.Add(30*sec), k.deliver)
			if (err == nil) != (tt.wants == "") || err != nil && !strings.Contains(err.Error(), tt.wants) {
				t.Errorf("got %v, want an error with %q", err, tt.wants)
			}
			if len(k.spans) != tt.spans {
				t.Errorf("have %d spans, want %d: %v", len(k.spans), tt.spans, k.lines())
			}
			if st := s.Status(); st.Protocol != "jaeger HTTP JSON" {
				t.Errorf("protocol is %q", st.Protocol)
			}
			if !tt.cut && k.warned("bad-record") == 0 {
				t.Error("the unreadable spans are not counted")
			}
		})
	}
}
