package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"culprit/model"
)

func TestAppendDecides(t *testing.T) {
	resolved := revision("a", 3)
	resolved.Event, resolved.State = model.EventResolved, model.StateResolved
	resolved.Suspects[0].Service = "frontend" // another subject, the same incident
	differs := revision("a", 2)
	differs.Title = "told otherwise by a second fetch"

	for _, c := range []struct {
		name string
		log  []model.Incident
		in   model.Incident
		gap  *GapError
		want []string
	}{
		{"the first revision of a new incident is appended", nil, revision("a", 1), nil, []string{"a:1"}},
		{"incidents do not disturb each other", []model.Incident{revision("b", 1)}, revision("a", 1), nil, []string{"b:1", "a:1"}},
		{"a revision on another subject follows its predecessor", []model.Incident{revision("a", 1), revision("a", 2)}, resolved, nil, []string{"a:1", "a:2", "a:3"}},
		{"what the log has is success", []model.Incident{revision("a", 1)}, revision("a", 1), nil, []string{"a:1"}},
		{"an older revision that the log has is success", []model.Incident{revision("a", 1), revision("a", 2)}, revision("a", 1), nil, []string{"a:1", "a:2"}},
		{"the log wins over other content", []model.Incident{revision("a", 1), revision("a", 2)}, differs, nil, []string{"a:1", "a:2"}},
		{"a gap is refused", []model.Incident{revision("a", 1)}, revision("a", 3), &GapError{"a", 3, 1}, []string{"a:1"}},
		{"an incident does not begin in the middle", []model.Incident{revision("b", 1)}, revision("a", 2), &GapError{"a", 2, 0}, []string{"b:1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := open(t, local(t))
			appendAll(t, b, c.log...)
			err := b.Append(t.Context(), c.in)
			if c.gap == nil && err != nil {
				t.Fatal(err)
			}
			if c.gap != nil {
				var gap *GapError
				if !errors.As(err, &gap) || *gap != *c.gap {
					t.Fatalf("error %v, want %v", err, c.gap)
				}
			}
			if diff := cmp.Diff(c.want, logged(t, b)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAppendRefusesWhatIsNoIncident(t *testing.T) {
	b := open(t, local(t))
	for want, in := range map[string]model.Incident{
		"without an ID":            {Revision: 1, Event: model.EventOpened},
		"ID of 600 bytes":          {ID: strings.Repeat("x", 600), Revision: 1, Event: model.EventOpened},
		"revision 0":               {ID: "a", Event: model.EventOpened},
		`unknown event "exploded"`: {ID: "a", Revision: 1, Event: "exploded"},
	} {
		if err := b.Append(t.Context(), in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// The server's memory of message IDs is short. The log must not depend on it.
func TestDuplicatesAreRefusedWhenTheServerHasForgotten(t *testing.T) {
	b := open(t, local(t))
	remembers(t, b, 100*time.Millisecond)
	appendAll(t, b, revision("a", 1), revision("a", 2))
	time.Sleep(300 * time.Millisecond)
	// The writer's own look would hide what is tested: publish as one that did not look.
	w := writerOf(t, b, revision("a", 2))
	if _, err := w.publish(t.Context(), 1); !hasCode(err, codeWrongSequence) {
		t.Errorf("a second a:2 was answered with %v", err)
	}
	appendAll(t, b, revision("a", 1), revision("a", 2), revision("a", 3))
	if diff := cmp.Diff([]string{"a:1", "a:2", "a:3"}, logged(t, b)); diff != "" {
		t.Error(diff)
	}
}

func writerOf(t *testing.T, b *Bus, in model.Incident) *writer {
	msg, err := b.encode(in)
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{bus: b, in: in, msg: msg}
	_, w.all = b.names.subjectsOf(&in)
	return w
}

// A rival is who appends while our own revision is on its way: after our look at
// the log and before our message.
func TestRivalIsFound(t *testing.T) {
	b := open(t, local(t))
	appendAll(t, b, revision("a", 1))
	w := writerOf(t, b, revision("a", 2))
	w.missing = true // the look: a:1 was the last
	appendAll(t, b, revision("a", 2))
	if err := w.try(t.Context()); err != nil {
		t.Errorf("the same revision by another hand is success, got %v", err)
	}
	appendAll(t, b, revision("a", 3))
	err := w.try(t.Context())
	var rival *RivalError
	if !errors.As(err, &rival) || *rival != (RivalError{"a", 2, 3}) {
		t.Errorf("error %v, want a rival's revision 3", err)
	}
	if !strings.Contains(err.Error(), "only one culprit may write") {
		t.Errorf("error %q does not say what to do", err)
	}
}

// Two writers who both believe that they lead cannot both append a revision.
func TestTwoWritersNeverDouble(t *testing.T) {
	cfg := local(t)
	one := open(t, cfg)
	ext := cfg
	ext.URL = one.Address()
	two := open(t, ext)
	const n = 40
	var wg sync.WaitGroup
	for _, b := range []*Bus{one, two} {
		wg.Go(func() {
			for i := 1; i <= n; i++ {
				var rival *RivalError
				if err := b.Append(t.Context(), revision("a", i)); err != nil && !errors.As(err, &rival) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	want := []string{}
	for i := 1; i <= n; i++ {
		want = append(want, fmt.Sprintf("a:%d", i))
	}
	if diff := cmp.Diff(want, logged(t, one)); diff != "" {
		t.Error(diff)
	}
}

func TestHealAppendsWhatTheLogLost(t *testing.T) {
	b := open(t, local(t))
	remembers(t, b, 100*time.Millisecond)
	appendAll(t, b, revision("a", 1), revision("a", 2), revision("b", 1), revision("c", 1))
	// The broker loses a:2 and all of b.
	for _, seq := range []uint64{2, 3} {
		if err := b.stream.DeleteMsg(t.Context(), seq); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(300 * time.Millisecond)
	healed, err := b.Heal(t.Context(), []model.Incident{revision("c", 1), revision("b", 1), revision("a", 2)})
	if err != nil || healed != 2 {
		t.Errorf("healed %d: %v", healed, err)
	}
	if diff := cmp.Diff([]string{"a:1", "c:1", "a:2", "b:1"}, logged(t, b)); diff != "" {
		t.Error(diff)
	}
	if healed, err := b.Heal(t.Context(), []model.Incident{revision("a", 2), revision("b", 1)}); err != nil || healed != 0 {
		t.Errorf("a whole log was healed of %d: %v", healed, err)
	}
	// The newest revision of an incident stands for those before it.
	if healed, err := b.Heal(t.Context(), []model.Incident{revision("d", 5)}); err != nil || healed != 1 {
		t.Errorf("healed %d: %v", healed, err)
	}
	appendAll(t, b, revision("d", 6))
}

// remembers sets for how long the server knows a message ID. The log must be empty:
// the server may go on with its old timer for IDs that it knows already.
func remembers(t *testing.T, b *Bus, d time.Duration) {
	cfg := b.stream.CachedInfo().Config
	cfg.Duplicates = d
	if _, err := b.js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
}

// The server still calls it a duplicate, but somebody has deleted it: then nil would be a lie.
func TestDuplicateThatIsGoneIsNoSuccess(t *testing.T) {
	b := open(t, local(t))
	remembers(t, b, 2*time.Second)
	appendAll(t, b, revision("a", 1))
	if err := b.stream.DeleteMsg(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := b.Append(ctx, revision("a", 1))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "duplicate") {
		t.Fatalf("error %v", err)
	}
	appendAll(t, b, revision("a", 1))
}

// A log that forgets by age takes the next revision of an incident that is older than it.
func TestOldIncidentGoesOnInALogThatForgets(t *testing.T) {
	b := open(t, local(t))
	appendAll(t, b, revision("a", 1), revision("b", 1))
	if err := b.stream.Purge(t.Context(), jetstream.WithPurgeSequence(2)); err != nil {
		t.Fatal(err)
	}
	appendAll(t, b, revision("a", 2))
	if diff := cmp.Diff([]string{"b:1", "a:2"}, logged(t, b)); diff != "" {
		t.Error(diff)
	}
}

// Any program on the machine can publish to the log. It must not stop us.
func TestForeignMessagesAreSkipped(t *testing.T) {
	var out captured
	cfg := local(t)
	b, err := Open(t.Context(), cfg, out.logger())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	appendAll(t, b, revision("a", 1))
	nc, err := nats.Connect(b.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for _, m := range []struct{ subject, data string }{
		{"culprit.log.opened.x.y", "hello"},
		{"culprit.log.x", ""},
		{"culprit.log.updated.payment.a", `{"id":"a"}`},
	} {
		if _, err := nc.Request(m.subject, []byte(m.data), 5*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	appendAll(t, b, revision("a", 2))
	if diff := cmp.Diff([]string{"a:1", "a:2"}, logged(t, b)); diff != "" {
		t.Error(diff)
	}
	if n := b.Stats(t.Context()).Unreadable; n != 3 {
		t.Errorf("%d unreadable, want 3", n)
	}
	if !strings.Contains(out.String(), "subject=culprit.log.opened.x.y") {
		t.Errorf("log does not name the message:\n%s", out.String())
	}
}
