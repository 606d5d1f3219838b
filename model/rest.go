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
