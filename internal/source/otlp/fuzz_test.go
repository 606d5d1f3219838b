package otlp

import (
	"errors"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/spans"
	"culprit/internal/source/receive"
	"culprit/model"
)

// Whatever is sent is taken in part, or refused, and what is taken can be converted.
func FuzzMessage(f *testing.F) {
	for _, names := range [][]string{{}, {"good"}, {"good", "no id", "no time", "tomorrow"}} {
		pb, err := one(names...).MarshalProto()
		if err != nil {
			f.Fatal(err)
		}
		js, err := one(names...).MarshalJSON()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(pb, false)
		f.Add(js, true)
	}
	f.Add([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","startTimeUnixNano":"18446744073709551615","kind":99,"attributes":[{"key":"a","value":{"arrayValue":{"values":[{}]}}}]}]}]}]}`), true)
	inbox, err := receive.New("fuzz", "fuzz", receive.DefaultConfig())
	if err != nil {
		f.Fatal(err)
	}
	converter := spans.New(model.NewSymbols(), spans.DefaultConfig())
	f.Fuzz(func(t *testing.T, raw []byte, js bool) {
		decode := fromProto
		if js {
			decode = fromJSON
		}
		var seen ptrace.Traces
		var came int
		_, err := inbox.Take(t.Context(), func() ([]byte, error) { return raw, nil }, func(raw []byte) (ptrace.Traces, error) {
			var err error
			if seen, err = decode(raw); err == nil {
				came = seen.SpanCount()
			}
			return seen, err
		})
		var bad *receive.Bad
		var full *receive.Full
		switch {
		case errors.As(err, &full):
			t.Skip("nobody empties the queue")
		case err != nil && !errors.As(err, &bad):
			t.Fatal(err)
		case err != nil:
			return
		}
		if seen.SpanCount() > came {
			t.Fatalf("%d spans of %d", seen.SpanCount(), came)
		}
		converter.Convert(seen, func(*model.Fragment) {})
	})
}
