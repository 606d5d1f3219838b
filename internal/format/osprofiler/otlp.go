package osprofiler

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Scope is the instrumentation scope of the spans that osprofiler's OTLP driver sends.
const Scope = "osprofiler.drivers.otlp"

// FullName is the name that a span of the OTLP driver has where it is read from a store. The
// driver names a function by its trace point alone and takes letters of "-start" off that
// one's end, so that "driver" arrives as "drive"; the function's own name is its attribute
// "name". Other letters that were cut are not known: a trace point "assert" stays "asse".
// Spans without that attribute keep their name.
func FullName(span ptrace.Span) string {
	point := span.Name()
	if v, ok := span.Attributes().Get("name"); ok {
		if f := function(v.AsString()); f != "" {
			if strings.HasSuffix(point, "drive") {
				point += "r"
			}
			return strings.ToUpper(point) + "_" + f
		}
	}
	return point
}
