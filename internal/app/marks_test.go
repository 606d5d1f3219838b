package app

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"culprit/internal/source"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestOneSourceWaitsForNobody(t *testing.T) {
	m := newMarks(time.Minute, []string{"a"})
	if got := m.set("a", noon); !got.Equal(noon) {
		t.Errorf("merged %v", got)
	}
	if got := m.set("a", noon.Add(-time.Hour)); !got.Equal(noon) {
		t.Errorf("the watermark went back to %v", got)
	}
}

func TestTheSlowestSourceDecides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarks(time.Minute, []string{"a", "b"})
		if got := m.set("a", noon); !got.IsZero() {
			t.Fatalf("merged %v before b has said anything", got)
		}
		go func() {
			time.Sleep(30 * time.Second)
			m.set("b", noon.Add(time.Second))
		}()
		begin := time.Now()
		got, left, err := m.wait(t.Context(), noon)
		if err != nil || left != nil || !got.Equal(noon) || time.Since(begin) != 30*time.Second {
			t.Errorf("merged %v, left %v, %v after %v", got, left, err, time.Since(begin))
		}
	})
}

func TestAStuckSourceIsLeftBehindUntilItCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarks(time.Minute, []string{"a", "b"})
		m.set("b", noon.Add(-time.Hour))
		m.set("a", noon)
		got, left, err := m.wait(t.Context(), noon)
		if err != nil || len(left) != 1 || left[0] != "b" || !got.Equal(noon) {
			t.Fatalf("merged %v, left %v, %v", got, left, err)
		}
		if got := m.set("b", noon.Add(-time.Minute)); !got.Equal(noon) {
			t.Errorf("b is still behind, but merged is %v", got)
		}
		m.set("b", noon)
		if got := m.set("a", noon.Add(time.Minute)); !got.Equal(noon) {
			t.Errorf("b has caught up and counts again, but merged is %v", got)
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	m := newMarks(time.Hour, []string{"a", "b"})
	m.set("a", noon)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := m.wait(ctx, noon); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func pushed(m *marks, source string, w time.Time) time.Time {
	merged, err := m.reach(context.Background(), batchOf(source, w), slog.New(slog.DiscardHandler))
	if err != nil {
		panic(err)
	}
	return merged
}

func batchOf(name string, w time.Time) source.Batch {
	return source.Batch{Source: name, Watermark: w, Pushed: true}
}

func TestWhatIsPushedDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMarks(time.Minute, []string{"asked", "pushed"})
		begin := time.Now()
		if got := pushed(m, "pushed", noon); !got.IsZero() {
			t.Errorf("merged %v before the other has said anything", got)
		}
		m.set("asked", noon.Add(-30*time.Second))
		if got := pushed(m, "pushed", noon); !got.Equal(noon.Add(-30 * time.Second)) {
			t.Errorf("merged %v", got)
		}
		if !time.Now().Equal(begin) {
			t.Errorf("waited for %v", time.Since(begin))
		}
	})
}

func TestWhoIsBehindWhatIsPushedIsLeftUnlessItCatchesUp(t *testing.T) {
	for _, c := range []struct {
		rule string
		pace time.Duration // of event time in ten seconds
		left bool
	}{
		{"stands still", 0, true},
		{"is slower than the clock", 5 * time.Second, true},
		{"keeps its distance", 10 * time.Second, false},
		{"catches up after a start", 40 * time.Second, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := newMarks(time.Minute, []string{"asked", "pushed"})
			asked, now := noon.Add(-15*time.Minute), noon
			if c.rule == "keeps its distance" {
				asked = noon.Add(-40 * time.Second)
			}
			for range 12 { // two minutes
				m.set("asked", asked)
				pushed(m, "pushed", now)
				time.Sleep(10 * time.Second)
				now, asked = now.Add(10*time.Second), asked.Add(c.pace)
			}
			if m.left["asked"] != c.left {
				t.Errorf("who %s: left behind is %v, want %v", c.rule, m.left["asked"], c.left)
			}
		})
	}
}
