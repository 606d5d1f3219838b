package jaeger

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	format "culprit/internal/format/jaeger"
	"culprit/internal/source"
)

// httpJSON speaks the API of Jaeger's own pages, whose search went away after
// v2.20.0: Jaeger's JSON, times in microseconds.
type httpJSON struct{ *web }

func (c *httpJSON) services(ctx context.Context) ([]string, error) {
	body, err := c.web.get(ctx, "/api/services", nil, &room{max: min(c.cfg.MaxResponseBytes, smallAnswer)})
	if err != nil {
		return nil, err
	}
	if body == nil {
		return nil, fmt.Errorf("%w (HTTP 404)", errNotServed)
	}
	var answer struct {
		Data []string `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("reading the list of services: %w", err)
	}
	return answer.Data, nil
}

func (c *httpJSON) find(ctx context.Context, q query, room *room) ([]ptrace.Traces, error) {
	return c.traces(ctx, "/api/traces", url.Values{
		"service": {q.service},
		"start":   {micros(q.window.From)},
		"end":     {micros(q.last())},
		"limit":   {strconv.Itoa(q.depth)},
		"raw":     {"true"},
	}, room)
}

func (c *httpJSON) get(ctx context.Context, id pcommon.TraceID, w source.Window, room *room) ([]ptrace.Traces, error) {
	return c.traces(ctx, "/api/traces/"+id.String(), url.Values{
		"start": {micros(w.From)},
		"end":   {micros(w.To)},
		"raw":   {"true"},
	}, room)
}

func (c *httpJSON) traces(ctx context.Context, path string, params url.Values, room *room) ([]ptrace.Traces, error) {
	body, err := c.web.get(ctx, path, params, room)
	if err != nil || body == nil {
		return nil, err
	}
	var out []ptrace.Traces
	err = format.Decode(bytes.NewReader(body),
		func(td ptrace.Traces) error { out = append(out, td); return nil },
		func(_ int, err error) { room.spoil(err) })
	if err != nil {
		return nil, fmt.Errorf("decoding traces: %w", err)
	}
	return out, nil
}
