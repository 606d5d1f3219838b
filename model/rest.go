package model

import "time"

// IncidentPage is the answer of GET /api/v1/incidents.
type IncidentPage struct {
	Incidents   []Incident `json:"incidents"`
	NextCursor  *string    `json:"next_cursor"`  // null on the last page
	Total       int        `json:"total"`        // on all pages
	LogSequence uint64     `json:"log_sequence"` // how far into the incident log the answer goes
}

// IncidentHistory is the answer of GET /api/v1/incidents/{id}: the newest revision,
// and all of them.
type IncidentHistory struct {
	Incident
	Revisions []Incident `json:"revisions"`         // oldest first
	Omitted   int        `json:"revisions_omitted"` // between the first and the newest
	Notes     []Note     `json:"notes"`             // what was said about it, oldest first
}

// FeedbackRequest is the body of POST /api/v1/incidents/{id}/feedback.
type FeedbackRequest struct {
	Feedback
	By      string `json:"by,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// AcknowledgeRequest is the body of POST /api/v1/incidents/{id}/acknowledge.
type AcknowledgeRequest struct {
	By      string `json:"by,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// MuteRequest is the body of POST /api/v1/mutes. Without From it holds at once; its end
// is Until, or For after its beginning.
type MuteRequest struct {
	Services  []string   `json:"services,omitempty"`
	Operation string     `json:"operation,omitempty"`
	Kind      string     `json:"kind,omitempty"`
	From      *time.Time `json:"from,omitempty"`
	Until     *time.Time `json:"until,omitempty"`
	For       string     `json:"for,omitempty"` // as "2h"
	By        string     `json:"by,omitempty"`
	Comment   string     `json:"comment,omitempty"`
}

// MuteList is the answer of GET /api/v1/mutes.
type MuteList struct {
	At    time.Time `json:"at"` // event time: how far traces have been judged
	Mutes []Mute    `json:"mutes"`
}

// ChangeRequest is the body of POST /api/v1/changes. Without At the change was made
// now.
type ChangeRequest struct {
	Kind    string     `json:"kind,omitempty"` // empty: deploy
	Service string     `json:"service,omitempty"`
	Version string     `json:"version,omitempty"`
	At      *time.Time `json:"at,omitempty"`
	What    string     `json:"what,omitempty"`
	By      string     `json:"by,omitempty"`
	URL     string     `json:"url,omitempty"`
}

// ChangePage is the answer of GET /api/v1/changes.
type ChangePage struct {
	Changes    []Change `json:"changes"`     // newest first
	NextCursor *string  `json:"next_cursor"` // null on the last page
	Total      int      `json:"total"`       // on all pages
}

// TargetStatus is how one receiver of alerts is doing.
type TargetStatus struct {
	Name        string     `json:"name"`
	Type        string     `json:"type"`
	Receiver    string     `json:"receiver"` // host of its URL; the rest may be a secret
	Healthy     bool       `json:"healthy"`
	Error       string     `json:"error,omitempty"` // the last one while unhealthy
	Sequence    uint64     `json:"sequence"`        // how far into the incident log it has been told
	Pending     uint64     `json:"pending"`         // revisions behind that
	Sent        int64      `json:"sent"`            // since the start
	Skipped     int64      `json:"skipped"`         // not for it, by route
	Muted       int64      `json:"muted"`           // kept from it
	Retries     int64      `json:"retries"`
	DeadLetters int        `json:"dead_letters"`
	LastSent    *time.Time `json:"last_sent"` // wall clock; null: nothing since the start
}

// DeadLetter is a revision that a receiver refused, or did not take for too long.
type DeadLetter struct {
	ID       string    `json:"id"`
	Target   string    `json:"target"`
	Receiver string    `json:"receiver"`
	Sequence uint64    `json:"sequence"` // in the incident log
	Incident string    `json:"incident"`
	Revision int       `json:"revision"`
	Event    string    `json:"event"`
	Title    string    `json:"title"`
	Tries    int       `json:"tries"`
	Error    string    `json:"error"`
	At       time.Time `json:"at"` // wall clock: when it was given up
}

// AlertStatus is the answer of GET /api/v1/alerts.
type AlertStatus struct {
	Targets     []TargetStatus `json:"targets"`
	DeadLetters []DeadLetter   `json:"dead_letters"` // oldest first
}

// Retained is what the service still has in memory: [From, To).
type Retained struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Problem is an error as REST tells it (RFC 9457).
type Problem struct {
	Type      string    `json:"type"`
	Title     string    `json:"title"`
	Status    int       `json:"status"`
	Detail    string    `json:"detail"`
	Instance  string    `json:"instance"`
	Parameter string    `json:"parameter,omitempty"`
	Closest   []string  `json:"closest,omitempty"`
	Retained  *Retained `json:"retained,omitempty"`
}

// Error is the problem in one line.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }
