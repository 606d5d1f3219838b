package jaeger

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// victoriaTrace is a trace in the form of VictoriaTraces' answers, derived from its
// source: every tag a text, error=unset where there is no status.
const victoriaTrace = `{"processes":{"p1":{"serviceName":"web","tags":[{"key":"host.name","type":"string","value":"h"}]}},"spans":[
 {"duration":100000,"logs":[],"operationName":"GET /cart","processID":"p1","references":[],"spanID":"0000000000000001","startTime":%[2]d,
  "tags":[{"key":"span.kind","type":"string","value":"server"},{"key":"error","type":"string","value":"unset"}],"traceID":"%[1]s","warnings":null},
 {"duration":50000,"logs":[],"operationName":"pay","processID":"p1","references":[{"refType":"CHILD_OF","spanID":"0000000000000001","traceID":"%[1]s"}],
  "spanID":"0000000000000002","startTime":%[2]d,"tags":[{"key":"error","type":"string","value":"true"}],"traceID":"%[1]s","warnings":null}],
 "traceID":"%[1]s","warnings":null}`

// VictoriaTraces is read below its base path over either API; it knows how many traces
// are wanted by the newer name only, and refuses too many in its own words.
func TestVictoriaTraces(t *testing.T) {
	const base, most = "/select/jaeger", 3
	start := time.Now().Add(-time.Minute).Truncate(30 * sec)
	for _, v3 := range []bool{false, true} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			refused := func(name, param string) bool {
				n, err := strconv.Atoi(r.URL.Query().Get(param))
				if err == nil && n <= most {
					return false
				}
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `remoteAddr: "127.0.0.1:1"; requestURI: %s%s; incorrect trace query params: %s %d out of range [0, %d]`, r.URL, strings.Repeat("&x", 200), name, n, most)
				return true
			}
			switch {
			case !v3 && r.URL.Path == base+"/api/services":
				io.WriteString(w, `{"data":["web"],"errors": null,"limit": 0,"offset": 0,"total": 1}`)
			case v3 && r.URL.Path == base+"/api/v3/services":
				io.WriteString(w, `{"services":["web"]}`)
			case !v3 && r.URL.Path == base+"/api/traces":
				if refused("limit", "limit") {
					return
				}
				body := ""
				if r.URL.Query().Get("start") == fmt.Sprint(start.UnixMicro()) {
					body = fmt.Sprintf(victoriaTrace, traceID(1), start.UnixMicro())
				}
				fmt.Fprintf(w, `{"data":[%s],"errors": null,"limit": 0,"offset": 0,"total": 1}`, body)
			case v3 && r.URL.Path == base+"/api/v3/traces":
				if refused("query.searchDepth", "query.search_depth") {
					return
				}
				if r.URL.Query().Get("query.start_time_min") == start.UTC().Format(time.RFC3339Nano) {
					fmt.Fprintf(w, `{"result":{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]},"scopeSpans":[{"scope":{},"spans":[
{"traceId":"%[1]s","spanId":"0000000000000001","name":"GET /cart","kind":2,"startTimeUnixNano":"%[2]d","endTimeUnixNano":"%[3]d","status":{}},
{"traceId":"%[1]s","spanId":"0000000000000002","parentSpanId":"0000000000000001","name":"pay","kind":0,"startTimeUnixNano":"%[2]d","endTimeUnixNano":"%[4]d","status":{"code":2}}]}]}]}}`,
						traceID(1), start.UnixNano(), start.Add(100*ms).UnixNano(), start.Add(50*ms).UnixNano())
					return
				}
				w.WriteHeader(http.StatusNotFound)
				io.WriteString(w, `{"error":{"httpCode":404,"message":"No traces found"}}`)
			default:
				http.Error(w, "unsupported path requested: "+r.URL.Path, http.StatusBadRequest)
			}
		}))
		cfg := hasty(srv.URL + base)
		cfg.Endpoints = cfg.Endpoints[:1] // no gRPC is derived, or a Jaeger beside it would be read
		cfg.Step, cfg.Timeout = 30*sec, 5*sec
		s, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.places) != 1 {
			t.Errorf("places: %v", s.places)
		}
		k := newSink(time.Time{})
		if err := s.Fetch(t.Context(), start, start.Add(30*sec), k.deliver); err != nil {
			t.Errorf("v3 %v: %v", v3, err)
		}
		said := strings.Join(k.lines(), "\n")
		for _, want := range []string{"web GET /cart Server", "00:00:00.1 +0000 UTC Unset", "web pay Unspecified", "00:00:00.05 +0000 UTC Error"} {
			if !strings.Contains(said, want) {
				t.Errorf("v3 %v: no %q in\n%s", v3, want, said)
			}
		}
		if k.warned("search-depth") == 0 || k.warned("settle-short") == 0 {
			t.Errorf("v3 %v: warnings %v", v3, k.warnings)
		}
		srv.Close()
	}
}

// What servers say to a search for too many traces is told from other refusals.
func TestRefusesDepth(t *testing.T) {
	for said, want := range map[string]bool{
		"search depth must be greater than 0 and less than max traces": true,
		"limit 1000 out of range [0, 500]":                             true,
		"query.searchDepth 1000 out of range [0, 500]":                 true,
		"limit 1000 exceeds max limit 500":                             true, // Tempo's, through tempo-query and Jaeger
		"start must be before end":                                     false,
		"value out of range [0, 1]":                                    false,
	} {
		if got := refusesDepth(said); got != want {
			t.Errorf("%q: %v", said, got)
		}
	}
}
