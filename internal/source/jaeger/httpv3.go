package jaeger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"culprit/internal/source"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// httpV3 speaks /api/v3: OTLP JSON in an envelope {"result": ...}, one or several in a row.
type httpV3 struct{ *web }

func (c *httpV3) services(ctx context.Context) ([]string, error) {
	body, err := c.web.get(ctx, "/api/v3/services", nil, &room{max: min(c.cfg.MaxResponseBytes, smallAnswer)})
	if err != nil {
		return nil, err
	}
	if body == nil {
		return nil, fmt.Errorf("%w (HTTP 404)", errNotServed)
	}
	var answer struct {
		Services []string `json:"services"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("reading the list of services: %w", err)
	}
	return answer.Services, nil
}

func (c *httpV3) find(ctx context.Context, q query, room *room) ([]ptrace.Traces, error) {
	return c.traces(ctx, "/api/v3/traces", url.Values{
		"query.service_name":   {q.service},
		"query.start_time_min": {q.window.From.UTC().Format(time.RFC3339Nano)},
		"query.start_time_max": {q.last().UTC().Format(time.RFC3339Nano)},
		"query.num_traces":     {strconv.Itoa(q.depth)},
		"query.search_depth":   {strconv.Itoa(q.depth)}, // its newer name, the only one that VictoriaTraces knows
		"query.raw_traces":     {"true"},
	}, room)
}

func (c *httpV3) get(ctx context.Context, id pcommon.TraceID, w source.Window, room *room) ([]ptrace.Traces, error) {
	return c.traces(ctx, "/api/v3/traces/"+id.String(), url.Values{
		"start_time": {w.From.UTC().Format(time.RFC3339Nano)},
		"end_time":   {w.To.UTC().Format(time.RFC3339Nano)},
		"raw_traces": {"true"},
	}, room)
}

func (c *httpV3) traces(ctx context.Context, path string, params url.Values, room *room) ([]ptrace.Traces, error) {
	body, err := c.web.get(ctx, path, params, room)
	if err != nil || body == nil {
		return nil, err
	}
	return decodeResults(body)
}

// decodeResults reads the envelopes to the end of the body.
func decodeResults(body []byte) ([]ptrace.Traces, error) {
	var out []ptrace.Traces
	var decoder ptrace.JSONUnmarshaler
	for d := json.NewDecoder(bytes.NewReader(body)); ; {
		var envelope struct {
			Result json.RawMessage `json:"result"`
			Error  *struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		err := d.Decode(&envelope)
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("decoding traces: the answer is cut or no JSON after %d bytes: %w", d.InputOffset(), err)
		case envelope.Error != nil:
			return nil, fmt.Errorf("the server broke off: %s", envelope.Error.Message)
		case envelope.Result == nil:
			return nil, errors.New(`decoding traces: the answer has no "result"`)
		}
		if bytes.Contains(envelope.Result, []byte(`"instrumentationLibrarySpans"`)) {
			return nil, errDialect
		}
		td, err := decoder.UnmarshalTraces(envelope.Result)
		if err != nil {
			return nil, fmt.Errorf("decoding traces: %w", err)
		}
		out = append(out, td)
	}
}
