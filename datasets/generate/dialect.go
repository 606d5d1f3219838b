package generate

import (
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Dialect is what a tracing system records of what happens. The system, its requests and its
// faults are the same in each; only the spans differ. Where a dialect leaves out the spans
// that an operation is named after, labels hold for services only.
type Dialect string

// The dialects. The zero value is OpenTelemetry's, with the habits that the seed draws for
// each service.
const (
	Kindless   Dialect = "kindless"    // no span says its kind (Nezha, AIOps challenges)
	ClientOnly Dialect = "client-only" // calls are recorded by their callers only, but for the entry
	ServerOnly Dialect = "server-only" // by their callees only; databases by their callers
	Sidecars   Dialect = "sidecars"    // proxies record each call once more on either side (Istio)
	Codes      Dialect = "codes"       // failures are codes in attributes; no span has a status
)

// Dialects lists them all, sorted.
func Dialects() []string {
	return []string{string(ClientOnly), string(Codes), string(Kindless), string(ServerOnly), string(Sidecars)}
}

func (d Dialect) check() error {
	if d != "" && !slices.Contains(Dialects(), string(d)) {
		return fmt.Errorf("no dialect is called %q; there are %s", d, strings.Join(Dialects(), ", "))
	}
	return nil
}

// apply changes the habits of a world.
func (d Dialect) apply(w *world) {
	w.dialect = d
	for _, sv := range w.services {
		switch d {
		case Kindless, ServerOnly:
			sv.clientSpans = false
		case ClientOnly, Sidecars:
			sv.clientSpans, sv.internal = true, false
		}
		if d == Codes {
			sv.silent = false
		}
	}
	switch d {
	case Kindless:
		w.kindless = true
		for _, b := range w.databases { // a server.address could be anybody's, where nobody says who asks
			b.key = "peer.service"
		}
	case ClientOnly, ServerOnly, Sidecars, Codes:
		w.kindless = false
	}
}

// hides reports whether a dialect leaves out a span.
func (d Dialect) hides(sp *span) bool {
	return d == ClientOnly && sp.kind == spanServer && !sp.root
}

// shown is the span that is recorded for sp or, where that is left out, for what called it.
func (sp *span) shown(d Dialect) uint64 {
	if d.hides(sp) {
		return sp.parent
	}
	return sp.id
}

// The spans of proxies have the IDs of those that they stand beside, with a bit changed.
const (
	outbound = 1 << 62
	inbound  = 1 << 61
	// pass is what a proxy adds, in ns, on its way in and out.
	pass = 150_000
)

// proxied writes the span of the proxy beside a client or server span, and returns the
// parent of the latter.
func (x *exporter) proxied(to ptrace.SpanSlice, sp *span) (parent uint64) {
	between := sp.kind == spanClient && sp.step.callee != nil || sp.kind == spanServer && !sp.root
	if x.world.dialect != Sidecars || !between {
		return sp.parent
	}
	p := *sp
	switch sp.kind {
	case spanClient:
		p.id, p.parent = sp.id^outbound, sp.id
		if p.end-p.start > 2*pass {
			p.start, p.end = p.start+pass, p.end-pass
		}
		parent = sp.parent
	default:
		p.id, p.parent = sp.id^inbound, sp.parent^outbound
		p.start, p.end = max(0, p.start-pass/4), p.end+pass/4
		parent = p.id
	}
	one := to.AppendEmpty()
	x.fill(one, &p, p.parent)
	a := one.Attributes()
	a.PutStr("component", "proxy")
	return parent
}

// status writes how a span ended.
func (x *exporter) status(to ptrace.Span, a pcommon.Map, sp *span) {
	if !sp.result.bad() || sp.inst.service.silent || x.world.dialect == Codes {
		return
	}
	to.Status().SetCode(ptrace.StatusCodeError)
	to.Status().SetMessage(outcomeText[sp.result])
	a.PutStr("error.type", outcomeText[sp.result])
}
