package sources

import (
	"fmt"
	"net"
	"strconv"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"culprit/e2e/outside"
	"culprit/e2e/rig"
)

// jaegerReceiver is the configuration of a receiver for Jaeger's clients at three addresses.
func jaegerReceiver(http, grpc, udp string) string {
	return fmt.Sprintf("jaeger_receiver:\n  - {http: %q, grpc: %q, udp: [%q], %s}\n", http, grpc, udp, settle)
}

// jaeger-client for Go, compact Thrift in UDP packets to an agent.
func TestJaegerClientGoOverUDP(t *testing.T) {
	t.Parallel()
	at := ports(t, 3)
	follow(t, row{sources: jaegerReceiver(at[0], at[1], at[2]), count: 1, client: append(goClient(t, "opentracing"), "jaeger-udp", at[2])})
}

// An OpenTracing program with a tag of its own, request-type, over jaeger-client for Go and
// Thrift over HTTP: when only failures become slow, the verdict says so.
func TestOpenTracingTagsOverJaegerHTTP(t *testing.T) {
	t.Parallel()
	at := ports(t, 3)
	follow(t, row{
		sources: jaegerReceiver(at[0], at[1], at[2]), count: 1,
		client: append(goClient(t, "opentracing"), "jaeger-http", "http://"+at[0]+"/api/traces", "failures"),
		also: func(in outside.Incident) bool {
			for _, s := range in.Suspects {
				if s.Attribute.Key == "request-type" && s.Attribute.Value == "Failure" {
					return true
				}
			}
			return false
		},
	})
}

// jaeger-client for Python.
func TestJaegerClientPython(t *testing.T) {
	t.Parallel()
	at := ports(t, 3)
	follow(t, row{sources: jaegerReceiver(at[0], at[1], at[2]), count: 1, client: append(python("jaegerpy.py"), at[2])})
}

// Jaeger's model over gRPC.
func TestJaegerGRPC(t *testing.T) {
	t.Parallel()
	at := ports(t, 3)
	follow(t, row{sources: jaegerReceiver(at[0], at[1], at[2]), count: 1, client: append(goClient(t, "jaegergrpc"), at[1])})
}

func zipkinReceiver(at string) string {
	return fmt.Sprintf("zipkin_receiver:\n  - {http: %q, %s}\n", at, settle)
}

// zipkin-go, version 2 as JSON, halves of a call with one ID.
func TestZipkinGo(t *testing.T) {
	t.Parallel()
	at := ports(t, 1)[0]
	follow(t, row{sources: zipkinReceiver(at), count: 1, client: append(goClient(t, "zipkingo"), "http", "http://"+at+"/api/v2/spans")})
}

// py_zipkin, version 1 as JSON.
func TestPyZipkinVersion1(t *testing.T) {
	t.Parallel()
	at := ports(t, 1)[0]
	follow(t, row{sources: zipkinReceiver(at), count: 1, client: append(python("zipkinpy.py"), "V1_JSON", "http://"+at+"/api/v1/spans")})
}

// py_zipkin, version 2 as protobuf.
func TestPyZipkinProtobuf(t *testing.T) {
	t.Parallel()
	at := ports(t, 1)[0]
	follow(t, row{sources: zipkinReceiver(at), count: 1, client: append(python("zipkinpy.py"), "V2_PROTO3", "http://"+at+"/api/v2/spans")})
}

// jaeger-client-go's bridge to Zipkin, version 1 as Thrift.
func TestZipkinThrift(t *testing.T) {
	t.Parallel()
	at := ports(t, 1)[0]
	follow(t, row{sources: zipkinReceiver(at), count: 1, client: append(goClient(t, "opentracing"), "zipkin-http", "http://"+at+"/api/v1/spans")})
}

// zipkin-go through the real Zipkin server, which culprit asks.
func TestZipkinServer(t *testing.T) {
	t.Parallel()
	zipkin, err := rig.StartZipkin(t.Context(), program(t, zipkinFetched), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		zipkin.Stop()
		if t.Failed() {
			show(t, zipkin.Log)
		}
	})
	follow(t, row{
		sources: fmt.Sprintf("zipkin:\n  - {endpoint: %q, step: 2s, %s, second_look: 1s, backfill: 1s}\n", zipkin.URL, settle), count: 1,
		client: append(goClient(t, "zipkingo"), "http", zipkin.URL+"/api/v2/spans"),
	})
}

// zipkin-go over Kafka. The broker is franz-go's kfake, which speaks Kafka's protocol and
// keeps everything in memory.
func TestZipkinKafka(t *testing.T) {
	t.Parallel()
	at := ports(t, 1)[0]
	_, p, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(p)
	if err != nil {
		t.Fatal(err)
	}
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(port), kfake.SeedTopics(2, "zipkin"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	follow(t, row{
		sources: fmt.Sprintf("zipkin_kafka:\n  - {brokers: [%q], %s}\n", at, settle), count: 1,
		client: append(goClient(t, "zipkingo"), "kafka", at),
	})
}

// lightstep-tracer-go, with an access token.
func TestLightstep(t *testing.T) {
	t.Parallel()
	at := ports(t, 1)[0]
	follow(t, row{
		sources: fmt.Sprintf("lightstep:\n  - {http: %q, %s}\n", at, settle), count: 1,
		client: append(goClient(t, "opentracing"), "lightstep", at),
		env:    []string{"LIGHTSTEP_ACCESS_TOKEN=e2e"},
	})
}

// OpenCensus' exporter to its agent.
func TestOpenCensus(t *testing.T) {
	t.Parallel()
	at := ports(t, 1)[0]
	follow(t, row{sources: fmt.Sprintf("opencensus:\n  - {grpc: %q, %s}\n", at, settle), count: 1, client: append(goClient(t, "opencensus"), at)})
}
