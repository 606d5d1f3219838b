package story

import (
	"bytes"
	"testing"
	"time"
)

func TestWithoutFaultNothingBecomesSlow(t *testing.T) {
	changed := 0
	err := Read(bytes.NewReader(told(t)), func(tr Trace) error {
		healthy := tr.WithoutFault()
		for i, s := range healthy.Spans {
			if s.End < s.Start || s.Parent >= 0 && (s.Start < healthy.Spans[s.Parent].Start || s.End > healthy.Spans[s.Parent].End) {
				t.Fatalf("span %d of %+v", i, healthy)
			}
			if s.Service != Service || s.Name != Operation {
				continue
			}
			if d := s.To().Sub(s.From()); d > 60*time.Millisecond {
				t.Errorf("Charge takes %v", d)
			}
			if s.End != tr.Spans[i].End {
				changed++
			}
		}
		return nil
	})
	if err != nil || changed < 100 {
		t.Errorf("%d traces were healed: %v", changed, err)
	}
}
