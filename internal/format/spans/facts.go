package spans

import (
	"math/bits"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/opname"
	"culprit/model"
)

// gRPC codes that we ask for; the rest is in grpcServerErrors.
const (
	grpcUnset    = -1
	grpcCanceled = 1
	grpcDeadline = 4
)

// grpcServerErrors are the codes for which the server is to blame, by the semantic
// conventions: unknown, deadline exceeded, unimplemented, internal, unavailable,
// data loss.
var grpcServerErrors = map[int]bool{2: true, 4: true, 12: true, 13: true, 14: true, 15: true}

// grpcCodes are the codes by name, without underscores and in small letters.
var grpcCodes = map[string]int{
	"ok": 0, "cancelled": 1, "canceled": 1, "unknown": 2, "invalidargument": 3, "deadlineexceeded": 4, "notfound": 5,
	"alreadyexists": 6, "permissiondenied": 7, "resourceexhausted": 8, "failedprecondition": 9, "aborted": 10,
	"outofrange": 11, "unimplemented": 12, "internal": 13, "unavailable": 14, "dataloss": 15, "unauthenticated": 16,
}

// facts are what the attributes of one span state.
type facts struct {
	peers     uint32 // bit f: peer fact f was stated
	peerNames [lastPeerFact]string

	failed    bool // error=true and its relatives
	fine      bool // otel.status_code=OK
	http      int  // 0: not stated
	grpc      int  // grpcUnset: not stated
	texts     [4]string
	nTexts    int
	streaming bool
	endless   bool // its end was never seen
	receiving bool // takes from a queue and may wait for something to come

	sampler      string
	samplerParam float64

	template string // of a request's path, the best there is
	better   fact   // which one it is; noFact: none
	summary  string // of a query
}

func (f *facts) reset() {
	f.peers, f.failed, f.fine, f.http, f.grpc, f.nTexts = 0, false, false, 0, grpcUnset, 0
	f.streaming, f.receiving, f.endless, f.sampler, f.samplerParam = false, false, false, "", 0
	f.template, f.better, f.summary = "", noFact, ""
}

// forget drops the strings, which belong to somebody else.
func (f *facts) forget() {
	f.reset()
	clear(f.peerNames[:])
	clear(f.texts[:])
}

// read takes note of one attribute.
func (f *facts) read(what fact, v pcommon.Value) {
	if what < lastPeerFact {
		name := text(v)
		if what == factUpstreamCluster {
			name = upstream(name)
		}
		if name != "" {
			f.peers |= 1 << what
			f.peerNames[what] = name
		}
		return
	}
	switch what {
	case factError:
		f.failed = f.failed || truth(v, true)
	case factHTTPStatus:
		f.http = number(v, 0)
	case factStatusCode:
		// not said of what; from 100 on it can only be HTTP's
		if n := number(v, 0); n >= 100 && f.http == 0 {
			f.http = n
		}
	case factGRPCStatus:
		f.grpc = grpcCode(v)
	case factOtelStatus:
		switch strings.ToLower(text(v)) {
		case "error":
			f.failed = true
		case "ok":
			f.fine = true
		}
	case factStatusText:
		if f.nTexts < len(f.texts) {
			f.texts[f.nTexts] = text(v)
			f.nTexts++
		}
	case factMessaging:
		switch text(v) {
		case "receive", "poll":
			f.receiving = true
		}
	case factProtocol:
		switch text(v) {
		case "websocket", "ws", "wss":
			f.streaming = true
		}
	case factStreaming:
		f.streaming = truth(v, false)
	case factUnfinished:
		f.endless = truth(v, false)
	case factSamplerType:
		f.sampler = text(v)
	case factSamplerParam:
		f.samplerParam = float(v)
	case factRoute, factURLTemplate, factOldTemplate:
		if f.better == noFact || what < f.better {
			f.template, f.better = text(v), what
		}
	case factQuerySummary:
		f.summary = text(v)
	}
}

// upstream is the service that a proxy of a mesh passes a call on to, named as meshes name
// the services that answer: "outbound|8080||cart.shop.svc.cluster.local" is cart.shop.
// Clusters with other names say nothing of who answers.
func upstream(cluster string) string {
	parts := strings.Split(cluster, "|")
	if len(parts) != 4 || parts[0] != "outbound" {
		return ""
	}
	return strings.TrimSuffix(parts[3], ".svc.cluster.local")
}

// form is what tells which part of the span's name varies: the route or template of a
// request, the summary of a query, the template of a destination; empty if nothing does.
func (f *facts) form() form {
	switch {
	case f.template != "":
		return form{text: f.template}
	case f.summary != "":
		return form{text: f.summary, summary: true}
	case f.peers&(1<<factDestinationTemplate) != 0:
		return form{text: f.peerNames[factDestinationTemplate]}
	}
	return form{}
}

// status is the recorded one. Where none is recorded it follows from error=true, an
// HTTP status of 500 and more or a gRPC code that blames the server; an HTTP 4xx
// blames the request.
func (f *facts) status(s ptrace.Span) model.Status {
	switch s.Status().Code() {
	case ptrace.StatusCodeError:
		return model.StatusError
	case ptrace.StatusCodeOk:
		return model.StatusOK
	}
	switch {
	case f.failed, f.http >= 500, grpcServerErrors[f.grpc]:
		return model.StatusError
	case f.fine:
		return model.StatusOK
	}
	return model.StatusUnset
}

// maxEvents is how many events of an erring span are searched for its exception.
const maxEvents = 16

// timedOut reports whether the error of s is a timeout or a cancellation.
func (f *facts) timedOut(s ptrace.Span) bool {
	if f.grpc == grpcCanceled || f.grpc == grpcDeadline || f.http == 408 || f.http == 504 || saysTimeout(s.Status().Message()) {
		return true
	}
	for _, t := range f.texts[:f.nTexts] {
		if saysTimeout(t) {
			return true
		}
	}
	events := s.Events()
	for i := range min(events.Len(), maxEvents) {
		for _, name := range []string{"exception.type", "exception.message", "error.object", "error.kind", "message"} {
			if v, ok := events.At(i).Attributes().Get(name); ok && v.Type() == pcommon.ValueTypeStr && saysTimeout(v.Str()) {
				return true
			}
		}
	}
	return false
}

// saysTimeout looks for the words of timeouts and cancellations.
func saysTimeout(s string) bool {
	s = strings.ToLower(opname.Clean(s, 4*maxNameBytes))
	for _, w := range []string{"timeout", "timed out", "time out", "deadline exceeded", "deadline_exceeded", "deadlineexceeded", "canceled", "cancelled", "cancellation"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// streams reports whether the span is slow by design.
func (f *facts) streams(k model.Kind) bool {
	const switchingProtocols = 101
	return f.streaming || f.http == switchingProtocols || f.receiving && k != model.KindProducer
}

// inProcess are databases that run within the process that asks them, by db.system:
// an internal span of one is work of its own service.
var inProcess = map[string]bool{
	"sqlite": true, "h2": true, "h2database": true, "hsqldb": true, "derby": true, "duckdb": true, "leveldb": true, "rocksdb": true,
}

// peer is what the caller calls the callee; "" unless the span is a caller's. An
// internal span, or one without a kind, is one if it names a service or a database:
// many tracers know no kinds, or have one default for all.
func (f *facts) peer(k model.Kind) string {
	const services = 1<<factPeerService | 1<<factServicePeerName
	const databases = 1<<factDBSystemName | 1<<factDBSystem | 1<<factDBType
	switch {
	case f.peers == 0:
		return ""
	case k == model.KindClient, k == model.KindProducer, k == model.KindUnspecified && f.peers&(services|databases) != 0:
	case k == model.KindInternal && (f.peers&services != 0 || f.peers&databases != 0 && !f.ownDatabase()):
	default:
		return ""
	}
	what := fact(bits.TrailingZeros32(f.peers))
	name := f.peerNames[what]
	switch what {
	case factHTTPHost, factHTTPHostname:
		if i := strings.LastIndexByte(name, ':'); i > 0 && strings.IndexByte(name, ':') == i {
			name = name[:i]
		}
	case factDestination, factDestinationName, factBusDestination:
		name = opname.Fold(name) // reply queues are made for one client
	}
	return name
}

// ownDatabase reports whether the database runs within the process.
func (f *facts) ownDatabase() bool {
	for _, what := range []fact{factDBSystemName, factDBSystem, factDBType} {
		if f.peers&(1<<what) != 0 {
			return inProcess[strings.ToLower(f.peerNames[what])]
		}
	}
	return false
}

// kindOf is the recorded kind, from the span.kind attribute where a translator left
// it there.
func kindOf(s ptrace.Span) model.Kind {
	switch s.Kind() {
	case ptrace.SpanKindInternal:
		return model.KindInternal
	case ptrace.SpanKindServer:
		return model.KindServer
	case ptrace.SpanKindClient:
		return model.KindClient
	case ptrace.SpanKindProducer:
		return model.KindProducer
	case ptrace.SpanKindConsumer:
		return model.KindConsumer
	}
	if v, ok := s.Attributes().Get("span.kind"); ok {
		switch strings.ToLower(text(v)) {
		case "internal":
			return model.KindInternal
		case "server":
			return model.KindServer
		case "client":
			return model.KindClient
		case "producer":
			return model.KindProducer
		case "consumer":
			return model.KindConsumer
		}
	}
	return model.KindUnspecified
}

func grpcCode(v pcommon.Value) int {
	if v.Type() == pcommon.ValueTypeStr {
		if code, ok := grpcCodes[strings.ReplaceAll(strings.ToLower(v.Str()), "_", "")]; ok {
			return code
		}
	}
	return number(v, grpcUnset)
}

func text(v pcommon.Value) string {
	if v.Type() == pcommon.ValueTypeStr {
		return v.Str()
	}
	return ""
}

// truth reads a flag. A text that is no flag is present: Zipkin says error=message.
func truth(v pcommon.Value, present bool) bool {
	switch v.Type() {
	case pcommon.ValueTypeBool:
		return v.Bool()
	case pcommon.ValueTypeInt:
		return v.Int() != 0
	case pcommon.ValueTypeStr:
		if v.Str() == "" {
			return false
		}
		if b, err := strconv.ParseBool(strings.ToLower(v.Str())); err == nil {
			return b
		}
		return present
	}
	return false
}

// number reads an integer that may be written as text.
func number(v pcommon.Value, otherwise int) int {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return int(v.Int())
	case pcommon.ValueTypeDouble:
		return int(v.Double())
	case pcommon.ValueTypeStr:
		if n, err := strconv.Atoi(v.Str()); err == nil {
			return n
		}
	}
	return otherwise
}

func float(v pcommon.Value) float64 {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return float64(v.Int())
	case pcommon.ValueTypeDouble:
		return v.Double()
	case pcommon.ValueTypeStr:
		if x, err := strconv.ParseFloat(v.Str(), 64); err == nil {
			return x
		}
	}
	return 0
}
