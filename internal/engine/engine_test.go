package engine

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"culprit/model"
)

// stretch draws windows of traffic in which one service is slow from window bad on,
// for five windows.
func stretch(t *traffic, windows, bad int) []*model.Fragment {
	const window = int64(30 * time.Second)
	var out []*model.Fragment
	for w := range windows {
		for k := range 60 {
			f := t.trace(1_700_000_010e9 + int64(w)*window + int64(k)*window/60)
			if w >= bad && w < bad+5 {
				slow(f, t.svc[5])
			}
			out = append(out, f)
		}
	}
	return out
}

// slow doubles the own time of a service, and its callers wait.
func slow(f *model.Fragment, svc model.Sym) {
	for i := range f.Spans {
		if s := &f.Spans[i]; s.Service == svc && s.Kind == model.KindServer {
			extra := s.Duration
			end := s.End()
			s.Duration += extra
			f.Spans[i-1].Duration += extra
			f.Spans[0].Duration += extra
			for j := range f.Spans { // what comes after it comes later
				if f.Spans[j].Start >= end {
					f.Spans[j].Start += extra
				}
			}
		}
	}
}

// play runs fragments through an engine of so many shards and returns the incidents
// as JSON lines. Between windows it calls pause, which may replace the engine.
func play(t *testing.T, cfg Config, tr *traffic, frags []*model.Fragment, pause func(*Engine) *Engine) []byte {
	t.Helper()
	e := New(cfg, tr.table)
	var out bytes.Buffer
	write := func(ins []model.Incident) {
		for _, in := range ins {
			if err := json.NewEncoder(&out).Encode(in); err != nil {
				t.Fatal(err)
			}
		}
	}
	at := 0
	for end := time.Unix(1_700_000_040, 0); at < len(frags); end = end.Add(30 * time.Second) {
		for at < len(frags) && frags[at].Spans[0].Start < end.UnixNano() {
			f := frags[at]
			e.Shard(int(f.Trace.Hash() % uint64(cfg.Shards))).Add(&model.Fragment{Trace: f.Trace, Spans: slices.Clone(f.Spans)})
			at++
		}
		for i := range cfg.Shards {
			e.Shard(i).Close(end)
		}
		write(e.Advance(end))
		if pause != nil {
			e = pause(e)
		}
	}
	write(e.Finish())
	return out.Bytes()
}

// One shard and eight give the same bytes.
func TestShardsChangeNothing(t *testing.T) {
	tr := newTraffic(3)
	frags := stretch(tr, 30, 20)
	want := play(t, Config{Shards: 1}, tr, frags, nil)
	if !bytes.Contains(want, []byte(`"title":"service-5`)) {
		t.Fatalf("the slow service is not in the incidents:\n%s", want)
	}
	for _, shards := range []int{2, 8} {
		if got := play(t, Config{Shards: shards}, tr, frags, nil); !bytes.Equal(got, want) {
			t.Errorf("%d shards give\n%s\nwant\n%s", shards, got, want)
		}
	}
}

// A restart from a snapshot after any window changes no incident.
func TestRestartChangesNothing(t *testing.T) {
	tr := newTraffic(3)
	frags := stretch(tr, 30, 20)
	cfg := Config{Shards: 2}
	want := play(t, cfg, tr, frags, nil)
	window := 0
	got := play(t, cfg, tr, frags, func(e *Engine) *Engine {
		if window++; window%4 != 0 {
			return e
		}
		data, err := e.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		next := New(cfg, tr.table)
		if err := next.Restore(data); err != nil {
			t.Fatal(err)
		}
		again, err := next.Snapshot()
		if err != nil || !bytes.Equal(data, again) {
			t.Errorf("window %d: a restored engine does not save the same bytes (error %v)", window, err)
		}
		return next
	})
	var a, b []model.Incident
	for _, x := range []struct {
		in  []byte
		out *[]model.Incident
	}{{want, &a}, {got, &b}} {
		for _, l := range bytes.Split(bytes.TrimSpace(x.in), []byte("\n")) {
			var in model.Incident
			if err := json.Unmarshal(l, &in); err != nil {
				t.Fatal(err)
			}
			*x.out = append(*x.out, in)
		}
	}
	if len(a) != len(b) {
		t.Fatalf("%d revisions, want %d:\n%s", len(b), len(a), got)
	}
	for i := range a {
		if a[i].ID != b[i].ID || a[i].Revision != b[i].Revision || a[i].Event != b[i].Event || a[i].Title != b[i].Title {
			t.Errorf("revision %d: %s %d %s %q, want %s %d %s %q", i, b[i].ID, b[i].Revision, b[i].Event, b[i].Title, a[i].ID, a[i].Revision, a[i].Event, a[i].Title)
		}
	}
}

func TestRestoreRefusesWhatItCannotRead(t *testing.T) {
	e := New(Config{}, model.NewSymbols())
	for _, data := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte{0xff}, 100)} {
		if err := e.Restore(data); err == nil {
			t.Errorf("%q was restored", data)
		}
	}
}

// Spans of a trace that was judged are late; they do not make a second trace.
func TestLateSpansAreCounted(t *testing.T) {
	tr := newTraffic(3)
	e := New(Config{}, tr.table)
	f := tr.trace(1_700_000_010e9)
	late := &model.Fragment{Trace: f.Trace, Spans: slices.Clone(f.Spans[:3])}
	e.Shard(0).Add(f)
	end := time.Unix(1_700_000_040, 0)
	e.Shard(0).Close(end)
	e.Advance(end)
	e.Shard(0).Add(late)
	if st := e.Count(); st.Late != 3 || st.Pending != 0 || st.Seen != 13 {
		t.Errorf("late %d, pending %d, seen %d; want 3, 0, 13", st.Late, st.Pending, st.Seen)
	}
}

// Beyond the bound spans are dropped and counted; what was there stays.
func TestMemoryIsBounded(t *testing.T) {
	tr := newTraffic(3)
	e := New(Config{MaxSpans: 25}, tr.table)
	for range 10 {
		e.Shard(0).Add(tr.trace(1_700_000_010e9))
	}
	if st := e.Count(); st.Dropped != 80 || st.Pending != 20 {
		t.Errorf("dropped %d, pending %d; want 80, 20", st.Dropped, st.Pending)
	}
}
