package app

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
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
