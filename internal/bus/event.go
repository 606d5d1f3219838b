package bus

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"culprit/model"
)

// The headers of an event: CloudEvents 1.0 in binary mode, as the NATS protocol
// binding spells them.
const (
	headerSpec    = "ce-specversion"
	headerID      = "ce-id"
	headerType    = "ce-type"
	headerSource  = "ce-source"
	headerTime    = "ce-time"
	headerSubject = "ce-subject"
	headerContent = "content-type"

	contentType = "application/json"
	typePrefix  = "culprit.incident."
)

var events = map[string]bool{
	model.EventOpened:   true,
	model.EventUpdated:  true,
	model.EventResolved: true,
	model.EventReopened: true,
	model.EventExpired:  true,
}

// maxID bounds an incident's ID, in bytes: it stands in three headers.
const maxID = 512

// messageID names a revision: it is the CloudEvents ID and NATS's message ID.
func messageID(id string, revision int) string { return id + ":" + strconv.Itoa(revision) }

// revisionOf reads a message ID from its end, since the incident's ID may hold colons.
func revisionOf(msgID string) (id string, revision int, ok bool) {
	i := strings.LastIndexByte(msgID, ':')
	if i < 0 {
		return "", 0, false
	}
	n, err := strconv.Atoi(msgID[i+1:])
	return msgID[:i], n, err == nil && n > 0
}

// subjectsOf is where an incident's revision goes, and what all of its revisions match.
func (n *names) subjectsOf(in *model.Incident) (subject, all string) {
	id := Token(in.ID)
	return n.logPrefix + "." + in.Event + "." + Token(in.Service()) + "." + id, n.logPrefix + ".*.*." + id
}

// encode makes the message of a revision, cut to what the server takes.
func (b *Bus) encode(in model.Incident) (*nats.Msg, error) {
	switch {
	case in.ID == "":
		return nil, fmt.Errorf("incident without an ID")
	case len(in.ID) > maxID:
		return nil, fmt.Errorf("incident ID of %d bytes: want at most %d", len(in.ID), maxID)
	case in.Revision < 1:
		return nil, fmt.Errorf("incident %s: revision %d: want 1 or more", in.ID, in.Revision)
	case !events[in.Event]:
		return nil, fmt.Errorf("incident %s: unknown event %q", in.ID, in.Event)
	}
	subject, _ := b.names.subjectsOf(&in)
	msgID := messageID(percent(in.ID), in.Revision)
	h := nats.Header{}
	h.Set(headerSpec, "1.0")
	h.Set(headerID, msgID)
	h.Set(headerType, typePrefix+in.Event)
	h.Set(headerSource, b.cfg.Source)
	h.Set(headerTime, in.UpdatedAt.UTC().Format(time.RFC3339Nano))
	h.Set(headerSubject, percent(in.ID))
	h.Set(headerContent, contentType)
	h.Set(jetstream.MsgIDHeader, msgID)
	data, err := fit(in, b.mostBytes())
	if err != nil {
		return nil, err
	}
	return &nats.Msg{Subject: subject, Header: h, Data: data}, nil
}

// headerRoom is kept free of the server's limit, which counts headers as payload:
// ours, and those that the republished copy gets.
const headerRoom = 8 << 10

// mostBytes is the largest JSON that the log takes: the server's limit, and never
// more than NATS's default, so that the same incident is cut the same everywhere.
func (b *Bus) mostBytes() int {
	return int(min(b.nc.MaxPayload(), maxMessage)) - headerRoom
}

// percent makes text safe for a header, as CloudEvents prescribes; what our own
// engine calls an incident stays as it is.
func percent(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '%' || s[i] == '"' {
			return url.PathEscape(s)
		}
	}
	return s
}

// decode reads a message of the log.
func decode(data []byte) (model.Incident, error) {
	var in model.Incident
	if err := json.Unmarshal(data, &in); err != nil {
		return in, err
	}
	if in.ID == "" || in.Revision < 1 || !events[in.Event] {
		return in, fmt.Errorf("not an incident: id %q, revision %d, event %q", in.ID, in.Revision, in.Event)
	}
	return in, nil
}
