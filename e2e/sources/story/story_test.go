package story

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// told is what a plan tells in its first minute.
func told(t *testing.T) []byte {
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var teller Teller
		if err := teller.Tell(ctx, Usual(), time.Now(), &out); err != nil {
			t.Fatal(err)
		}
		if teller.Late() != 0 {
			t.Errorf("%v late on a clock that waits", teller.Late())
		}
	})
	return out.Bytes()
}

func TestTheStoryIsTheSameEachTimeAndPaymentBecomesSlow(t *testing.T) {
	first := told(t)
	if !bytes.Equal(first, told(t)) {
		t.Fatal("told twice, it differs")
	}
	var begin int64
	traces := 0
	var before, after []time.Duration
	err := Read(bytes.NewReader(first), func(tr Trace) error {
		if begin == 0 {
			begin = tr.Spans[0].Start
		}
		traces++
		for i, s := range tr.Spans {
			if s.End < s.Start || s.Parent >= i || s.Parent >= 0 && (s.Start < tr.Spans[s.Parent].Start || s.End > tr.Spans[s.Parent].End) {
				t.Fatalf("span %d of %+v", i, tr)
			}
			if s.Service == Service && s.Name == Operation {
				if d := s.To().Sub(s.From()); time.Duration(s.Start-begin) < Usual().Quiet {
					before = append(before, d)
				} else {
					after = append(after, d)
				}
			}
		}
		return nil
	})
	if err != nil || traces < 1500 || traces > 2100 {
		t.Fatalf("%d traces in a minute: %v", traces, err)
	}
	if a, b := mean(before), mean(after); b-a < 40*time.Millisecond || a > 30*time.Millisecond {
		t.Errorf("Charge takes %v, and then %v", a, b)
	}
}

func mean(ds []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range ds {
		sum += d
	}
	return sum / time.Duration(max(len(ds), 1))
}
