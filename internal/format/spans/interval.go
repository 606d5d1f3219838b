package spans

import (
	"math"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/model"
)

// maxDuration is the longest span that is believed, 52 days: sums over all spans of
// a trace stay within an int64.
const maxDuration = 1 << 52

// interval returns start and duration in nanoseconds, repaired where that is
// possible, and whether the span can be used at all: without any time it cannot.
func (c *Converter) interval(s ptrace.Span, service model.Sym) (start, duration int64, ok bool) {
	from, to := uint64(s.StartTimestamp()), uint64(s.EndTimestamp())
	switch {
	case from == 0 && to == 0:
		c.warnings.add(noTime, service)
		return 0, 0, false
	case from == 0:
		c.warnings.add(noStart, service)
		from = to
	case to < from:
		c.warnings.add(endsBeforeStart, service)
		to = from
	}
	if from > math.MaxInt64-maxDuration {
		c.warnings.add(noTime, service)
		return 0, 0, false
	}
	if to-from > maxDuration {
		c.warnings.add(tooLong, service)
		to = from + maxDuration
	}
	return int64(from), int64(to - from), true
}
