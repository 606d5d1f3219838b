package spans

import "strings"

// fact is what a span attribute states, beside being a dimension.
type fact uint8

const (
	noFact fact = iota

	// Names of the callee, best first.
	factPeerService
	factServicePeerName
	factServerAddress
	factNetPeerName
	factPeerHostname
	factNetSockPeerName
	factHTTPHost
	factHTTPHostname
	factDBNamespace
	factDBName
	factDBInstance
	factDBSystemName
	factDBSystem
	factDBType
	factDestinationTemplate
	factDestinationName
	factDestination
	factBusDestination
	factUpstreamCluster
	factNetworkPeerAddress
	factNetSockPeerAddr
	factNetPeerIP
	factPeerAddress
	factPeerIPv4
	factPeerIPv6
	lastPeerFact // peer facts are below

	factError
	factHTTPStatus
	factStatusCode
	factGRPCStatus
	factOtelStatus
	factStatusText
	factMessaging
	factProtocol
	factStreaming
	factUnfinished
	factSamplerType
	factSamplerParam

	// What tells which part of a name varies, best first.
	factRoute
	factURLTemplate
	factOldTemplate
	factQuerySummary
)

// use says whether an attribute can be a dimension.
type use uint8

const (
	dimension  use = iota // a fault can sit in one of its values
	clientOnly            // on callers it names the callee; on servers it is the anonymous caller
	noise                 // unbounded by nature, or says nothing about a fault
)

type keyRule struct {
	fact fact
	use  use
}

// keyRules are the span attributes that mean something to us, by the semantic
// conventions of OpenTelemetry (today's and older ones), OpenTracing and Zipkin.
var keyRules = map[string]keyRule{
	"error":                     {factError, noise},
	"error.type":                {factStatusText, dimension},
	"error.kind":                {factStatusText, dimension},
	"error.message":             {factStatusText, noise},
	"otel.status_code":          {factOtelStatus, noise},
	"otel.status_description":   {factStatusText, noise},
	"span.kind":                 {noFact, noise}, // read before the others
	"http.response.status_code": {factHTTPStatus, dimension},
	"http.status_code":          {factHTTPStatus, dimension},
	"status_code":               {factStatusCode, dimension}, // osprofiler's OTLP driver
	"rpc.grpc.status_code":      {factGRPCStatus, dimension},
	"rpc.response.status_code":  {factGRPCStatus, dimension},
	"grpc.status_code":          {factGRPCStatus, dimension},
	"grpc.code":                 {factGRPCStatus, dimension},

	"peer.service":                   {factPeerService, dimension},
	"service.peer.name":              {factServicePeerName, dimension},
	"server.address":                 {factServerAddress, clientOnly},
	"server.port":                    {noFact, clientOnly},
	"net.peer.name":                  {factNetPeerName, clientOnly},
	"peer.hostname":                  {factPeerHostname, clientOnly},
	"net.sock.peer.name":             {factNetSockPeerName, clientOnly},
	"peer.address":                   {factPeerAddress, clientOnly},
	"net.peer.ip":                    {factNetPeerIP, clientOnly},
	"peer.ipv4":                      {factPeerIPv4, clientOnly},
	"peer.ipv6":                      {factPeerIPv6, clientOnly},
	"net.sock.peer.addr":             {factNetSockPeerAddr, clientOnly},
	"network.peer.address":           {factNetworkPeerAddress, clientOnly},
	"upstream_cluster":               {factUpstreamCluster, clientOnly}, // Envoy
	"upstream_cluster.name":          {factUpstreamCluster, clientOnly},
	"db.namespace":                   {factDBNamespace, dimension},
	"db.name":                        {factDBName, dimension},
	"db.instance":                    {factDBInstance, dimension},
	"db.system.name":                 {factDBSystemName, dimension},
	"db.system":                      {factDBSystem, dimension},
	"db.type":                        {factDBType, dimension},
	"messaging.destination.template": {factDestinationTemplate, dimension},
	"messaging.destination.name":     {factDestinationName, dimension},
	"messaging.destination":          {factDestination, dimension},
	"message_bus.destination":        {factBusDestination, dimension},
	"messaging.operation.type":       {factMessaging, dimension},
	"messaging.operation.name":       {factMessaging, dimension},
	"messaging.operation":            {factMessaging, dimension},
	"network.protocol.name":          {factProtocol, dimension},
	"url.scheme":                     {factProtocol, dimension},
	"http.scheme":                    {factProtocol, dimension},
	"rpc.streaming":                  {factStreaming, dimension},
	"rpc.stream":                     {factStreaming, dimension},
	"grpc.streaming":                 {factStreaming, dimension},
	"http.streaming":                 {factStreaming, dimension},
	"long_poll":                      {factStreaming, dimension},
	"osprofiler.unfinished":          {factUnfinished, noise},
	"xray.unfinished":                {factUnfinished, noise},
	"http.route":                     {factRoute, dimension},
	"url.template":                   {factURLTemplate, dimension},
	"uri":                            {factOldTemplate, dimension}, // Micrometer
	"resource.name":                  {factOldTemplate, dimension}, // Datadog's clients
	"db.query.summary":               {factQuerySummary, dimension},
	"sampler.type":                   {factSamplerType, noise},
	"sampler.param":                  {factSamplerParam, noise},

	"url.full": {use: noise}, "url.path": {use: noise}, "url.query": {use: noise}, "url.original": {use: noise}, "url.fragment": {use: noise},
	"http.url": {use: noise}, "http.target": {use: noise}, "http.path": {use: noise}, "http.host": {factHTTPHost, clientOnly}, "http.hostname": {factHTTPHostname, clientOnly}, "http.query": {use: noise}, "db.params": {use: noise}, "http.client_ip": {use: noise},
	"http.user_agent": {use: noise}, "http.request.body.size": {use: noise}, "http.response.body.size": {use: noise}, "http.request.size": {use: noise},
	"http.response.size": {use: noise}, "http.request_content_length": {use: noise}, "http.response_content_length": {use: noise},
	"http.request.resend_count": {use: dimension},
	"db.statement":              {use: noise}, "db.query.text": {use: noise}, "sql.query": {use: noise}, "db.url": {use: noise}, "db.connection_string": {use: noise},
	"db.response.returned_rows": {use: noise}, "db.row_count": {use: noise}, "cassandra.query": {use: noise},
	"client.address": {use: noise}, "client.port": {use: noise}, "client-uuid": {use: noise}, "peer.port": {use: noise},
	"network.peer.port": {use: noise}, "network.local.address": {use: noise}, "network.local.port": {use: noise},
	"net.peer.port": {use: clientOnly}, "net.sock.peer.port": {use: noise}, "net.host.name": {use: noise}, "net.host.ip": {use: noise},
	"net.host.port": {use: noise}, "net.sock.host.addr": {use: noise}, "net.sock.host.port": {use: noise},
	"enduser.id": {use: noise}, "user.id": {use: noise}, "user.email": {use: noise}, "user.name": {use: noise}, "session.id": {use: noise},
	"messaging.message.id": {use: noise}, "messaging.message_id": {use: noise}, "messaging.message.conversation_id": {use: noise},
	"messaging.conversation_id": {use: noise}, "messaging.message.body.size": {use: noise}, "messaging.message.envelope.size": {use: noise},
	"messaging.message_payload_size_bytes": {use: noise}, "messaging.kafka.offset": {use: noise}, "messaging.kafka.message.offset": {use: noise},
	"messaging.kafka.message.key": {use: noise}, "messaging.batch.message_count": {use: noise}, "messaging.client.id": {use: noise},
	"messaging.client_id": {use: noise}, "rpc.message.id": {use: noise}, "rpc.jsonrpc.request_id": {use: noise},
	"request.id": {use: noise}, "request_id": {use: noise}, "guid:x-request-id": {use: noise}, "aws.request_id": {use: noise},
	"faas.invocation_id": {use: noise}, "faas.execution": {use: noise}, "internal.span.format": {use: noise}, "w3c.tracestate": {use: noise},
	"sampling.priority": {use: noise}, "_sample_rate": {use: noise}, "SampleRate": {use: noise}, "trace_id": {use: noise}, "span_id": {use: noise},
	"ip": {use: noise}, "timestamp": {use: noise},
}

// noisePrefixes are name spaces without any dimension.
var noisePrefixes = []string{
	"thread.", "code.", "exception.", "otel.", "telemetry.", "process.", "os.", "user_agent.", "http.request.header.",
	"http.response.header.", "opentracing.", "opencensus.", "jaeger.", "zipkin.", "stack", "error.stack", "event.",
}

// resourceNoise are resource attributes that are identity already or say nothing.
var resourceNoise = []string{
	"telemetry.", "process.", "os.", "otel.", "host.id", "host.ip", "host.mac", "host.image.", "host.cpu.", "container.id", "container.name",
	"container.runtime", "container.command", "k8s.pod.uid", "k8s.pod.ip", "k8s.pod.start_time", "k8s.node.uid", "k8s.container.restart_count",
	"k8s.replicaset.uid", "k8s.deployment.uid", "k8s.namespace.uid", "cloud.account.id", "cloud.resource_id", "webengine.",
	"jaeger.", "opencensus.", "client-uuid", "zipkin.", "faas.instance", "browser.", "aws.log.", "aws.ecs.task.", "lightstep.",
	"device.id", "app.installation.id",
}

// semantic are the name spaces of the conventions. Keys outside of them are the
// customers' own.
var semantic = []string{
	"http.", "url.", "net.", "network.", "server.", "db.", "rpc.", "messaging.", "message_bus.", "peer.", "grpc.", "error.", "faas.", "cloud.",
	"aws.", "gcp.", "az.", "azure.", "host.", "k8s.", "container.", "service.", "graphql.", "tls.", "client.", "source.", "destination.", "component", "kafka.", "net/",
}

// telling are keys of the conventions that tell which part of an operation is meant.
var telling = map[string]bool{
	"http.route": true, "url.template": true, "db.query.summary": true, "db.operation.name": true, "db.operation": true, "db.collection.name": true,
	"db.sql.table": true, "rpc.method": true, "rpc.service": true, "http.request.method": true, "http.method": true,
	"http.response.status_code": true, "http.status_code": true, "rpc.grpc.status_code": true, "rpc.response.status_code": true,
	"peer.service": true, "error.type": true, "graphql.operation.name": true, "messaging.destination.template": true,
}

// ruleOf gives the rule of a span attribute.
func ruleOf(key string) keyRule {
	if r, ok := keyRules[key]; ok {
		return r
	}
	if hasPrefix(key, noisePrefixes) || len(key) > maxKeyBytes {
		return keyRule{use: noise}
	}
	return keyRule{}
}

// rankOf says which attributes are kept first when a span has too many: what the
// customer names or the convention calls the essence, then the rest of the
// convention, then what is true of the whole process.
func rankOf(key string) uint8 {
	if telling[key] || !hasPrefix(key, semantic) {
		return 0
	}
	return 1
}

func hasPrefix(key string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}
