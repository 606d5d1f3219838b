package app

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/datasets"
	"culprit/datasets/generate"
	"culprit/internal/engine"
	"culprit/model"
)

// flat is a span as every format can say it.
type flat struct {
	trace, id, parent       string // hex; no parent: ""
	service, instance, name string
	kind                    string // server, client, or internal
	peer                    string
	start, end              int64 // ns
	failed                  bool
}

// flatten reads generated spans.
func flatten(td ptrace.Traces) (out []flat) {
	for _, rs := range td.ResourceSpans().All() {
		who := func(key string) string {
			if v, ok := rs.Resource().Attributes().Get(key); ok {
				return v.AsString()
			}
			return ""
		}
		for _, s := range rs.ScopeSpans().At(0).Spans().All() {
			f := flat{
				trace: s.TraceID().String(), id: s.SpanID().String(), parent: s.ParentSpanID().String(),
				service: who("service.name"), instance: who("k8s.pod.name") + who("service.instance.id"), name: s.Name(),
				kind: strings.ToLower(s.Kind().String()), start: int64(s.StartTimestamp()), end: int64(s.EndTimestamp()),
				failed: s.Status().Code() == ptrace.StatusCodeError,
			}
			for _, key := range []string{"peer.service", "server.address", "db.system"} {
				if v, ok := s.Attributes().Get(key); ok && f.peer == "" && f.kind == "client" {
					f.peer = v.Str()
				}
			}
			out = append(out, f)
		}
	}
	return out
}

// encoders write the same spans in every format that can carry them.
var encoders = map[string]func(td []ptrace.Traces, spans []flat) string{
	"otlp-json": func(tds []ptrace.Traces, _ []flat) string {
		var b strings.Builder
		for _, td := range tds {
			line, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
			if err != nil {
				panic(err)
			}
			b.Write(append(line, '\n'))
		}
		return b.String()
	},
	"otlp-proto": func(tds []ptrace.Traces, _ []flat) string {
		var b bytes.Buffer
		for _, td := range tds {
			raw, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
			if err != nil {
				panic(err)
			}
			b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(raw))))
			b.Write(raw)
		}
		return b.String()
	},
	"jaeger": func(_ []ptrace.Traces, spans []flat) string {
		return `{"data":[` + list(byTrace(spans), func(trace []flat) string {
			var processes []string
			out := list(trace, func(s flat) string {
				p := fmt.Sprintf("p%d", len(processes))
				processes = append(processes, fmt.Sprintf(`%q:{"serviceName":%q,"tags":[{"key":"k8s.pod.name","type":"string","value":%q}]}`, p, s.service, s.instance))
				refs := ""
				if s.parent != "" {
					refs = fmt.Sprintf(`{"refType":"CHILD_OF","traceID":%q,"spanID":%q}`, s.trace, s.parent)
				}
				return fmt.Sprintf(`{"traceID":%q,"spanID":%q,"operationName":%q,"references":[%s],"startTime":%d,"duration":%d,"tags":[{"key":"span.kind","type":"string","value":%q},{"key":"error","type":"bool","value":%v},{"key":"peer.service","type":"string","value":%q}],"processID":%q}`,
					s.trace, s.id, s.name, refs, s.start/1000, (s.end-s.start)/1000, s.kind, s.failed, s.peer, p)
			})
			return fmt.Sprintf(`{"traceID":%q,"spans":[%s],"processes":{%s}}`, trace[0].trace, out, strings.Join(processes, ","))
		}) + "]}"
	},
	"zipkin": func(_ []ptrace.Traces, spans []flat) string {
		return "[" + list(spans, func(s flat) string {
			kind, failed, parent := "", "", ""
			if s.kind != "internal" {
				kind = fmt.Sprintf(`"kind":%q,`, strings.ToUpper(s.kind))
			}
			if s.failed {
				failed = `"error":"true"`
			}
			if s.parent != "" {
				parent = fmt.Sprintf(`"parentId":%q,`, s.parent)
			}
			return fmt.Sprintf(`{"traceId":%q,"id":%q,%s%s"name":%q,"timestamp":%d,"duration":%d,"localEndpoint":{"serviceName":%q},"remoteEndpoint":{"serviceName":%q},"tags":{%s}}`,
				s.trace, s.id, parent, kind, s.name, s.start/1000, (s.end-s.start)/1000, s.service, s.peer, failed)
		}) + "]"
	},
	"nezha": func(_ []ptrace.Traces, spans []flat) string {
		return table("TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration", spans, func(s flat) []any {
			if s.parent == "" {
				s.parent = "root"
			}
			return []any{s.trace, s.id, s.parent, s.service + "-5d-x" + tail(s.instance), s.name, s.start, s.end, (s.end - s.start) / 1000}
		})
	},
	"rcaeval": func(_ []ptrace.Traces, spans []flat) string {
		return table("time,traceID,spanID,serviceName,methodName,operationName,startTimeMillis,startTime,duration,statusCode,parentSpanID", spans, func(s flat) []any {
			code := 0.0
			if s.failed {
				code = 13
			}
			return []any{time.Unix(0, s.start).Format("15:04"), s.trace, s.id, s.service, "", s.name, s.start / 1e6, s.start / 1e3, (s.end - s.start) / 1e3, code, s.parent}
		})
	},
	"aiops": func(_ []ptrace.Traces, spans []flat) string {
		return table("timestamp,cmdb_id,span_id,trace_id,duration,type,status_code,operation_name,parent_span", spans, func(s flat) []any {
			code := 0
			if s.failed {
				code = 13
			}
			return []any{s.start / 1e6, s.service + "-" + fmt.Sprint(len(s.instance)%3), s.id, s.trace, (s.end - s.start) / 1e3, "rpc", code, s.name, s.parent}
		})
	},
	"aiops-calls": func(_ []ptrace.Traces, spans []flat) string {
		return table("callType,startTime,elapsedTime,success,traceId,id,pid,cmdb_id,dsName,serviceName", spans, func(s flat) []any {
			row, store := map[string]string{"server": "RemoteProcess", "client": "CSF", "internal": "LOCAL"}[s.kind], ""
			switch {
			case s.parent == "":
				row, s.parent = "OSB", "None"
			case row == "CSF" && s.peer != "":
				row, store, s.name = "JDBC", s.peer, ""
			}
			return []any{row, s.start / 1e6, float64((s.end-s.start)/1e5) / 10, !s.failed, s.trace, s.id, s.parent, s.service, store, s.name}
		})
	},
	"gaia": func(_ []ptrace.Traces, spans []flat) string {
		return table("timestamp,host_ip,service_name,trace_id,span_id,parent_id,start_time,end_time,url,status_code,message", spans, func(s flat) []any {
			code, at := 200, func(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02 15:04:05.000000") }
			if s.failed {
				code = 500
			}
			if s.parent == "" {
				s.parent = "0"
			}
			return []any{at(s.end)[:19], s.instance, s.service, s.trace, s.id, s.parent, at(s.start), at(s.end), s.name, code, "request call function"}
		})
	},
	"skywalking": func(_ []ptrace.Traces, spans []flat) string {
		return table("StartTime,EndTime,URL,SpanType,Service,SpanId,TraceId,Peer,ParentSpan,Component,IsError", spans, func(s flat) []any {
			if s.parent == "" {
				s.parent = "-1"
			} else {
				s.parent = "segment." + s.parent
			}
			return []any{s.start / 1e6, s.end / 1e6, s.name, map[string]string{"server": "Entry", "client": "Exit", "internal": "Local"}[s.kind], s.service, "segment." + s.id, s.trace, s.peer, s.parent, "x", s.failed}
		})
	},
	"xray": func(_ []ptrace.Traces, spans []flat) string {
		of := map[string]string{}
		for _, s := range spans {
			of[s.id] = s.service
		}
		return "[" + list(spans, func(s flat) string {
			if of[s.parent] != s.service {
				s.kind = "server" // some services know no kinds; X-Ray has segments
			}
			id, name, kind := s.trace[:8]+"-"+s.trace[8:], s.name, `"type":"subsegment",`
			http, ns, inner := "", "", ""
			method, path, isRequest := strings.Cut(s.name, " ")
			isRequest = isRequest && strings.HasPrefix(path, "/")
			if isRequest && s.kind != "internal" {
				http = fmt.Sprintf(`"http":{"request":{"method":%q,"url":"http://x%s"}},`, method, path)
			}
			switch s.kind {
			case "server", "consumer":
				kind, name = "", s.service
				if !isRequest { // a function is a subsegment of its own
					raw, err := hex.DecodeString(s.id)
					if err != nil {
						panic(err)
					}
					raw[0] ^= 0xff
					inner = fmt.Sprintf(`"subsegments":[{"name":%q,"id":"%s","start_time":%s,"end_time":%s}],`, s.name, s.id, secs(s.start), secs(s.end))
					s.id = hex.EncodeToString(raw)
				}
			case "client", "producer":
				ns = `"namespace":"remote",`
				if !isRequest && s.peer != "" {
					http += fmt.Sprintf(`"aws":{"operation":%q},`, s.name)
				}
				if s.peer != "" {
					name = s.peer
				}
			}
			return fmt.Sprintf(`{%s%s%s%s"name":%q,"id":%q,"parent_id":%q,"trace_id":"1-%s","start_time":%s,"end_time":%s,"fault":%v}`,
				kind, http, ns, inner, name, s.id, s.parent, id, secs(s.start), secs(s.end), s.failed)
		}) + "]"
	},
	"cloudtrace": func(_ []ptrace.Traces, spans []flat) string {
		return `{"traces":[` + list(byTrace(spans), func(trace []flat) string {
			return fmt.Sprintf(`{"projectId":"p","traceId":%q,"spans":[%s]}`, trace[0].trace, list(trace, func(s flat) string {
				labels := map[string]string{"service.name": s.service, "k8s.pod.name": s.instance}
				if s.failed {
					labels["/error/message"] = "failed"
				}
				if s.peer != "" {
					labels["peer.service"] = s.peer
				}
				l, err := json.Marshal(labels)
				if err != nil {
					panic(err)
				}
				return fmt.Sprintf(`{"spanId":"%d","parentSpanId":"%d","kind":%q,"name":%q,"startTime":%q,"endTime":%q,"labels":%s}`, number(s.id), number(s.parent),
					map[string]string{"server": "RPC_SERVER", "client": "RPC_CLIENT", "internal": "SPAN_KIND_UNSPECIFIED"}[s.kind], s.name, stamp(s.start), stamp(s.end), l)
			}))
		}) + "]}"
	},
	"lightstep":  func(_ []ptrace.Traces, spans []flat) string { return lightstepReports(spans) },
	"opencensus": func(_ []ptrace.Traces, spans []flat) string { return openCensusRequests(spans) },
	"osprofiler": func(_ []ptrace.Traces, spans []flat) string { return osprofilerNotifications(spans) },
}

func list[T any](items []T, write func(T) string) string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = write(item)
	}
	return strings.Join(out, ",\n")
}

func table(header string, spans []flat, row func(flat) []any) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for _, s := range spans {
		for i, v := range row(s) {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprint(&b, v)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func byTrace(spans []flat) (out [][]flat) {
	at := map[string]int{}
	for _, s := range spans {
		i, ok := at[s.trace]
		if !ok {
			i = len(out)
			at[s.trace] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], s)
	}
	return out
}

func tail(s string) string { return s[strings.LastIndexByte(s, '-')+1:] }

func secs(ns int64) string { return fmt.Sprintf("%d.%09d", ns/1e9, ns%1e9) }

func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

func number(id string) uint64 {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) == 0 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// One seeded fault, written down in every format that can carry it, is blamed on the
// same service and operation in all, by rank and by the live engine.
func TestEveryFormatBlamesTheSame(t *testing.T) {
	sc, err := generate.Named("fault/slow-operation", 3)
	if err != nil {
		t.Fatal(err)
	}
	sc.Length, sc.Rate, sc.Services = 5*time.Minute, 8, 7
	sc.Faults = []generate.Plan{{Class: "slow-operation", From: 3 * time.Minute, To: 4*time.Minute + 30*time.Second}}
	var tds []ptrace.Traces
	var spans []flat
	labels, err := generate.Generate(sc, func(td ptrace.Traces) error {
		own := ptrace.NewTraces()
		td.CopyTo(own)
		tds, spans = append(tds, own), append(spans, flatten(own)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	spans = whole(spans)
	fault := labels.Faults[0]
	cause := fault.RootCauses[0]
	t.Logf("%d spans; the cause is %s %s", len(spans), cause.Service, cause.Operation)
	right := func(suspects []model.Suspect) bool {
		return len(suspects) > 0 && suspects[0].Service == cause.Service && suspects[0].Operation == cause.Operation
	}
	for format, encode := range encoders {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "recording")
			if err := os.WriteFile(path, []byte(encode(tds, spans)), 0o600); err != nil {
				t.Fatal(err)
			}
			open := func() *datasets.Recording {
				rec, err := datasets.Open([]string{path}, datasets.Options{Strict: true}) // recognised by its content
				if err != nil {
					t.Fatal(err)
				}
				return rec
			}
			r, err := Rank(t.Context(), open(), engineConfig(1), Ours, engine.Stretch{From: fault.From, To: fault.To}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !r.Anomalous || !right(r.Suspects) {
				t.Errorf("rank: want %s %s, have %+v", cause.Service, cause.Operation, r.Suspects[:min(3, len(r.Suspects))])
			}
			all, _ := replayed(t, open(), ReplayOptions{Engine: engineConfig(1)})
			if len(all) == 0 || !right(all[len(all)-1].Suspects) {
				t.Errorf("replay: want %s %s, have %+v", cause.Service, cause.Operation, all)
			}
		})
	}
	for _, format := range datasets.Formats() {
		if _, ok := encoders[format]; !ok && !carriedElsewhere[format] {
			t.Errorf("no recording is written in the format %s", format)
		}
	}
}

// carriedElsewhere are formats that hold OTLP batches as they came.
var carriedElsewhere = map[string]bool{"arrivals": true}

// whole drops the traces of which a span is missing: those that run when the recording
// ends. X-Ray could not say whose their subsegments are.
func whole(spans []flat) (out []flat) {
	for _, trace := range byTrace(spans) {
		ids := map[string]bool{"": true}
		for _, s := range trace {
			ids[s.id] = true
		}
		if !slices.ContainsFunc(trace, func(s flat) bool { return !ids[s.parent] }) {
			out = append(out, trace...)
		}
	}
	return out
}
