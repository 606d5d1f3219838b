package model

import (
	"strconv"
	"strings"
	"time"
)

// Number is a float64 that is published with six significant digits: fused
// multiply-add differs between processors beyond that.
type Number float64

// MarshalJSON rounds to six significant digits. NaN and infinities, which JSON
// cannot carry, become null.
func (n Number) MarshalJSON() ([]byte, error) {
	f := float64(n)
	if f != f || f > 1e300 || f < -1e300 {
		return []byte("null"), nil
	}
	f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'e', 5, 64), 64)
	if f == 0 {
		f = 0 // no negative zero
	}
	return strconv.AppendFloat(nil, f, 'f', -1, 64), nil
}

// The kinds of a suspect: what the fault at it looks like.
const (
	KindOwnTime     = "own_time"
	KindNetwork     = "network"
	KindError       = "error"
	KindStructure   = "structure"
	KindSilence     = "silence"
	KindConcurrency = "concurrency"
	KindSaturation  = "saturation"
	KindLoad        = "load"
)

// Attribute is a key and value as recorded.
type Attribute struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Suspect is a hypothesis about the cause, at the deepest level that the evidence
// supports. Levels that it cannot name are empty.
type Suspect struct {
	Rank       int        `json:"rank"`
	Service    string     `json:"service,omitempty"`
	Operation  string     `json:"operation,omitempty"`
	Instance   string     `json:"instance,omitempty"`
	Attribute  *Attribute `json:"attribute,omitempty"`
	Kind       string     `json:"kind"`
	Score      Number     `json:"score"`
	Confidence Number     `json:"confidence"`
	Reason     string     `json:"reason"`
	Evidence   []Evidence `json:"evidence"`
	Exemplars  []string   `json:"exemplars"`
}

// Evidence is one measured difference between what is normal and what is now.
type Evidence struct {
	Family    string     `json:"family"`            // own_time, edge, error, structure, silence, concurrency, traffic, tail
	Service   string     `json:"service,omitempty"` // where it was measured
	Operation string     `json:"operation,omitempty"`
	Caller    string     `json:"caller,omitempty"` // for edges: the calling service
	Callee    string     `json:"callee,omitempty"` // for edges and structure: who is called
	Instance  string     `json:"instance,omitempty"`
	Attribute *Attribute `json:"attribute,omitempty"`
	Before    Number     `json:"before"`
	Now       Number     `json:"now"`
	Unit      string     `json:"unit"` // "ms", "share", "per trace", "per second"
	Z         Number     `json:"z"`    // random-effects z against the healthy windows
	Effect    Number     `json:"effect"`
	Impact    Number     `json:"impact"`  // extra ms per trace, or share of traces
	Samples   int        `json:"samples"` // traces now
	Baseline  int        `json:"baseline"`
	Sentence  string     `json:"sentence"`
}

// EntryImpact is what users of one entry point feel.
type EntryImpact struct {
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Requests  int    `json:"requests"`
	Slow      int    `json:"slow"`      // beyond what was usual for its slowest 5 %
	Failed    int    `json:"failed"`    // more than usual
	BeforeMS  Number `json:"before_ms"` // median duration
	NowMS     Number `json:"now_ms"`
}

// Impact is what the users of the system feel.
type Impact struct {
	Requests    int           `json:"requests"`
	Affected    int           `json:"affected"`
	Share       Number        `json:"share"`
	EntryPoints []EntryImpact `json:"entry_points"`
}

// Quality says how good the input was.
type Quality struct {
	Traces     int    `json:"traces"`
	Incomplete Number `json:"incomplete"` // share of traces with missing spans
	Skewed     Number `json:"skewed"`     // share of traces with clock skew
	Sampled    Number `json:"sampled"`    // mean sampling probability
	Baseline   int    `json:"baseline"`   // healthy windows it was judged against
}

// Link leads from an exemplar trace into the tracing system's own page.
type Link struct {
	Trace string `json:"trace"`
	URL   string `json:"url"`
}

// The events of an incident.
const (
	EventOpened   = "opened"
	EventUpdated  = "updated"
	EventResolved = "resolved"
	EventReopened = "reopened"
	EventExpired  = "expired"
)

// The states of an incident.
const (
	StateOpen     = "open"
	StateResolved = "resolved"
	StateExpired  = "expired"
)

// The severities of an incident, by what users feel.
const (
	SeverityCritical = "critical"
	SeverityMajor    = "major"
	SeverityMinor    = "minor"
)

// Incident is one revision of an incident: the data of the event on NATS, the REST
// resource and the line that replay prints.
type Incident struct {
	ID          string     `json:"id"`
	Revision    int        `json:"revision"` // from 1
	Event       string     `json:"event"`
	State       string     `json:"state"`
	StartedAt   time.Time  `json:"started_at"` // estimated onset
	OpenedAt    time.Time  `json:"opened_at"`  // end of the window that caused it
	UpdatedAt   time.Time  `json:"updated_at"`
	ResolvedAt  *time.Time `json:"resolved_at"`
	Severity    string     `json:"severity"`
	Title       string     `json:"title"`
	Summary     string     `json:"summary"`
	Cause       string     `json:"cause"`   // fingerprint: what broke, never when
	Because     string     `json:"because"` // why this revision was published
	Suspects    []Suspect  `json:"suspects"`
	Impact      Impact     `json:"impact"`
	Affected    []string   `json:"affected"` // services, sorted
	Links       []Link     `json:"links"`
	Provisional bool       `json:"provisional"` // judged before there was enough history
	Quality     Quality    `json:"quality"`
	Warnings    []Warning  `json:"warnings"`

	// Changes are what was done to the services concerned shortly before, newest first.
	Changes []Preceding `json:"changes,omitempty"`
	// Exhibit is what the incident is shown with; nil where nothing was at hand.
	Exhibit *Exhibit `json:"exhibit,omitempty"`
	// Marks is set by REST only: the log does not hold it.
	Marks *Marks `json:"marks,omitempty"`
}

// Service is the service of the first suspect, "" if it names none.
func (in *Incident) Service() string {
	if len(in.Suspects) == 0 {
		return ""
	}
	return in.Suspects[0].Service
}

// Where says in words what a suspect names, deepest last: "payment Charge on payment-7c9d
// where tenant is acme". One that names nothing is the whole system. The names are as
// recorded: they are to be made safe for where they are shown.
func (s *Suspect) Where() string {
	var words []string
	for _, w := range []string{s.Service, s.Operation} {
		if w != "" {
			words = append(words, w)
		}
	}
	if s.Instance != "" {
		words = append(words, "on "+s.Instance)
	}
	if s.Attribute != nil {
		words = append(words, "where "+s.Attribute.Key+" is "+s.Attribute.Value)
	}
	if len(words) == 0 {
		return "the whole system"
	}
	return strings.Join(words, " ")
}

// Ranking is the answer of `culprit rank` and of GET /api/v1/rankings.
type Ranking struct {
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Method    string    `json:"method"`
	Anomalous bool      `json:"anomalous"`
	Suspects  []Suspect `json:"suspects"`
	Warnings  []Warning `json:"warnings"`
}
