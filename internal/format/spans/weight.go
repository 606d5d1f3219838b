package spans

import (
	"math"
	"strconv"
	"strings"
)

// maxWeight is the most traces that one can stand for: below a sampling rate of one
// in a million a single trace says nothing, and a false weight would drown the rest.
const maxWeight = 1 << 20

// weight is the inverse of the sampling probability, 0 if it is not known: from the
// W3C trace state (ot=th:..., or the older ot=p:...), or from the sampler attributes
// that Jaeger's clients leave on the root.
func (f *facts) weight(traceState string) float32 {
	if traceState != "" {
		if w := otelWeight(traceState); w > 0 {
			return w
		}
	}
	if f.samplerParam > 0 && f.samplerParam <= 1 {
		switch f.sampler {
		case "probabilistic", "traceidratio", "traceidratiobased", "parentbased_traceidratio":
			return bounded(1 / f.samplerParam)
		}
	}
	return 0
}

// otelWeight reads the ot entry of a trace state; 0 if it states no probability.
func otelWeight(traceState string) float32 {
	for member := range strings.SplitSeq(traceState, ",") {
		entry, ok := strings.CutPrefix(strings.TrimSpace(member), "ot=")
		if !ok {
			continue
		}
		for field := range strings.SplitSeq(entry, ";") {
			name, value, _ := strings.Cut(field, ":")
			switch name {
			case "th":
				return threshold(value)
			case "p":
				if p, err := strconv.ParseUint(value, 10, 6); err == nil && p < 63 {
					return bounded(math.Ldexp(1, int(p)))
				}
			}
		}
	}
	return 0
}

// threshold reads a rejection threshold: up to 14 hex digits, zeros at the end left
// out, as a share of 2^56 of the traces that are dropped.
func threshold(hex string) float32 {
	const digits = 14
	if hex == "" || len(hex) > digits {
		return 0
	}
	t, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		return 0
	}
	t <<= 4 * (digits - len(hex))
	const all = 1 << (4 * digits)
	return bounded(float64(all) / float64(all-t))
}

func bounded(w float64) float32 { return float32(min(max(w, 1), maxWeight)) }
