package datasets

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/source"
	"culprit/model"
)

// ArrivalsFile is the name of what `culprit record` writes.
const ArrivalsFile = "culprit.arrivals.jsonl"

// arrivalsVersion is the version of the format that is written, and the highest that is read.
const arrivalsVersion = 1

// ArrivalsHead is the first line of an arrivals file: what a replay has to know besides
// the spans.
type ArrivalsHead struct {
	Version int `json:"culprit_arrivals"`
	// TraceURL leads to a trace in the page of the system that was recorded.
	TraceURL string `json:"trace_url,omitempty"`
}

// arrival is any other line. It has one of Traces, Warnings and Watermark.
type arrival struct {
	Source    string          `json:"source,omitempty"`
	Traces    json.RawMessage `json:"traces,omitempty"` // OTLP ExportTraceServiceRequest
	Warnings  []model.Warning `json:"warnings,omitempty"`
	Watermark *time.Time      `json:"watermark,omitempty"` // everything that begins before has come
}

// ArrivalsWriter writes what comes from the sources in the order in which it comes. It
// is not safe for concurrent use.
type ArrivalsWriter struct {
	out *bufio.Writer
}

// NewArrivalsWriter begins a recording with its head.
func NewArrivalsWriter(w io.Writer, head ArrivalsHead) (*ArrivalsWriter, error) {
	a := &ArrivalsWriter{bufio.NewWriterSize(w, 1<<20)}
	head.Version = arrivalsVersion
	return a, a.line(head)
}

// AppendArrivals goes on with a recording that has a head already.
func AppendArrivals(w io.Writer) *ArrivalsWriter {
	return &ArrivalsWriter{bufio.NewWriterSize(w, 1<<20)}
}

// Batch writes the traces and warnings of a batch, but not its watermark: what several
// sources have read together is for the service to say.
func (a *ArrivalsWriter) Batch(b source.Batch) error {
	for _, td := range b.Traces {
		raw, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
		if err != nil {
			return fmt.Errorf("recording traces of %s: %w", b.Source, err)
		}
		if err := a.line(arrival{Source: b.Source, Traces: raw}); err != nil {
			return err
		}
	}
	if len(b.Warnings) == 0 {
		return nil
	}
	return a.line(arrival{Source: b.Source, Warnings: b.Warnings})
}

// Watermark writes how far everything has been read, and everything before it to the file.
func (a *ArrivalsWriter) Watermark(t time.Time) error {
	t = t.UTC()
	if err := a.line(arrival{Watermark: &t}); err != nil {
		return err
	}
	return a.Flush()
}

// Flush writes to the file what is still in memory.
func (a *ArrivalsWriter) Flush() error {
	if err := a.out.Flush(); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	return nil
}

func (a *ArrivalsWriter) line(v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = a.out.Write(append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	return nil
}

// IsArrivals reports whether a file that begins like this is an arrivals file.
func IsArrivals(begin []byte) bool {
	return bytes.HasPrefix(begin, []byte(`{"culprit_arrivals":`))
}

// maxLine bounds a line: Jaeger's largest answer as JSON.
const maxLine = 512 << 20

// ReadArrivals reads an arrivals file called name. Lines that cannot be read become
// warnings of the batch that follows; with strict they are errors. A last line that
// was cut off, as by a power failure, is such a line.
func ReadArrivals(ctx context.Context, r io.Reader, name string, strict bool, head func(ArrivalsHead), take func(source.Batch) error) error {
	in := bufio.NewReaderSize(r, 1<<20)
	var bad []model.Warning
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			var b source.Batch
			switch b, err = parseArrival(line, n == 1, head); {
			case err == nil && b.Source == "" && b.Watermark.IsZero():
				continue
			case err == nil:
				b.Warnings = append(bad, b.Warnings...)
				bad = nil
				if err := take(b); err != nil {
					return err
				}
				continue
			}
		} else if !errors.Is(err, errLine) {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if strict || n == 1 {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		bad = append(bad, model.Warning{Kind: "bad-record", Place: fmt.Sprintf("%s:%d", name, n), Count: 1, Message: "line left out: " + err.Error()})
	}
	if len(bad) > 0 {
		return take(source.Batch{Source: name, Warnings: bad})
	}
	return nil
}

// errLine says that one line is bad; the next one may be good.
var errLine = errors.New("line is too long")

// readLine reads a line without its end. io.EOF means that there is none.
func readLine(in *bufio.Reader) ([]byte, error) {
	var long []byte
	for {
		part, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if len(long) <= maxLine {
				long = append(long, part...)
			}
			continue
		case errors.Is(err, io.EOF) && len(long)+len(part) == 0:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		}
		if len(long) > maxLine {
			return nil, errLine
		}
		if long != nil {
			part = append(long, part...)
		}
		return bytes.TrimRight(part, "\r\n"), nil
	}
}

// parseArrival reads one line. The head gives an empty batch.
func parseArrival(line []byte, first bool, head func(ArrivalsHead)) (source.Batch, error) {
	if IsArrivals(line) {
		var h ArrivalsHead
		if err := json.Unmarshal(line, &h); err != nil {
			return source.Batch{}, err
		}
		if h.Version < 1 || h.Version > arrivalsVersion {
			return source.Batch{}, fmt.Errorf("arrivals of version %d: this culprit reads up to %d", h.Version, arrivalsVersion)
		}
		head(h)
		return source.Batch{}, nil
	}
	if first {
		return source.Batch{}, errors.New("not an arrivals file: the head is missing")
	}
	var a arrival
	if err := json.Unmarshal(line, &a); err != nil {
		return source.Batch{}, err
	}
	b := source.Batch{Source: a.Source, Warnings: a.Warnings}
	switch {
	case a.Watermark != nil:
		b.Watermark = *a.Watermark
	case a.Traces != nil:
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(a.Traces)
		if err != nil {
			return source.Batch{}, err
		}
		b.Traces = []ptrace.Traces{td}
		if b.Source == "" {
			b.Source = "unknown"
		}
	case len(a.Warnings) == 0:
		return source.Batch{}, errors.New("neither traces nor warnings nor a watermark")
	}
	return b, nil
}
