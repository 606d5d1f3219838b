package outside

import (
	"bytes"
	"fmt"
)

// Check says what breaks the promises about the log and the plain subjects, one
// sentence each; nothing if they are kept.
func (w *Watch) Check() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	faults := append([]string{}, w.broken...)
	logged := map[string]Message{}
	last := map[string]int{}
	for _, m := range w.log {
		in := m.Incident
		key := fmt.Sprintf("%s:%d", in.ID, in.Revision)
		if other, twice := logged[key]; twice {
			faults = append(faults, fmt.Sprintf("the log holds %s twice, at %d and %d", key, other.Sequence, m.Sequence))
		}
		logged[key] = m
		if in.Revision != last[in.ID]+1 {
			faults = append(faults, fmt.Sprintf("revision %d of %s follows revision %d", in.Revision, in.ID, last[in.ID]))
		}
		last[in.ID] = in.Revision
		faults = append(faults, envelope(m, key)...)
	}
	for _, m := range w.plain {
		key := fmt.Sprintf("%s:%d", m.Incident.ID, m.Incident.Revision)
		l, ok := logged[key]
		switch {
		case !ok:
			faults = append(faults, fmt.Sprintf("%s was published on %s but is not in the log", key, m.Subject))
		case !bytes.Equal(l.Data, m.Data):
			faults = append(faults, fmt.Sprintf("%s was published with other data than the log holds", key))
		}
	}
	return faults
}

// envelope checks the CloudEvents headers (binary mode).
func envelope(m Message, key string) []string {
	var faults []string
	for _, h := range []struct{ name, want string }{
		{"Nats-Msg-Id", key},
		{"ce-id", key},
		{"ce-specversion", "1.0"},
		{"ce-type", "culprit.incident." + m.Incident.Event},
		{"content-type", "application/json"},
	} {
		if got := m.Header.Get(h.name); got != h.want {
			faults = append(faults, fmt.Sprintf("%s has %s %q, want %q", key, h.name, got, h.want))
		}
	}
	for _, name := range []string{"ce-source", "ce-time", "ce-subject"} {
		if m.Header.Get(name) == "" {
			faults = append(faults, fmt.Sprintf("%s has no %s", key, name))
		}
	}
	return faults
}
