package incident

import (
	"time"

	"culprit/model"
)

// Finding is what one judged window says about one cause.
type Finding struct {
	// Cause is the fingerprint: what broke and how, never when. Two findings with the
	// same cause are the same incident.
	Cause string
	// Related are fingerprints of the same fault under another first suspect: runners-up
	// that the same evidence could mean, and services whose trouble this one explains.
	Related  []string
	Alarm    bool // loud enough to open an incident within the budget
	Active   bool // still clearly unlike normal: keeps an open incident open (hysteresis)
	Onset    time.Time
	Title    string
	Summary  string
	Severity string
	Suspects []model.Suspect // best first
	Impact   model.Impact
	Affected []string // services, sorted
}

// Verdict is one judged window.
type Verdict struct {
	From, To    time.Time
	Judged      bool // false: too little data to say anything, good or bad
	Provisional bool
	Findings    []Finding // one per cause, strongest first
	Quality     model.Quality
	Warnings    []model.Warning
}
