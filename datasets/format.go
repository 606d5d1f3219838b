package datasets

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/aiops"
	"culprit/internal/format/cloudtrace"
	"culprit/internal/format/gaia"
	"culprit/internal/format/jaeger"
	"culprit/internal/format/jsonrec"
	"culprit/internal/format/lightstep"
	"culprit/internal/format/nezha"
	"culprit/internal/format/opencensus"
	"culprit/internal/format/osprofiler"
	"culprit/internal/format/otlp"
	"culprit/internal/format/rcaeval"
	"culprit/internal/format/skywalking"
	"culprit/internal/format/xray"
	"culprit/internal/format/zipkin"
	"culprit/internal/source"
)

// decode reads a file in some format: see the packages in internal/format.
type decode func(r io.Reader, emit func(ptrace.Traces) error, warn func(line int, err error)) error

// format is a kind of trace file. Arrivals have no decode: they are batches already.
type format struct {
	name   string
	is     func(head []byte) bool
	decode decode
}

var formats = []format{
	{"arrivals", IsArrivals, nil},
	{"otlp-json", isOTLPJSON, otlp.DecodeJSON},
	{"otlp-proto", isOTLPProto, otlp.DecodeProto},
	{"lightstep", lightstep.Is, lightstep.Decode},
	{"jaeger", isJaeger, jaeger.Decode},
	// Before Zipkin, whose spans are known by their trace IDs only.
	{"xray", xray.Is, xray.Decode},
	{"cloudtrace", cloudtrace.Is, cloudtrace.Decode},
	{"skywalking", skywalking.Is, skywalking.Decode},
	{"zipkin", isZipkin, zipkin.Decode},
	{"opencensus", opencensus.Is, opencensus.Decode},
	{"nezha", nezha.Is, nezha.Decode},
	{"rcaeval", rcaeval.Is, rcaeval.Decode},
	{"aiops", aiops.Is, aiops.Decode},
	{"aiops-calls", aiops.IsCalls, aiops.DecodeCalls},
	{"gaia", gaia.Is, gaia.Decode},
	{"osprofiler", osprofiler.Is, osprofiler.Decode},
}

// Formats are the names of the formats that can be read.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

func formatNamed(name string) *format {
	for i := range formats {
		if formats[i].name == name {
			return &formats[i]
		}
	}
	return nil
}

// headSize is how much of a file tells its format: enough for the first span.
const headSize = 64 << 10

// sniff recognises a format by the beginning of a file; nil if it is none. White space
// before a text is no part of it; before what is no text it may be.
func sniff(head []byte) *format {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	for _, head := range [][]byte{text, head} {
		for i := range formats {
			if len(head) > 0 && formats[i].is(head) {
				return &formats[i]
			}
		}
	}
	return nil
}

// isOTLPJSON looks for a line that begins as a request, since the first one may be
// cut off.
func isOTLPJSON(head []byte) bool {
	if key, _ := firstKey(head); key == "resourceSpans" || key == "resource_spans" || key == "result" {
		return true
	}
	return bytes.Contains(head, []byte("\n{\"resourceSpans\":["))
}

// isOTLPProto looks for a length and, behind it, the first field of a request, a zstd
// frame or a request in JSON. No text begins with the first byte of such a length.
func isOTLPProto(head []byte) bool {
	const most = 256 << 20
	if len(head) < 8 || binary.BigEndian.Uint32(head) > most || head[0] >= ' ' {
		return false
	}
	return head[4] == 0x0a || head[4] == '{' || bytes.HasPrefix(head[4:], zstdMagic)
}

// isJaeger looks for a list "data" that is empty or whose first element is a trace.
func isJaeger(head []byte) bool {
	c := jsonrec.NewCursor(head)
	for ok := c.Object(); ok; ok = c.Next() {
		if string(c.Key()) != "data" {
			c.Skip()
			continue
		}
		if c.Kind() != '[' {
			return false
		}
		if !c.Array() {
			return c.Err() == nil
		}
		return hasKey(&c, "traceID", "spans", "processes")
	}
	return false
}

// isZipkin looks for a list of spans or of lists of spans.
func isZipkin(head []byte) bool {
	c := jsonrec.NewCursor(head)
	if c.Kind() != '[' {
		return false
	}
	for c.Kind() == '[' {
		if !c.Array() {
			return c.Err() == nil
		}
	}
	return hasKey(&c, "traceId")
}

// firstKey is the first key of an object.
func firstKey(head []byte) (string, bool) {
	c := jsonrec.NewCursor(head)
	if c.Kind() != '{' || !c.Object() {
		return "", false
	}
	return string(c.Key()), c.Err() == nil
}

// hasKey reports whether the next value is an object with one of the keys, as far as
// it can be seen.
func hasKey(c *jsonrec.Cursor, keys ...string) bool {
	if c.Kind() != '{' {
		return false
	}
	for ok := c.Object(); ok; ok = c.Next() {
		key := string(c.Key())
		for _, k := range keys {
			if key == k {
				return true
			}
		}
		c.Skip()
	}
	return false
}

// read decodes a file into batches and the errors of single records.
func (f *format) read(ctx context.Context, in io.Reader, path string, strict bool, head func(ArrivalsHead), take func(source.Batch) error, warn func(line int, err error)) error {
	if f.decode == nil {
		return ReadArrivals(ctx, in, path, strict, head, take)
	}
	err := f.decode(in, func(td ptrace.Traces) error {
		return take(source.Batch{Source: path, Traces: []ptrace.Traces{td}})
	}, warn)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return err
}
