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
			if v.Get("raw") != "true" || v.Get("service") != "web" || v.Get("end") != fmt.Sprint(start.Add(30*sec).UnixMicro()-1) {
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

// oldV3 is a span in the form that api_v3 of Jaeger 1.31 has over HTTP.
const oldV3 = `{"result":{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]},
 "instrumentationLibrarySpans":[{"instrumentationLibrary":{"name":"i"},"spans":[{"traceId":"AAMcZmwD4a+Vy7ZpaMY9zg==","spanId":"QK950X4wSFc=",
 "name":"GET /cart","startTimeUnixNano":"%d","endTimeUnixNano":"%[1]d"}]}]}]}}`

// A server whose api_v3 has the form of OTLP before scopes is read by its old JSON, also if
// that shows with its first traces only, when the protocol has been chosen already. Who
// insists on api_v3 is told.
func TestOldFormOfV3(t *testing.T) {
	start := time.Now().Add(-time.Minute).Truncate(30 * sec)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := r.URL.Query()
		at := start.UnixMicro()
		switch {
		case r.URL.Path == "/api/v3/services":
			io.WriteString(w, `{"services":["web"]}`)
		case r.URL.Path == "/api/services":
			io.WriteString(w, `{"data":["web"],"errors":null}`)
		case r.URL.Path == "/api/v3/traces" && v.Get("query.start_time_min") == start.UTC().Format(time.RFC3339Nano):
			fmt.Fprintf(w, oldV3, start.UnixNano())
		case r.URL.Path == "/api/traces" && v.Get("start") == fmt.Sprint(at):
			fmt.Fprintf(w, `{"data":[`+oldTrace+`],"errors":null}`, 1, at)
		case r.URL.Path == "/api/traces":
			io.WriteString(w, `{"data":[],"errors":null}`)
		default: // nothing is found
			http.Error(w, `{"error":{"httpCode":404,"message":"No traces found"}}`, http.StatusNotFound)
		}
	}))
	defer srv.Close()
	for _, tt := range []struct {
		protocol string
		spans    int
		wants    string
	}{
		{"", 1, ""},
		{ProtocolHTTPv3, 0, "use protocol: json"},
	} {
		t.Run("protocol "+tt.protocol, func(t *testing.T) {
			cfg := hasty(srv.URL)
			cfg.Step, cfg.Timeout, cfg.Protocol = 30*sec, 5*sec, tt.protocol
			s, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			k := newSink(time.Time{})
			err = s.Fetch(t.Context(), start, start.Add(30*sec), k.deliver)
			if (err == nil) != (tt.wants == "") || err != nil && !strings.Contains(err.Error(), tt.wants) {
				t.Errorf("got %v, want an error with %q", err, tt.wants)
			}
			if st := s.Status(); len(k.spans) != tt.spans || tt.wants == "" && st.Protocol != "jaeger HTTP JSON" {
				t.Errorf("have %d spans by %s, want %d: %v", len(k.spans), st.Protocol, tt.spans, k.lines())
			}
		})
	}
}
