package rootcause

import (
	"fmt"
	"math"
	"strconv"

	"culprit/detector"
	"culprit/model"
)

// sentence says one piece of evidence for a person, with its numbers.
func (s *Scene) sentence(e *detector.Evidence) string {
	svc, op := s.Table.Name(e.Key.Site.Service), s.Table.Name(e.Key.Site.Operation)
	where := join(svc, op)
	child := join(s.Table.Name(e.Key.Child.Service), s.Table.Name(e.Key.Child.Operation))
	switch e.Key.Family {
	case detector.OwnTime:
		if e.New {
			return fmt.Sprintf("%s is new: own time %s, never seen in a healthy window", where, ms(e.Now))
		}
		return fmt.Sprintf("own time of %s went from %s to %s (%s)", where, ms(e.Before), ms(e.Now), times(e.Before, e.Now))
	case detector.Tail:
		return fmt.Sprintf("%s of the calls of %s take longer than its usual slowest 5%% (was %s)", percent(e.Now), where, percent(e.Before))
	case detector.EdgeGap:
		return fmt.Sprintf("time between %s and %s went from %s to %s a call", svc, s.Table.Name(e.Key.Callee), ms(e.Before), ms(e.Now))
	case detector.QueueWait:
		return fmt.Sprintf("messages wait %s for %s (was %s)", ms(e.Now), where, ms(e.Before))
	case detector.Errors:
		return fmt.Sprintf("errors that start at %s went from %s to %s of its calls", where, percent(e.Before), percent(e.Now))
	case detector.Calls:
		if e.New {
			return fmt.Sprintf("%s now calls %s in %s of cases, never before", where, child, percent(e.Now))
		}
		return fmt.Sprintf("%s calls %s in %s of cases (was %s)", where, child, percent(e.Now), percent(e.Before))
	case detector.Stops:
		return fmt.Sprintf("%s makes no further call after %s in %s of cases (was %s)", where, child, percent(e.Now), percent(e.Before))
	case detector.Answers:
		return fmt.Sprintf("calls of %s are answered in %s of cases (was %s)", where, percent(e.Now), percent(e.Before))
	case detector.Repeats:
		return fmt.Sprintf("%s calls %s %s times a time (was %s)", where, child, number(e.Now), number(e.Before))
	case detector.Concurrency:
		calls := "calls"
		if number(e.Now) == "1" {
			calls = "call"
		}
		return fmt.Sprintf("%s runs %s %s%s at once (was %s)", where, number(e.Now), calls, s.toward(e), number(e.Before))
	case detector.Traffic:
		return fmt.Sprintf("%s gets %s requests a second (was %s)", where, number(e.Now), number(e.Before))
	case detector.EntryTime:
		return fmt.Sprintf("requests to %s take %s (was %s)", where, ms(e.Now), ms(e.Before))
	case detector.EntryErrors:
		return fmt.Sprintf("%s of the requests to %s fail (was %s)", percent(e.Now), where, percent(e.Before))
	}
	panic(fmt.Sprintf("rootcause: family %d has no sentence", e.Key.Family))
}

// Publish gives a piece of evidence its published form.
func (s *Scene) Publish(e *detector.Evidence) model.Evidence {
	out := model.Evidence{
		Family:    familyWords[e.Key.Family].name,
		Unit:      familyWords[e.Key.Family].unit,
		Service:   s.Table.Name(e.Key.Site.Service),
		Operation: s.Table.Name(e.Key.Site.Operation),
		Before:    model.Number(e.Before),
		Now:       model.Number(e.Now),
		Z:         model.Number(e.Shift.Z),
		Effect:    model.Number(e.Shift.Effect),
		Impact:    model.Number(e.Share),
		Samples:   int(math.Round(e.Shift.N1)),
		Baseline:  int(math.Round(e.Shift.N0)),
		Sentence:  s.sentence(e),
	}
	switch e.Key.Family {
	case detector.OwnTime:
		out.Impact = model.Number(e.PerTrace)
	case detector.EdgeGap:
		out.Impact = model.Number(e.PerTrace)
		out.Caller, out.Callee = out.Service, s.Table.Name(e.Key.Callee)
	case detector.Calls, detector.Repeats, detector.Stops:
		out.Callee = join(s.Table.Name(e.Key.Child.Service), s.Table.Name(e.Key.Child.Operation))
	}
	return out
}

var familyWords = map[detector.Family]struct{ name, unit string }{
	detector.OwnTime:     {"own_time", "ms"},
	detector.EdgeGap:     {"edge", "ms"},
	detector.QueueWait:   {"queue_wait", "ms"},
	detector.Errors:      {"error", "share"},
	detector.Calls:       {"structure", "share"},
	detector.Stops:       {"structure", "share"},
	detector.Answers:     {"silence", "share"},
	detector.Repeats:     {"structure", "per parent"},
	detector.Concurrency: {"concurrency", "at once"},
	detector.Tail:        {"tail", "share"},
	detector.Traffic:     {"traffic", "per second"},
	detector.EntryTime:   {"entry_time", "ms"},
	detector.EntryErrors: {"entry_error", "share"},
}

// FamilyWords is what a family is called where it is published, and its unit.
func FamilyWords(f detector.Family) (name, unit string) {
	w := familyWords[f]
	return w.name, w.unit
}

func join(service, operation string) string {
	if operation == "" {
		return service
	}
	return service + " " + operation
}

// ms writes milliseconds with three significant digits.
func ms(x float64) string {
	x = max(x, 0)
	switch {
	case x >= 10_000:
		return number(x/1000) + " s"
	case x >= 0.1:
		return number(x) + " ms"
	}
	return number(x*1000) + " µs"
}

func number(x float64) string {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 2, 64), 64)
	return strconv.FormatFloat(r, 'f', -1, 64)
}

func percent(x float64) string {
	switch p := 100 * x; {
	case p > 0 && p < 0.1:
		return "<0.1%"
	case p < 10 || p > 90 && p < 100:
		return strconv.FormatFloat(math.Round(p*10)/10, 'f', -1, 64) + "%"
	default:
		return strconv.FormatFloat(math.Round(p), 'f', -1, 64) + "%"
	}
}

// times says how many times as large, or which part, now is of before.
func times(before, now float64) string {
	switch {
	case before <= 0 || now <= 0:
		return "from or to nothing"
	case now >= before:
		return number(now/before) + " times"
	}
	return percent(now/before) + " of it"
}
