package rootcause

import (
	"slices"

	"culprit/detector"
)

// Part is something that a ranking can be made without, to see what it is worth: a family of
// evidence, or a rule.
type Part string

// The rules. The other parts are families of evidence.
const (
	agreementRule Part = "agreement"   // of the edges of a service about its network
	waitingRule   Part = "waiting"     // only one of several callers waits
	patienceRule  Part = "patience"    // errors follow from silence or a slow way further down
	askedRule     Part = "asked"       // errors that only the caller saw speak against the callee
	silenceRule   Part = "silence"     // calls that nobody answers speak against the callee
	turnedRule    Part = "turned back" // who did not come to a call is no witness against its callee
	detourRule    Part = "detour"      // own time follows from calls that were never made before
	misledRule    Part = "misled"      // who ends after asking somebody was misled by the answer
	stoppedRule   Part = "stopped"     // an entry point that dries up while the rest goes on
	lossRule      Part = "loss"        // edges may agree on the share of late calls
	oneSideRule   Part = "one side"    // own times speak for edges of which one side sends spans
	loadRule      Part = "load"        // far more requests than usual explain what crowding does
	hostRule      Part = "host"        // services that agree on one
	impatientRule Part = "impatient"   // timeouts while the callee is as usual are the caller's
	unreachedRule Part = "unreached"   // one caller that reaches nobody is to blame, not all its callees
	partedRule    Part = "parted"      // the first suspects of several faults come first
)

// families are the parts that are evidence.
var families = map[Part][]detector.Family{
	"own time":    {detector.OwnTime},
	"tail":        {detector.Tail},
	"both times":  {detector.OwnTime, detector.Tail}, // one stands in for the other
	"edges":       {detector.EdgeGap},
	"errors":      {detector.Errors},
	"structure":   {detector.Calls, detector.Stops, detector.Repeats, detector.Answers},
	"concurrency": {detector.Concurrency},
	"queue wait":  {detector.QueueWait},
	"traffic":     {detector.Traffic},
}

// Parts lists all parts: evidence, then rules.
func Parts() []Part {
	return []Part{
		"own time", "tail", "both times", "edges", "errors", "structure", "concurrency", "queue wait", "traffic",
		agreementRule, waitingRule, patienceRule, askedRule, silenceRule, turnedRule, detourRule, misledRule,
		stoppedRule, lossRule, oneSideRule, loadRule, hostRule, unreachedRule, impatientRule, partedRule,
	}
}

// without reports whether the ranking is made without a rule.
func (s *Scene) without(rule Part) bool { return s.Without != "" && s.Without == rule }

// leaveOut drops the evidence that the ranking is made without.
func (s *Scene) leaveOut() {
	if out := families[s.Without]; out != nil {
		s.Evidence = slices.DeleteFunc(slices.Clone(s.Evidence), func(e detector.Evidence) bool { return slices.Contains(out, e.Key.Family) })
	}
}
