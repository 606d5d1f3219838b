package bus

import (
	"context"
	"errors"
	"testing"
	"time"

	"culprit/model"
)

// A note is kept once however often it is sent, and read back in order, changes first.
func TestNotesAreKeptOnce(t *testing.T) {
	b := open(t, local(t))
	feedback := model.Note{ID: "f1", Kind: model.NoteFeedback, Incident: "i", At: noon, Feedback: &model.Feedback{Verdict: model.VerdictRight}}
	change := model.Note{ID: "c.1 >*", Kind: model.NoteChange, Change: &model.Change{Service: "a", At: noon}}
	var place uint64
	for i := range 3 {
		seq, fresh, err := b.AppendNote(t.Context(), feedback)
		if err != nil || fresh != (i == 0) || place != 0 && seq != place {
			t.Fatalf("try %d: sequence %d, fresh %v, %v", i+1, seq, fresh, err)
		}
		place = seq
	}
	if _, fresh, err := b.AppendNote(t.Context(), change); err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	var got []string
	if err := b.LoadNotes(t.Context(), func(_ uint64, n model.Note) error { got = append(got, n.ID); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0] != "c.1 >*" || got[1] != "f1" {
		t.Errorf("read %q, want the change and the feedback", got)
	}
	if n := len(logged(t, b)); n != 0 {
		t.Errorf("the incident log holds %d messages, want none", n)
	}
}

// A durable reader goes on where it was, sees again what it could not take, and is
// forgotten when nobody wants it any more.
func TestDurableReader(t *testing.T) {
	b := open(t, local(t))
	for r := 1; r <= 4; r++ {
		if err := b.Append(t.Context(), revision("i", r)); err != nil {
			t.Fatal(err)
		}
	}
	stop := errors.New("stop")
	read := func(until int) (got []int) {
		t.Helper()
		d, err := b.Durable(t.Context(), "pager", 1)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err = d.Run(ctx, func(_ context.Context, seq uint64, in model.Incident) error {
			if uint64(in.Revision) != seq {
				t.Errorf("revision %d at sequence %d", in.Revision, seq)
			}
			got = append(got, in.Revision)
			if in.Revision == until {
				return stop
			}
			return nil
		})
		if !errors.Is(err, stop) {
			t.Fatalf("reading until %d: %v after %v", until, err, got)
		}
		return got
	}
	if got := read(3); len(got) != 2 || got[0] != 2 {
		t.Errorf("read %v, want 2 and 3: a new reader begins behind 1", got)
	}
	if got := read(4); len(got) != 2 || got[0] != 3 {
		t.Errorf("read %v, want 3 again, which was not taken, and 4", got)
	}
	if d, err := b.Durable(t.Context(), "pager", 0); err != nil || d.Place() != 3 {
		t.Errorf("place %d, %v; want 3", d.Place(), err)
	}
	if in, err := b.Revision(t.Context(), 2); err != nil || in.Revision != 2 {
		t.Errorf("revision %d, %v", in.Revision, err)
	}
	if err := b.Keep(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if d, err := b.Durable(t.Context(), "pager", 4); err != nil || d.Place() != 4 {
		t.Errorf("a reader that was forgotten begins at %d, %v; want 4", d.Place(), err)
	}
}

// Letters are listed oldest first, replaced by ID, and dropped.
func TestLetters(t *testing.T) {
	b := open(t, local(t))
	for i, id := range []string{"b-1", "a-2", "b-1"} {
		if err := b.PutLetter(t.Context(), model.DeadLetter{ID: id, Tries: i, At: noon.Add(-time.Duration(i) * time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := b.Letters(t.Context())
	if err != nil || len(got) != 2 || got[0].ID != "b-1" || got[0].Tries != 2 {
		t.Errorf("letters %+v, %v", got, err)
	}
	for range 2 {
		if err := b.DropLetter(t.Context(), "b-1"); err != nil {
			t.Fatal(err)
		}
	}
	if got, err = b.Letters(t.Context()); err != nil || len(got) != 1 {
		t.Errorf("letters %+v, %v; want one", got, err)
	}
}
