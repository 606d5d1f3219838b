package spans

// UnknownService is the service of a span that names none, as in OpenTelemetry.
const UnknownService = "unknown_service"

// identity is who emitted a span; empty parts are unknown.
type identity struct{ service, instance, version, host string }

// part is a row of identityKeys.
type part uint8

const (
	noPart part = iota
	partService
	partPod
	partInstance
	partHost
	partProcess
	partVersion
	nParts
)

// identityKeys are the resource attributes that make an identity: of each row the
// first that is there counts. Today's OpenTelemetry names come first, then those of
// older conventions, of Jaeger and OpenCensus processes, Zipkin endpoints and
// Lightstep reporters.
var identityKeys = [nParts][]string{
	partService:  {"service.name", "lightstep.component_name", "faas.name"},
	partPod:      {"k8s.pod.name", "kubernetes.pod.name", "kubernetes.pod_name", "pod.name", "pod_name"},
	partInstance: {"service.instance.id", "service.instance_id"},
	partHost:     {"host.name", "k8s.node.name", "host.hostname", "hostname", "lightstep.hostname", "ip"},
	partProcess:  {"client-uuid", "lightstep.guid", "container.id", "host.id"},
	partVersion:  {"service.version", "service_version", "app.version"},
}

// instanceParts are where the instance is looked for. The names of single processes
// come last: they change with every start.
var instanceParts = []part{partPod, partInstance, partHost, partProcess}

// slot is the place of a key in identityKeys.
type slot struct {
	part part
	pos  uint8
}

var identitySlots = func() map[string]slot {
	m := map[string]slot{}
	for p, row := range identityKeys {
		for i, key := range row {
			m[key] = slot{part(p), uint8(i)}
		}
	}
	return m
}()

// identityReader collects an identity from attributes in any order.
type identityReader struct {
	value [nParts]string
	pos   [nParts]uint8
}

func (r *identityReader) read(s slot, value string) {
	if value != "" && (r.value[s.part] == "" || s.pos < r.pos[s.part]) {
		r.value[s.part], r.pos[s.part] = value, s.pos
	}
}

func (r *identityReader) identity() identity {
	id := identity{service: r.value[partService], version: r.value[partVersion], host: r.value[partHost]}
	if id.service == "" {
		id.service = UnknownService
	}
	for _, p := range instanceParts {
		if id.instance = r.value[p]; id.instance != "" {
			break
		}
	}
	return id
}
