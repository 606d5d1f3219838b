package jaeger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"culprit/internal/source"
	"culprit/model"
)

// sink keeps what a source delivers, as a service would: each span once.
type sink struct {
	mu         sync.Mutex
	spans      map[string]string // trace/span -> what it says
	deliveries map[pcommon.TraceID]int
	watermark  time.Time
	watermarks []time.Time
	warnings   []model.Warning
	largest    int // spans of the largest batch
	busy       bool
	refuse     func(source.Batch) error
	// reached is closed when the watermark reaches until.
	until   time.Time
	reached chan struct{}
}

func newSink(until time.Time) *sink {
	return &sink{spans: map[string]string{}, deliveries: map[pcommon.TraceID]int{}, until: until, reached: make(chan struct{})}
}

func (k *sink) deliver(_ context.Context, b source.Batch) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.refuse != nil {
		if err := k.refuse(b); err != nil {
			return err
		}
	}
	n := 0
	for _, td := range b.Traces {
		n += td.SpanCount()
		id, _ := traceOf(td)
		k.deliveries[id]++
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					tenant, ok := s.Attributes().Get("tenant")
					if !ok {
						tenant = pcommon.NewValueEmpty()
					}
					k.spans[s.TraceID().String()+"/"+s.SpanID().String()] = fmt.Sprint(
						source.ServiceOf(rs), " ", s.Name(), " ", s.Kind(), " ", s.StartTimestamp(), "+",
						s.EndTimestamp()-s.StartTimestamp(), " ", s.Status().Code(), " ", s.Status().Message(),
						" <", s.ParentSpanID(), " ", tenant.AsString())
				}
			}
		}
	}
	k.largest = max(k.largest, n)
	k.warnings = append(k.warnings, b.Warnings...)
	if !b.Watermark.IsZero() {
		if !b.Watermark.After(k.watermark) {
			return errors.New("the watermark went back")
		}
		k.watermark = b.Watermark
		k.watermarks = append(k.watermarks, b.Watermark)
		if !k.watermark.Before(k.until) && !k.busy {
			k.busy = true
			close(k.reached)
		}
	}
	return nil
}

// lines are all spans, sorted.
func (k *sink) lines() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []string
	for id, s := range k.spans {
		out = append(out, id+" "+s)
	}
	slices.Sort(out)
	return out
}

// traces are the numbers of the traces that came, as draw gave them.
func (k *sink) has(n int) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	prefix, spans := traceID(n).String()+"/", 0
	for id := range k.spans {
		if strings.HasPrefix(id, prefix) {
			spans++
		}
	}
	return spans
}

// warned counts the warnings of a kind.
func (k *sink) warned(kind string) (n int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, w := range k.warnings {
		if w.Kind == kind {
			n += w.Count
		}
	}
	return n
}

// eventually waits for something that another goroutine brings about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 15 s", what)
		}
	}
}
