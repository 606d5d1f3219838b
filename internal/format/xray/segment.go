package xray

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/epoch"
	"culprit/internal/format/jsonrec"
	"culprit/model"
)

const (
	// maxNesting is how deep subsegments are read; X-Ray's own limit is a document of
	// 64 KB.
	maxNesting = 64
	// maxAttributes bounds the annotations and metadata of a segment.
	maxAttributes = 128
)

// segment is a segment or subsegment as it is being read.
type segment struct {
	span ptrace.Span

	trace      model.TraceID
	id, parent model.SpanID
	name       string
	namespace  string
	start, end int64 // ns; no end: 0
	inProgress bool
	inferred   bool
	sub        bool // sent by itself
	fault      bool
	failed     bool
	throttled  bool
	method     string
	url        string
	status     int64
	sql        *database
	operation  string // of AWS
	queue      string // URL
	who        identity
	below      []*segment
	bad        error
}

// database is the block sql.
type database struct{ query, system, url string }

// identity is what a segment says about who sent it, by attribute of the resource.
type identity map[string]string

// readSegment reads one document. The error is for what cannot be read at all, of
// several the first.
func readSegment(c *jsonrec.Cursor, depth int) *segment {
	g := &segment{span: ptrace.NewSpan(), who: identity{}}
	if c.Kind() != '{' {
		c.Skip()
		g.bad = errors.New("it is no object")
		return g
	}
	for ok := c.Object(); ok; ok = c.Next() {
		if err := g.field(c, string(c.Key()), depth); err != nil && g.bad == nil {
			g.bad = err
		}
	}
	if c.Err() != nil {
		g.bad = c.Err()
	}
	return g
}

func (g *segment) field(c *jsonrec.Cursor, key string, depth int) (err error) {
	switch key {
	case "name":
		g.name = string(c.Text())
	case "id":
		g.id, err = model.ParseSpanID(string(c.Text()))
	case "parent_id":
		if id := c.Text(); len(id) > 0 {
			g.parent, err = model.ParseSpanID(string(id))
		}
	case "trace_id":
		g.trace, err = ParseTraceID(string(c.Text()))
	case "start_time":
		g.start, err = seconds(c, key)
	case "end_time":
		g.end, err = seconds(c, key)
	case "type":
		g.sub = string(c.Text()) == "subsegment"
	case "namespace":
		g.namespace = string(c.Text())
	case "in_progress":
		g.inProgress = isTrue(c)
	case "inferred":
		g.inferred = isTrue(c)
	case "fault":
		g.fault = isTrue(c)
	case "error":
		g.failed = isTrue(c)
	case "throttle":
		g.throttled = isTrue(c)
	case "origin":
		g.who["aws.xray.origin"] = string(c.Text())
	case "user":
		g.put("enduser.id", string(c.Text()))
	case "http":
		g.readHTTP(c)
	case "aws":
		g.readAWS(c)
	case "sql":
		g.readSQL(c)
	case "service":
		g.readService(c)
	case "cause":
		g.readCause(c)
	case "annotations":
		for ok := c.Object(); ok; ok = c.Next() {
			g.readAttribute(c, string(c.Key()))
		}
	case "metadata":
		g.readMetadata(c)
	case "links":
		for ok := c.Array(); ok; ok = c.Next() {
			g.readLink(c)
		}
	case "subsegments":
		for ok := c.Array(); ok; ok = c.Next() {
			if depth >= maxNesting {
				c.Skip()
				continue
			}
			g.below = append(g.below, readSegment(c, depth+1))
		}
	default:
		c.Skip()
	}
	return err
}

// check refuses what is no segment, with the first reason.
func (g *segment) check() error {
	switch {
	case g.bad != nil:
		return g.bad
	case g.trace.IsZero():
		return errors.New("no trace ID")
	case g.id.IsZero():
		return fmt.Errorf("trace %s: no ID", g.trace)
	case g.name == "":
		return fmt.Errorf("trace %s: segment %s: no name", g.trace, g.id)
	case g.start <= 0:
		return fmt.Errorf("trace %s: segment %s: no start_time", g.trace, g.id)
	case g.end == 0 && g.inProgress:
		return fmt.Errorf("trace %s: segment %s: %w", g.trace, g.id, ErrInProgress)
	case g.end < g.start:
		return fmt.Errorf("trace %s: segment %s: no end_time behind its start", g.trace, g.id)
	}
	return nil
}

// ParseTraceID reads X-Ray's form of an ID, 1-xxxxxxxx-xxxxxxxxxxxxxxxxxxxxxxxx, or
// OTLP's.
func ParseTraceID(s string) (model.TraceID, error) {
	if rest, ok := strings.CutPrefix(s, "1-"); ok {
		seconds, random, _ := strings.Cut(rest, "-")
		if len(seconds) != 8 || len(random) != 24 {
			return model.TraceID{}, fmt.Errorf("trace ID %.50q: want 1-, 8 hex digits, a dash and 24 hex digits", s)
		}
		s = seconds + random
	}
	return model.ParseTraceID(s)
}

// FormatTraceID writes an ID as X-Ray does.
func FormatTraceID(id model.TraceID) string {
	s := id.String()
	return "1-" + s[:8] + "-" + s[8:]
}

func seconds(c *jsonrec.Cursor, key string) (int64, error) {
	text := string(c.Scalar())
	n, err := epoch.Nanos(text, time.Second)
	if err != nil {
		return 0, fmt.Errorf("%s: %.40q is no time in seconds", key, text)
	}
	return n, nil
}

func isTrue(c *jsonrec.Cursor) bool { return string(c.Scalar()) == "true" }

func (g *segment) put(key, value string) {
	if value != "" && key != "" {
		g.span.Attributes().PutStr(key, value)
	}
}

// readAttribute reads a scalar as an attribute; what is no scalar is left out.
func (g *segment) readAttribute(c *jsonrec.Cursor, key string) {
	a := g.span.Attributes()
	kind := c.Kind()
	if key == "" || kind == '{' || kind == '[' || kind == 'n' || a.Len() >= maxAttributes {
		c.Skip()
		return
	}
	value := c.Scalar()
	switch kind {
	case '"':
		a.PutStr(key, string(value))
	case 't', 'f':
		a.PutBool(key, kind == 't')
	default:
		n := jsonrec.NewCursor(value)
		if x, err := n.Int(); err == nil && !strings.ContainsAny(string(value), ".eE") {
			a.PutInt(key, x)
			return
		}
		a.PutStr(key, string(value))
	}
}

// readMetadata reads namespaces of values.
func (g *segment) readMetadata(c *jsonrec.Cursor) {
	for ok := c.Object(); ok; ok = c.Next() {
		prefix := string(c.Key()) + "."
		if prefix == "default." {
			prefix = ""
		}
		for ok := c.Object(); ok; ok = c.Next() {
			g.readAttribute(c, prefix+string(c.Key()))
		}
	}
}

func (g *segment) readLink(c *jsonrec.Cursor) {
	var trace model.TraceID
	var id model.SpanID
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "trace_id":
			trace, _ = ParseTraceID(string(c.Text())) // a segment is good without its links
		case "id":
			id, _ = model.ParseSpanID(string(c.Text()))
		default:
			c.Skip()
		}
	}
	if trace.IsZero() || id.IsZero() {
		return // it leads nowhere
	}
	l := g.span.Links().AppendEmpty()
	l.SetTraceID(pcommon.TraceID(trace))
	l.SetSpanID(pcommon.SpanID(id))
}
