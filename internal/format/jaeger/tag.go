package jaeger

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/jsonrec"
)

// tag is a key and value as Jaeger writes them.
type tag struct {
	key, typ, value []byte
	kind            byte // first byte of the value: tells a number from a text
}

func readTag(c *jsonrec.Cursor) tag {
	var t tag
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "key":
			t.key = c.Text()
		case "type":
			t.typ = c.Text()
		case "value":
			t.kind = c.Kind()
			t.value = c.Scalar()
		default:
			c.Skip()
		}
	}
	return t
}

// special are the tags of a span that OTLP has fields for.
type special struct {
	kind       ptrace.SpanKind
	failed     bool
	code       ptrace.StatusCode
	message    string
	traceState string
}

// read takes note of a tag and reports whether that is all there is to it.
func (s *special) read(t tag) bool {
	switch string(t.key) {
	case "span.kind":
		switch strings.ToLower(string(t.value)) {
		case "internal":
			s.kind = ptrace.SpanKindInternal
		case "server":
			s.kind = ptrace.SpanKindServer
		case "client":
			s.kind = ptrace.SpanKindClient
		case "producer":
			s.kind = ptrace.SpanKindProducer
		case "consumer":
			s.kind = ptrace.SpanKindConsumer
		default:
			return false
		}
	case "error":
		switch string(t.value) {
		case "true":
			s.failed = true
		case "false", "unset": // unset: VictoriaTraces, of every span without a status
		default:
			return false // a message: an attribute that says the same
		}
	case "otel.status_code":
		switch string(t.value) {
		case "ERROR":
			s.code = ptrace.StatusCodeError
		case "OK":
			s.code = ptrace.StatusCodeOk
		}
	case "otel.status_description":
		s.message = string(t.value)
	case "w3c.tracestate":
		s.traceState = string(t.value)
	default:
		return false
	}
	return true
}

// apply writes what was noted.
func (s *special) apply(span ptrace.Span) {
	span.SetKind(s.kind)
	if s.failed && s.code == ptrace.StatusCodeUnset {
		s.code = ptrace.StatusCodeError
	}
	span.Status().SetCode(s.code)
	span.Status().SetMessage(s.message)
	span.TraceState().FromRaw(s.traceState)
}

// put writes a tag as an attribute, by its declared type where the value allows it,
// else as the text that stands there.
func (d *decoder) put(attrs pcommon.Map, t tag) {
	key := d.intern(t.key)
	if len(t.typ) == 0 {
		t.typ = guess(t)
	}
	switch string(t.typ) {
	case "bool":
		if v, err := strconv.ParseBool(string(t.value)); err == nil {
			attrs.PutBool(key, v)
			return
		}
	case "int64":
		if v, err := strconv.ParseInt(string(t.value), 10, 64); err == nil {
			attrs.PutInt(key, v)
			return
		}
	case "float64":
		if v, err := strconv.ParseFloat(string(t.value), 64); err == nil {
			attrs.PutDouble(key, v)
			return
		}
	case "binary":
		if v, err := base64.StdEncoding.DecodeString(string(t.value)); err == nil {
			attrs.PutEmptyBytes(key).FromRaw(v)
			return
		}
	}
	attrs.PutStr(key, d.intern(t.value))
}

var boolType, stringType, floatType, intType = []byte("bool"), []byte("string"), []byte("float64"), []byte("int64")

// guess gives the type of a tag whose type only its value tells.
func guess(t tag) []byte {
	switch {
	case t.kind == 't' || t.kind == 'f':
		return boolType
	case t.kind != '-' && (t.kind < '0' || t.kind > '9'):
		return stringType
	case bytes.ContainsAny(t.value, ".eE"):
		return floatType
	}
	return intType
}
