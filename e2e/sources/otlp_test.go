package sources

import (
	"fmt"
	"testing"
)

// receiver is the configuration of an OTLP receiver.
func receiver(grpc, http string) string {
	return fmt.Sprintf("otlp:\n  - {grpc: %q, http: %q, settle: 3s}\n", grpc, http)
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
