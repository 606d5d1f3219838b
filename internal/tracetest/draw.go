package tracetest

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"culprit/model"
)

// Epoch is the instant that drawn starts count from, in nanoseconds since 1970:
// 2026-01-01T00:00:00Z.
const Epoch int64 = 1_767_225_600_000_000_000

// ID is the span ID of line n of a drawing, from 1; blank lines do not count.
func ID(n int) model.SpanID {
	var id model.SpanID
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

// Draw reads one trace from a drawing. Its trace ID is a hash of the text, so that
// different drawings are different traces.
func Draw(symbols *model.Symbols, text string) *model.Fragment {
	d := drawing{symbols: symbols, f: &model.Fragment{}}
	binary.BigEndian.PutUint64(d.f.Trace[8:], model.HashString(text)|1)
	for n, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if err := d.line(line); err != nil {
			panic(fmt.Sprintf("tracetest: line %d, %q: %v", n+1, strings.TrimSpace(line), err))
		}
	}
	return d.f
}

// Move shifts all spans of a trace in time.
func Move(f *model.Fragment, by time.Duration) *model.Fragment {
	for i := range f.Spans {
		f.Spans[i].Start += int64(by)
	}
	return f
}

type drawing struct {
	symbols *model.Symbols
	f       *model.Fragment
	open    []level // the line above and its ancestors
}

type level struct {
	indent int
	span   int   // index in f.Spans
	free   int64 // where the next child starts if it does not say
}

func (d *drawing) line(line string) error {
	words, err := split(line)
	if err != nil {
		return err
	}
	if len(words) < 2 {
		return fmt.Errorf("want a service and an operation")
	}
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	for len(d.open) > 0 && d.open[len(d.open)-1].indent >= indent {
		d.open = d.open[:len(d.open)-1]
	}
	s := model.Span{ID: ID(len(d.f.Spans) + 1), Start: Epoch}
	var above *level
	if len(d.open) > 0 {
		above = &d.open[len(d.open)-1]
		s.Parent, s.Start = d.f.Spans[above.span].ID, above.free
	}
	e := emitter{service: words[0]}
	s.Service = d.symbols.Service(e.service)
	s.Operation = d.symbols.Operation(s.Service, words[1])

	rest := words[2:]
	var times []time.Duration
	for len(rest) > 0 && len(times) < 2 {
		t, err := time.ParseDuration(rest[0])
		if err != nil {
			break
		}
		times, rest = append(times, t), rest[1:]
	}
	switch len(times) {
	case 0:
		s.Duration = int64(time.Millisecond)
	case 1:
		s.Duration = int64(times[0])
	case 2:
		s.Start, s.Duration = Epoch+int64(times[0]), int64(times[1])
	}
	if s.Duration < 0 {
		return fmt.Errorf("a duration is never negative")
	}
	var attrs [][2]string
	firstRef := len(d.f.Refs)
	for _, w := range rest {
		key, value, pair := strings.Cut(w, "=")
		known, err := d.mark(&s, &e, key, value)
		switch {
		case err != nil:
			return err
		case !known && !pair:
			return fmt.Errorf("unknown mark %q", w)
		case !known:
			attrs = append(attrs, [2]string{key, value})
		}
	}
	for i := firstRef; i < len(d.f.Refs); i++ {
		d.f.Refs[i].From = s.ID // id= may come after the reference
	}
	s.Resource = d.symbols.Resource(e.service, e.instance, e.version, e.host)
	slices.SortFunc(attrs, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	s.Attrs, s.NAttrs = uint32(len(d.f.Attrs)), uint8(len(attrs))
	for _, a := range attrs {
		key := d.symbols.Key(a[0])
		d.f.Attrs = append(d.f.Attrs, model.Attr{Key: key, Value: d.symbols.Value(key, a[1])})
	}
	if above != nil {
		above.free = s.End()
	}
	d.open = append(d.open, level{indent, len(d.f.Spans), s.Start})
	d.f.Spans = append(d.f.Spans, s)
	return nil
}

type emitter struct{ service, instance, version, host string }

var kinds = map[string]model.Kind{
	"internal": model.KindInternal, "server": model.KindServer, "client": model.KindClient,
	"producer": model.KindProducer, "consumer": model.KindConsumer,
}

// mark applies one word to the span, or reports that it is an attribute.
func (d *drawing) mark(s *model.Span, e *emitter, key, value string) (known bool, err error) {
	switch key {
	case "error":
		s.Status = model.StatusError
	case "ok":
		s.Status = model.StatusOK
	case "timeout":
		s.Flags |= model.Timeout
	case "streaming":
		s.Flags |= model.Streaming
	case "follows":
		s.Flags |= model.FollowsFrom
	case "kind":
		if s.Kind = kinds[value]; s.Kind == 0 {
			return true, fmt.Errorf("unknown kind %q", value)
		}
	case "instance":
		e.instance = value
	case "version":
		e.version = value
	case "host":
		e.host = value
	case "peer":
		s.Peer = d.symbols.Service(value)
	case "weight":
		w, err := strconv.ParseFloat(value, 32)
		if err != nil {
			return true, err
		}
		s.Weight = float32(w)
	case "id":
		s.ID, err = model.ParseSpanID(value)
	case "parent":
		s.Parent, err = model.ParseSpanID(value)
	case "childof":
		err = d.refer(model.RefChildOf, value)
	case "followsfrom":
		err = d.refer(model.RefFollowsFrom, value)
	case "link":
		err = d.refer(model.RefLink, value)
	default:
		return false, nil
	}
	return true, err
}

func (d *drawing) refer(kind model.RefKind, to string) error {
	id, err := model.ParseSpanID(to)
	d.f.Refs = append(d.f.Refs, model.Ref{Trace: d.f.Trace, To: id, Kind: kind})
	return err
}

// split cuts a line into words; "quoted words" may hold blanks.
func split(line string) ([]string, error) {
	var words []string
	for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimSpace(rest) {
		if rest[0] == '"' {
			q, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", rest, err)
			}
			word, err := strconv.Unquote(q)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", q, err)
			}
			words, rest = append(words, word), rest[len(q):]
			continue
		}
		end := strings.IndexAny(rest, " \t")
		if end < 0 {
			end = len(rest)
		}
		words, rest = append(words, rest[:end]), rest[end:]
	}
	return words, nil
}
