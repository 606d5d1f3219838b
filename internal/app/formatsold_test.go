package app

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The encoders below write what clients send that are no longer developed.

// byInstance groups spans by who sent them, in the order in which they first send.
func byInstance(spans []flat) (out [][]flat) {
	at := map[string]int{}
	for _, s := range spans {
		who := s.service + " " + s.instance
		i, ok := at[who]
		if !ok {
			i = len(out)
			at[who] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], s)
	}
	return out
}

// tags are what OpenTracing's clients say of a span.
func (s flat) tags() map[string]string {
	tags := map[string]string{}
	if s.kind != "internal" {
		tags["span.kind"] = s.kind
	}
	if s.peer != "" {
		tags["peer.service"] = s.peer
	}
	if s.failed {
		tags["error"] = "true"
	}
	return tags
}

// field is a field of a protobuf message that is text or a message itself.
func field(n protowire.Number, parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), b)
}

// varint is one that is a number.
func varint(n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
}

// lightstepReports are reports of Lightstep's tracers, one for each instance. Its IDs have
// 64 bits.
func lightstepReports(spans []flat) string {
	tag := func(n protowire.Number, key, value string) []byte {
		return field(n, field(1, []byte(key)), field(2, []byte(value)))
	}
	var b []byte
	for i, own := range byInstance(spans) {
		b = append(b, field(1, varint(1, uint64(i+1)), tag(4, "lightstep.component_name", own[0].service), tag(4, "service.instance.id", own[0].instance))...)
		b = append(b, field(2, field(1, []byte("token")))...)
		for _, s := range own {
			trace := number(s.trace[16:])
			parts := [][]byte{
				field(1, varint(1, trace), varint(2, number(s.id))), field(2, []byte(s.name)),
				field(4, varint(1, uint64(s.start/1e9)), varint(2, uint64(s.start%1e9))), varint(5, uint64(s.end-s.start)/1000),
			}
			if s.parent != "" {
				parts = append(parts, field(3, varint(1, 0), field(2, varint(1, trace), varint(2, number(s.parent)))))
			}
			for key, value := range s.tags() {
				parts = append(parts, tag(6, key, value))
			}
			b = append(b, field(3, parts...)...)
		}
	}
	return string(b)
}

// openCensusRequests are requests to OpenCensus' agent in protobuf's JSON.
func openCensusRequests(spans []flat) string {
	bytes := func(id string) string {
		raw, err := hex.DecodeString(id)
		if err != nil {
			panic(err)
		}
		return base64.StdEncoding.EncodeToString(raw)
	}
	var b strings.Builder
	out := json.NewEncoder(&b)
	for _, own := range byInstance(spans) {
		var list []map[string]any
		for _, s := range own {
			attrs := map[string]any{}
			for key, value := range s.tags() {
				if key == "peer.service" {
					attrs[key] = map[string]any{"stringValue": map[string]string{"value": value}}
				}
			}
			m := map[string]any{
				"traceId": bytes(s.trace), "spanId": bytes(s.id), "name": map[string]string{"value": s.name}, "startTime": stamp(s.start), "endTime": stamp(s.end),
				"attributes": map[string]any{"attributeMap": attrs},
			}
			if s.parent != "" {
				m["parentSpanId"] = bytes(s.parent)
			}
			if s.kind == "server" || s.kind == "client" {
				m["kind"] = strings.ToUpper(s.kind)
			}
			if s.failed {
				m["status"] = map[string]any{"code": 13, "message": "failed"}
			}
			list = append(list, m)
		}
		err := out.Encode(map[string]any{
			"node":     map[string]any{"identifier": map[string]any{"hostName": "h", "pid": 7}, "serviceInfo": map[string]string{"name": own[0].service}},
			"resource": map[string]any{"labels": map[string]string{"k8s.pod.name": own[0].instance}},
			"spans":    list,
		})
		if err != nil {
			panic(err)
		}
	}
	return b.String()
}

// osprofilerNotifications are two notifications for each span. A trace point of a
// program's own names any step; requests to the outside and statements have names of
// their own.
func osprofilerNotifications(spans []flat) string {
	const steps = "0000000000004000" // of a step's UUID the last 64 bits tell it from others
	uuid := func(digits string) string {
		return fmt.Sprintf("%s-%s-%s-%s-%s", digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
	}
	var b strings.Builder
	out := json.NewEncoder(&b)
	for _, s := range spans {
		n := map[string]any{"base_id": uuid(s.trace), "trace_id": uuid(steps + s.id), "parent_id": uuid(s.trace), "project": s.service, "service": ""}
		if s.parent != "" {
			n["parent_id"] = uuid(steps + s.parent)
		}
		describe, point := map[string]any{"host": s.instance}, s.name
		if s.kind == "client" && s.peer != "" {
			describe["requests"] = map[string]any{"method": "GET", "hostname": s.peer, "port": 80, "path": "/"}
			point = "http"
		}
		for _, end := range []string{"start", "stop"} {
			at := s.start
			if end == "stop" {
				at = s.end
				describe = map[string]any{"host": s.instance}
				if s.failed {
					describe["etype"], describe["message"] = "Failed", "failed"
				}
			}
			n["name"], n["info"], n["timestamp"] = point+"-"+end, describe, time.Unix(0, at).UTC().Format("2006-01-02T15:04:05.000000")
			if err := out.Encode(n); err != nil {
				panic(err)
			}
		}
	}
	return b.String()
}
