package model

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"strings"
	"time"
)

// The kinds of a note.
const (
	NoteFeedback     = "feedback"
	NoteAcknowledged = "acknowledged"
	NoteMuted        = "muted"
	NoteUnmuted      = "unmuted"
	NoteChange       = "change"
)

// Note is something that was said to culprit, by a person or by a pipeline. Notes are
// events of their own, kept beside the incident log and never changed.
type Note struct {
	ID   string `json:"id"` // of its content: saying the same again adds nothing
	Kind string `json:"kind"`
	// At is event time: how far traces had been judged when the note was taken, and thus
	// between which windows it takes effect. Zero: before the first window.
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"`
	Comment  string    `json:"comment,omitempty"`
	Incident string    `json:"incident,omitempty"` // feedback and acknowledged: what it is about
	Feedback *Feedback `json:"feedback,omitempty"`
	Mute     *Mute     `json:"mute,omitempty"`   // muted
	Undoes   string    `json:"undoes,omitempty"` // unmuted: the ID of the mute that ends
	Change   *Change   `json:"change,omitempty"`
}

// The verdicts of feedback.
const (
	VerdictRight    = "right"    // the first suspect was the cause
	VerdictWrong    = "wrong"    // it was not; without causes, nothing was wrong at all
	VerdictExpected = "expected" // what it tells is meant to be so, and normal from now on
)

// Feedback is what somebody says about an incident.
type Feedback struct {
	Verdict string  `json:"verdict"`
	Causes  []Cause `json:"causes,omitempty"` // wrong: the true ones
}

// Cause is where a fault was, as deep as whoever says so knows.
type Cause struct {
	Service   string     `json:"service,omitempty"`
	Operation string     `json:"operation,omitempty"`
	Instance  string     `json:"instance,omitempty"`
	Attribute *Attribute `json:"attribute,omitempty"`
	Kind      string     `json:"kind,omitempty"` // of the fault, in any words
}

// Mute keeps incidents from being told in [From, Until), event time: by cause, or of
// whole services during their maintenance. They are recorded all the same. Empty
// fields match everything.
type Mute struct {
	ID        string    `json:"id"` // of its note
	Services  []string  `json:"services,omitempty"`
	Operation string    `json:"operation,omitempty"`
	Kind      string    `json:"kind,omitempty"` // of the first suspect
	From      time.Time `json:"from"`
	Until     time.Time `json:"until"`
	By        string    `json:"by,omitempty"`
	Comment   string    `json:"comment,omitempty"`
}

// Holds reports whether the mute is in force at a moment.
func (m *Mute) Holds(at time.Time) bool { return !at.Before(m.From) && at.Before(m.Until) }

// Matches reports whether the mute is about the cause of an incident, as its newest
// revision tells it. When is another question: [Mute.Holds].
func (m *Mute) Matches(in *Incident) bool {
	var first Suspect
	if len(in.Suspects) > 0 {
		first = in.Suspects[0]
	}
	return (len(m.Services) == 0 || contains(m.Services, first.Service)) &&
		(m.Operation == "" || m.Operation == first.Operation) &&
		(m.Kind == "" || m.Kind == first.Kind)
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// The kinds of a change.
const (
	ChangeDeploy  = "deploy"
	ChangeFlag    = "flag"
	ChangeConfig  = "config"
	ChangeOther   = "other"
	ChangeVersion = "version" // seen in spans, told by nobody
)

// Change is something that was done to the system: a deploy, a flag, a setting.
type Change struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Service  string    `json:"service,omitempty"` // empty: no single one
	Version  string    `json:"version,omitempty"`
	Previous string    `json:"previous,omitempty"` // the version before
	At       time.Time `json:"at"`                 // when it was done
	What     string    `json:"what,omitempty"`     // in words
	By       string    `json:"by,omitempty"`
	URL      string    `json:"url,omitempty"` // leads to more
}

// Preceding is a change that was made shortly before an incident began.
type Preceding struct {
	Change
	Before   Number `json:"before_seconds"` // how long before the onset; negative: after it
	Sentence string `json:"sentence"`       // "payment 1.4.2 was deployed 3 min before"
}

// Marks are what people have said about an incident so far, and whether it is told. They
// are no part of the incident log: REST adds them to what it shows.
type Marks struct {
	Muted        *Mute `json:"muted,omitempty"`
	Acknowledged *Note `json:"acknowledged,omitempty"` // the newest
	Feedback     *Note `json:"feedback,omitempty"`     // the newest: it counts
}

// identity is an ID made of content: 16 base32 characters, 80 bits.
func identity(parts ...any) string {
	text, err := json.Marshal(parts)
	if err != nil {
		panic("model: a note cannot be written: " + err.Error()) // texts and times only
	}
	sum := sha256.Sum256(text)
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}

// Identify gives the ID that a change has by what it says.
func (c Change) Identify() string {
	c.ID = ""
	return identity(NoteChange, c)
}

// Identify gives the ID that a note has by what it says, after the note before it about
// the same incident: who says something else and then the same again has said it twice.
func (n Note) Identify(after string) string {
	if n.Kind == NoteChange && n.Change != nil {
		return n.Change.Identify()
	}
	n.ID, n.At = "", time.Time{}
	return identity(n, after)
}
