package sources

import (
	"fmt"
	"strings"
	"testing"

	"culprit/e2e/rig"
)

// jaegers starts n Jaegers and returns them with the configuration that reads them.
func jaegers(t *testing.T, n int) ([]*rig.Jaeger, string) {
	t.Helper()
	bin := program(t, jaegerBuilt)
	config := "jaeger:\n"
	var out []*rig.Jaeger
	for range n {
		j, err := rig.StartJaeger(t.Context(), bin, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			j.Stop()
			if t.Failed() {
				show(t, j.Log)
			}
		})
		out = append(out, j)
		config += fmt.Sprintf("  - {endpoints: [%q], step: 2s, %s, second_look: 2s, backfill: 2s}\n", j.GRPC, settle)
	}
	return out, config
}

// collect is a Collector that sends to the receivers, once culprit listens.
func collect(t *testing.T, to ...string) (between func() []string) {
	t.Helper()
	bin := program(t, collectorBuilt)
	return func() []string {
		c, err := rig.StartCollector(t.Context(), bin, t.TempDir(), to...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			c.Stop()
			if t.Failed() {
				show(t, c.Log)
			}
		})
		return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + c.GRPC}
	}
}

// A Collector that sends to a Jaeger and to culprit, which does not read the Jaeger.
func TestOTLPFromACollectorBesideJaeger(t *testing.T) {
	t.Parallel()
	at := ports(t, 2)
	js, _ := jaegers(t, 1)
	between := collect(t, js[0].OTLP, "http://"+at[1])
	follow(t, row{sources: receiver(at[0], at[1]), count: 1, client: goClient(t, "otelgo"), between: between})
}

// OTLP and two Jaegers at once: each span comes three times, and counts once.
func TestOTLPAndTwoJaegersAtOnce(t *testing.T) {
	t.Parallel()
	at := ports(t, 2)
	js, config := jaegers(t, 2)
	between := collect(t, js[0].OTLP, js[1].OTLP, "grpc://"+at[0])
	follow(t, row{sources: receiver(at[0], at[1]) + config, count: 3, client: goClient(t, "otelgo"), between: between})
}

// Jaeger alone, asked over HTTP.
func TestJaegerIsAsked(t *testing.T) {
	t.Parallel()
	js, config := jaegers(t, 1)
	between := collect(t, js[0].OTLP)
	follow(t, row{sources: strings.ReplaceAll(config, js[0].GRPC, js[0].HTTP), count: 1, client: goClient(t, "otelgo"), between: between})
}

// Grafana Tempo, asked through its bridge to Jaeger's query service.
func TestTempo(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a minute of real time")
	}
	programs, err := tempoBuilt()
	if err != nil {
		t.Fatal(err)
	}
	tempo, err := rig.StartTempo(t.Context(), programs, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tempo.Stop()
		if t.Failed() {
			for _, log := range tempo.Logs() {
				show(t, log)
			}
		}
	})
	follow(t, row{
		sources: fmt.Sprintf("jaeger:\n  - {endpoints: [%q], step: 2s, %s, second_look: 2s, backfill: 2s, floor: 2s}\n", tempo.HTTP, settle), count: 1,
		client: goClient(t, "otelgo"),
		env:    []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + tempo.OTLP},
	})
}
