package sources

import (
	"fmt"
	"testing"
)

// receiver is the configuration of an OTLP receiver.
func receiver(grpc, http string) string {
	return fmt.Sprintf("otlp:\n  - {grpc: %q, http: %q, %s}\n", grpc, http, settle)
}

// OpenTelemetry's Go SDK over gRPC.
func TestOTLPFromGo(t *testing.T) {
	t.Parallel()
	at := ports(t, 2)
	follow(t, row{
		sources: receiver(at[0], at[1]), count: 1,
		client: goClient(t, "otelgo"),
		env:    []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + at[0]},
	})
}

// OpenTelemetry's Python SDK over HTTP, in protobuf, packed.
func TestOTLPFromPython(t *testing.T) {
	t.Parallel()
	at := ports(t, 2)
	follow(t, row{
		sources: receiver(at[0], at[1]), count: 1,
		client: python("otel.py"),
		env:    []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + at[1]},
	})
}

// OpenTelemetry's Node SDK over HTTP, in JSON.
func TestOTLPFromNode(t *testing.T) {
	t.Parallel()
	at := ports(t, 2)
	follow(t, row{
		sources: receiver(at[0], at[1]), count: 1,
		client: node("otel.js"),
		env:    []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + at[1]},
	})
}
