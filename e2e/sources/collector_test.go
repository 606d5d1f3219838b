package sources

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"culprit/e2e/rig"
)

// jaegers starts n Jaegers and returns them with the configuration that reads them.
func jaegers(t *testing.T, n int) ([]*rig.Jaeger, string) {
	t.Helper()
	building.Lock()
	programs, err := rig.Build(t.Context(), filepath.Join(cache, "e2e"))
	building.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	config := "jaeger:\n"
	var out []*rig.Jaeger
	for range n {
		j, err := rig.StartJaeger(t.Context(), programs.Jaeger, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(j.Stop)
		out = append(out, j)
		config += fmt.Sprintf("  - {endpoints: [%q], step: 2s, settle: 3s, second_look: 2s, backfill: 2s}\n", j.GRPC)
	}
	return out, config
}

// collect starts a Collector that sends to the receivers, and returns the row's client:
// OpenTelemetry's Go SDK, which sends to the Collector.
func collect(t *testing.T, to ...string) (client, env []string) {
	t.Helper()
	building.Lock()
	program, err := rig.BuildCollector(t.Context(), filepath.Join(cache, "e2e"))
	building.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	c, err := rig.StartCollector(t.Context(), program, t.TempDir(), to...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return goClient(t, "otelgo"), []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + c.GRPC}
}

// A Collector that sends to a Jaeger and to culprit, which does not read the Jaeger.
func TestOTLPFromACollectorBesideJaeger(t *testing.T) {
	t.Parallel()
	at := ports(t, 2)
	js, _ := jaegers(t, 1)
	client, env := collect(t, js[0].OTLP, "http://"+at[1])
	follow(t, row{sources: receiver(at[0], at[1]), count: 1, client: client, env: env})
}

// OTLP and two Jaegers at once: each span comes three times, and counts once.
func TestOTLPAndTwoJaegersAtOnce(t *testing.T) {
	t.Parallel()
	at := ports(t, 2)
	js, config := jaegers(t, 2)
	client, env := collect(t, js[0].OTLP, js[1].OTLP, "grpc://"+at[0])
	follow(t, row{sources: receiver(at[0], at[1]) + config, count: 3, client: client, env: env})
}

// Jaeger alone, asked over HTTP.
func TestJaegerIsAsked(t *testing.T) {
	t.Parallel()
	js, config := jaegers(t, 1)
	client, env := collect(t, js[0].OTLP)
	follow(t, row{sources: strings.ReplaceAll(config, js[0].GRPC, js[0].HTTP), count: 1, client: client, env: env})
}
