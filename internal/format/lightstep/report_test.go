package lightstep

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"
)

// The builders write messages as the tracers' generated code does.

func msg(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func sub(n protowire.Number, parts ...[]byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), msg(parts...))
}

func text(n protowire.Number, s string) []byte { return sub(n, []byte(s)) }

func num(n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
}

func double(n protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(nil, n, protowire.Fixed64Type), math.Float64bits(v))
}

func tag(n protowire.Number, key, value string) []byte {
	return sub(n, text(tagKey, key), text(tagText, value))
}

func ctx(n protowire.Number, trace, span uint64) []byte {
	if trace == 0 {
		return sub(n, num(contextSpan, span))
	}
	return sub(n, num(contextTrace, trace), num(contextSpan, span))
}

// at is a moment after 1970, µs.
func at(n protowire.Number, micros uint64) []byte {
	return sub(n, num(timeSeconds, micros/1e6), num(timeNanos, micros%1e6*1000))
}

// shop is a reporter.
var shop = sub(reportReporter, num(reporterID, 0xab), tag(reporterTag, "lightstep.component_name", "shop"), tag(reporterTag, "lightstep.hostname", "h1"))

const shopSaid = "map[host.name:h1 lightstep.component_name:shop lightstep.guid:ab lightstep.hostname:h1 service.name:shop]"

// say writes down what a report holds, then its warnings and its error.
func say(b []byte) []string {
	var out, warned []string
	r, err := Read(b, func(n int, err error) { warned = append(warned, fmt.Sprintf("%d: %v", n, err)) })
	for _, rs := range r.Traces.ResourceSpans().All() {
		for _, s := range rs.ScopeSpans().At(0).Spans().All() {
			line := fmt.Sprintf("%s/%s<%s %s %d-%d %v", s.TraceID().String()[16:], s.SpanID(), s.ParentSpanID(), s.Name(), s.StartTimestamp(), s.EndTimestamp(), s.Attributes().AsRaw())
			for _, l := range s.Links().All() {
				line += fmt.Sprintf(" %s:%s/%s", l.Attributes().AsRaw()["opentracing.ref_type"], l.TraceID().String()[16:], l.SpanID())
			}
			for _, e := range s.Events().All() {
				line += fmt.Sprintf(" @%d %s %v", e.Timestamp(), e.Name(), e.Attributes().AsRaw())
			}
			out = append(out, line)
		}
	}
	out = append(out, warned...)
	if err != nil {
		out = append(out, "error: "+err.Error())
	}
	return out
}

func TestRead(t *testing.T) {
	span := func(parts ...[]byte) []byte {
		return sub(reportSpan, append([][]byte{ctx(spanContext, 1, 2), text(spanName, "op"), at(spanStart, 5e6), num(spanDuration, 3)}, parts...)...)
	}
	const prefix = "0000000000000001/0000000000000002< op "
	const bare = prefix + "5000000000-5000003000 map[]"
	for _, c := range []struct {
		name   string
		report []byte
		want   []string
	}{
		{"a bare span", span(), []string{bare}},
		{"tags keep their types", span(tag(spanTag, "component", "grpc"), sub(spanTag, text(tagKey, "n"), num(tagInt, math.MaxUint64)), sub(spanTag, text(tagKey, "d"), double(tagDouble, 1.5)),
			sub(spanTag, text(tagKey, "b"), num(tagBool, 1)), sub(spanTag, text(tagKey, "j"), text(tagJSON, "{}")), sub(spanTag, text(tagText, "no key"))),
			[]string{strings.Replace(bare, "map[]", "map[b:true component:grpc d:1.5 j:{} n:-1]", 1)}},
		{"a reference without a trace is to the own one", span(sub(spanReference, ctx(refContext, 0, 9))), []string{strings.Replace(bare, "<", "<0000000000000009", 1)}},
		{"CHILD_OF before FOLLOWS_FROM, the rest are links", span(sub(spanReference, num(refKind, 1), ctx(refContext, 1, 8)), sub(spanReference, ctx(refContext, 1, 9)), sub(spanReference, ctx(refContext, 7, 10))),
			[]string{strings.Replace(bare, "<", "<0000000000000009", 1) + " follows_from:0000000000000001/0000000000000008 child_of:0000000000000007/000000000000000a"}},
		{"a FOLLOWS_FROM parent stays a link", span(sub(spanReference, num(refKind, 1), ctx(refContext, 1, 8))),
			[]string{strings.Replace(bare, "<", "<0000000000000008", 1) + " follows_from:0000000000000001/0000000000000008"}},
		{"logs of a span that failed", span(sub(spanTag, text(tagKey, "error"), num(tagBool, 1)), sub(spanLog, at(logTime, 6e6), tag(logField, "event", "error"), tag(logField, "message", "timeout"))),
			[]string{strings.Replace(bare, "map[]", "map[error:true]", 1) + " @6000000000 error map[message:timeout]"}},
		{"logs of a span that did not", span(tag(spanTag, "error", "false"), sub(spanLog, at(logTime, 6e6))), []string{strings.Replace(bare, "map[]", "map[error:false]", 1)}},
		{"the reporter's clock is set right, wherever its offset stands", msg(span(), num(reportOffset, math.MaxUint64-999_999)), []string{prefix + "4000000000-4000003000 map[]"}},
		{"a duration beyond time", sub(reportSpan, ctx(spanContext, 1, 2), at(spanStart, 5e6), num(spanDuration, math.MaxUint64)), []string{"0000000000000001/0000000000000002<  5000000000-9223372036854775000 map[]"}},
		{"bad spans cost only themselves", msg(sub(reportSpan, ctx(spanContext, 0, 2)), sub(reportSpan, ctx(spanContext, 1, 0)), sub(reportSpan, ctx(spanContext, 1, 3)), sub(reportSpan, []byte{0x0a, 0x7f}), span()), []string{
			bare,
			"1: lightstep span: no trace ID",
			"2: lightstep span: no span ID",
			"3: lightstep span: trace 00000000000000000000000000000001: span 0000000000000003: no usable start time",
			"4: lightstep span: at byte 0: unexpected EOF",
		}},
		{"no protobuf", []byte("<html>"), []string{"error: lightstep report: at byte 0: malformed field"}},
		{"cut off", span()[:10], []string{"error: lightstep report: at byte 0: unexpected EOF"}},
		{"no spans", shop, nil},
		{"reports behind each other keep their clocks apart", msg(shop, span(), num(reportOffset, 1e6), shop, span()), []string{prefix + "6000000000-6000003000 map[]", bare}},
	} {
		if d := cmp.Diff(c.want, say(c.report)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestReporterBecomesTheResource(t *testing.T) {
	r, err := Read(msg(shop, sub(reportAuth, text(authToken, "secret"))), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(r.Traces.ResourceSpans().At(0).Resource().Attributes().AsRaw()); got != shopSaid || r.Token != "secret" {
		t.Errorf("%s, token %q; want %s", got, r.Token, shopSaid)
	}
}

func TestDecodeRecording(t *testing.T) {
	one := msg(shop, sub(reportSpan, ctx(spanContext, 1, 2), at(spanStart, 5e6)))
	n := 0
	count := func(td ptrace.Traces) error { n += td.SpanCount(); return nil }
	if err := Decode(strings.NewReader(string(msg(one, one))), count, func(_ int, err error) { t.Error(err) }); err != nil || n != 2 {
		t.Errorf("%d spans, %v; want 2", n, err)
	}
	stop := errors.New("stop")
	if err := Decode(strings.NewReader(string(one)), func(ptrace.Traces) error { return stop }, nil); err != stop {
		t.Errorf("%v, want the error of emit", err)
	}
	if err := Decode(strings.NewReader(""), count, nil); err == nil {
		t.Error("an empty file is read without a word")
	}
}

func TestIs(t *testing.T) {
	report := msg(shop, sub(reportSpan, ctx(spanContext, 1, 2)), sub(reportMetrics))
	for _, c := range []struct {
		name string
		head []byte
		want bool
	}{
		{"a report", report, true},
		{"the beginning of one", report[:len(report)-3], true},
		{"an OTLP request", sub(1, sub(1, sub(1, text(1, "service.name")))), false},
		{"text", []byte("\n{}"), false},
		{"nothing", nil, false},
	} {
		if Is(c.head) != c.want {
			t.Errorf("%s: %v", c.name, !c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(msg(shop, sub(reportAuth, text(authToken, "t")), num(reportOffset, 7), sub(reportSpan, ctx(spanContext, 1, 2), text(spanName, "op"), at(spanStart, 5e6), num(spanDuration, 3),
		sub(spanReference, num(refKind, 1), ctx(refContext, 1, 8)), sub(spanTag, text(tagKey, "error"), num(tagBool, 1)), sub(spanLog, at(logTime, 6e6), tag(logField, "event", "x")))))
	f.Add(sub(reportSpan, ctx(spanContext, 1, 2), sub(spanStart, num(timeSeconds, math.MaxUint64), num(timeNanos, math.MaxUint64)), num(spanDuration, math.MaxUint64)))
	f.Fuzz(func(t *testing.T, b []byte) { say(b) })
}
