package model

import "time"

// Comparison is what changed from one side to the other: the answer of `culprit compare`
// and of GET /api/v1/compare.
type Comparison struct {
	Before   CompareSide     `json:"before"`
	Now      CompareSide     `json:"now"`
	Changes  []Difference    `json:"changes"`  // what is surely different and matters; by effect, origins first
	Entries  []EntryChange   `json:"entries"`  // entry points; most requests now first
	Services []ServiceChange `json:"services"` // where requests spend their time; largest change first
	Tests    int             `json:"tests"`    // quantities that were compared
	FDR      Number          `json:"fdr"`      // share of the changes that may be false, on average
	Warnings []Warning       `json:"warnings"`
}

// CompareSide is one of the two sides.
type CompareSide struct {
	Name     string    `json:"name"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Requests int64     `json:"requests"`
	Spans    int64     `json:"spans"`
	Slices   int       `json:"slices"`  // of time, that it was divided into to see how restless it is
	Seconds  Number    `json:"seconds"` // length of each
}

// The kinds of a change.
const (
	ChangeSlower     = "slower"
	ChangeFaster     = "faster"
	ChangeMore       = "more"       // more frequent
	ChangeFewer      = "fewer"      // less frequent
	ChangeNew        = "new"        // never before
	ChangeGone       = "gone"       // never now
	ChangeUnanswered = "unanswered" // still asked, but it does not answer
	ChangeFailing    = "failing"    // fails more often
	ChangeRecovered  = "recovered"  // fails less often
	ChangeSerial     = "serial"     // calls that overlapped run in turn
	ChangeParallel   = "parallel"   // calls that ran in turn overlap
)

// Difference is one change between the sides.
type Difference struct {
	Rank            int           `json:"rank"`
	Level           string        `json:"level"` // operation, or edge: a call from one operation to another
	Kind            string        `json:"kind"`
	Service         string        `json:"service"`
	Operation       string        `json:"operation"`
	Callee          string        `json:"callee,omitempty"` // edges
	CalleeOperation string        `json:"callee_operation,omitempty"`
	Before          Number        `json:"before"`
	Now             Number        `json:"now"`
	Unit            string        `json:"unit"`
	EffectMS        Number        `json:"effect_ms"`    // on the mean request, through critical paths
	EffectShare     Number        `json:"effect_share"` // the same, of what requests took before
	Failing         Number        `json:"failing"`      // share of requests that fail more
	Entries         []EntryEffect `json:"entries"`      // the entry points that feel it most
	Z               Number        `json:"z"`
	Q               Number        `json:"q"`      // p-value after Benjamini and Hochberg
	Origin          bool          `json:"origin"` // false: it may follow from the changes above it
	Samples         int           `json:"samples"`
	Baseline        int           `json:"baseline"`
	Sentence        string        `json:"sentence"`
}

// EntryEffect is what a change does to one entry point.
type EntryEffect struct {
	Service   string `json:"service"`
	Operation string `json:"operation"`
	MS        Number `json:"ms"` // per request
}

// EntryChange is an entry point on both sides.
type EntryChange struct {
	Service      string `json:"service"`
	Operation    string `json:"operation"`
	Before       int64  `json:"before"` // requests
	Now          int64  `json:"now"`
	BeforeMeanMS Number `json:"before_mean_ms"`
	NowMeanMS    Number `json:"now_mean_ms"`
	BeforeP50MS  Number `json:"before_p50_ms"`
	NowP50MS     Number `json:"now_p50_ms"`
	BeforeP99MS  Number `json:"before_p99_ms"`
	NowP99MS     Number `json:"now_p99_ms"`
	BeforeFailed Number `json:"before_failed"` // share
	NowFailed    Number `json:"now_failed"`
	TimeQ        Number `json:"time_q"` // of the change of its time; 1: not compared
	FailedQ      Number `json:"failed_q"`
}

// ServiceChange is the time that requests of an entry point spend in a service while they
// wait for it.
type ServiceChange struct {
	Service        string `json:"service"`
	Entry          string `json:"entry"`
	EntryOperation string `json:"entry_operation"`
	BeforeMS       Number `json:"before_ms"` // per request
	NowMS          Number `json:"now_ms"`
	Z              Number `json:"z"`
	Q              Number `json:"q"`
	Kind           string `json:"kind,omitempty"` // slower, faster, new or gone where the change is sure
}
