package outside

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
)

func message(id string, revision int, seq uint64) Message {
	key := fmt.Sprintf("%s:%d", id, revision)
	return Message{
		Subject: "culprit.log.opened.web." + id, Sequence: seq, Data: []byte(key),
		Incident: Incident{ID: id, Revision: revision, Event: "opened"},
		Header: nats.Header{
			"Nats-Msg-Id": {key}, "ce-id": {key}, "ce-specversion": {"1.0"}, "ce-type": {"culprit.incident.opened"},
			"content-type": {"application/json"}, "ce-source": {"s"}, "ce-time": {"t"}, "ce-subject": {"web"},
		},
	}
}

func TestCheck(t *testing.T) {
	other := message("a", 1, 0)
	other.Data = []byte("something else")
	bare := message("a", 1, 1)
	bare.Header = nats.Header{"Nats-Msg-Id": {"a:1"}, "ce-id": {"a:1"}, "ce-specversion": {"1.0"}, "ce-type": {"culprit.incident.opened"}, "content-type": {"application/json"}, "ce-source": {"s"}, "ce-time": {"t"}}
	for _, tt := range []struct {
		name       string
		log, plain []Message
		want       string // part of the only fault; none if empty
	}{
		{name: "a log and a subscriber that agree", log: []Message{message("a", 1, 1), message("b", 1, 2), message("a", 2, 3)}, plain: []Message{message("a", 1, 0), message("a", 2, 0)}},
		{name: "a subscriber may miss what the log holds", log: []Message{message("a", 1, 1)}},
		{name: "a revision is lost", log: []Message{message("a", 1, 1), message("a", 3, 2)}, want: "revision 3 of a follows revision 1"},
		{name: "the first revision is lost", log: []Message{message("a", 2, 1)}, want: "revision 2 of a follows revision 0"},
		{name: "published but not logged", log: []Message{message("a", 1, 1)}, plain: []Message{message("b", 1, 0)}, want: "b:1 was published"},
		{name: "published with other data", log: []Message{message("a", 1, 1)}, plain: []Message{other}, want: "other data"},
		{name: "an envelope without a subject", log: []Message{bare}, want: "no ce-subject"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &Watch{log: tt.log, plain: tt.plain}
			got := w.Check()
			if tt.want == "" && len(got) > 0 || tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)) {
				t.Errorf("Check() = %q, want %q", got, tt.want)
			}
		})
	}
}

// A revision that stands in the log under two sequences is a fault; the same
// sequence delivered twice is not.
func TestTwice(t *testing.T) {
	w := &Watch{news: make(chan struct{}, 1)}
	m := message("a", 1, 7)
	data := []byte(`{"id":"a","revision":1,"event":"opened"}`)
	w.note(m.Subject, m.Header, data, 7)
	w.note(m.Subject, m.Header, data, 7)
	if got := w.Check(); len(got) != 0 {
		t.Errorf("after a redelivery: %q", got)
	}
	w.note(m.Subject, m.Header, data, 8)
	if got := w.Check(); len(got) == 0 || !strings.Contains(got[0], "the log holds a:1 twice, at 7 and 8") {
		t.Errorf("after a second copy: %q", got)
	}
}
