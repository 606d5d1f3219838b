package bottlenecks

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os/exec"
	"testing"
	"time"

	"culprit/e2e/rig"
)

const (
	// slow and fast are what a query of HotROD's database takes: fast is 20 % faster. At
	// this length rides wait for little else, so that a prediction of "nothing changes"
	// would be off by 17 %, and be found out.
	slow, fast = "1000ms", "800ms"
	// right is how far the prediction may be off.
	right = 0.1
	// lasts is how long each of the two is asked for rides.
	lasts = 22 * time.Second
	// rides is the fewest of each that say anything: their times scatter by a quarter.
	rides = 60
)

// paths is what `culprit criticalpath --output json` tells of an entry point.
type paths struct {
	Entries []struct {
		Service     string  `json:"service"`
		Requests    int     `json:"requests"`
		MeanMS      float64 `json:"mean_ms"`
		P50MS       float64 `json:"p50_ms"`
		Predictions []struct {
			Service   string `json:"service"`
			Mean, P50 struct {
				After float64 `json:"after_ms"`
				Gain  float64 `json:"gain_ms"`
			}
		} `json:"predictions"`
	} `json:"entries"`
}

// HotROD with a database that is 20 % faster takes as long as was predicted from HotROD
// before: within 10 %.
func TestPredictionComesTrue(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Jaeger and HotROD for a minute")
	}
	ctx, dir := t.Context(), t.TempDir()
	programs, err := rig.Build(ctx, "../../.cache")
	if err != nil {
		t.Fatal(err)
	}
	culprit, err := rig.BuildCulprit(ctx, "../..", dir)
	if err != nil {
		t.Fatal(err)
	}
	jaeger, err := rig.StartJaeger(ctx, programs.Jaeger, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(jaeger.Stop)
	ports, err := rig.FreePorts(4)
	if err != nil {
		t.Fatal(err)
	}
	hotrod, err := rig.StartHotROD(ctx, programs.HotROD, dir, jaeger.OTLP, [4]int(ports))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hotrod.Stop)

	was := ridden(t, hotrod, jaeger, culprit, slow, "--faster", "mysql SQL SELECT=20%")
	is := ridden(t, hotrod, jaeger, culprit, fast)
	said := was.Entries[0].Predictions[0]
	now := is.Entries[0]
	t.Logf("before: mean %.0f ms, p50 %.0f ms of %d rides; predicted: mean %.0f ms, p50 %.0f ms; came true: mean %.0f ms, p50 %.0f ms of %d rides",
		was.Entries[0].MeanMS, was.Entries[0].P50MS, was.Entries[0].Requests, said.Mean.After, said.P50.After, now.MeanMS, now.P50MS, now.Requests)
	for name, x := range map[string][2]float64{"mean": {said.Mean.After, now.MeanMS}, "p50": {said.P50.After, now.P50MS}} {
		if off := math.Abs(x[0]-x[1]) / x[1]; off > right {
			t.Errorf("predicted a %s of %.0f ms, it is %.0f: off by %.0f %%", name, x[0], x[1], 100*off)
		}
	}
	if said.P50.Gain < 0.1*was.Entries[0].P50MS {
		t.Errorf("a gain of %.0f ms of %.0f is no prediction to hold anything against", said.P50.Gain, was.Entries[0].P50MS)
	}
}

// ridden runs HotROD with a query time and has culprit look at what Jaeger holds of it.
func ridden(t *testing.T, hotrod *rig.HotROD, jaeger *rig.Jaeger, culprit, query string, args ...string) paths {
	t.Helper()
	ctx := t.Context()
	hotrod.StopPart(rig.Customer)
	knobs := rig.Normal
	knobs.QueryDelay = query
	if err := hotrod.StartPart(ctx, rig.Customer, knobs); err != nil {
		t.Fatal(err)
	}
	load := rig.StartLoad(hotrod.URL, rig.LoadConfig{Rate: 5, InFlight: 12, Seed: 20})
	from := time.Now().Add(2 * time.Second) // the first rides open connections
	select {
	case <-time.After(lasts):
	case <-ctx.Done():
		t.Fatal(ctx.Err())
	}
	load.Pause()
	to := time.Now()
	load.Resume()
	load.Close()
	rig.AwaitExport()
	var out paths
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(500 * time.Millisecond) {
		out = asked(ctx, t, culprit, append([]string{"criticalpath", "--jaeger", jaeger.HTTP, "--operation", "frontend /dispatch", "--output", "json",
			"--from", from.UTC().Format(time.RFC3339Nano), "--to", to.UTC().Format(time.RFC3339Nano)}, args...)...)
		if len(out.Entries) == 1 && out.Entries[0].Requests >= rides {
			return out
		}
		if time.Now().After(deadline) {
			t.Fatalf("with queries of %s Jaeger holds %+v, want %d rides", query, out.Entries, rides)
		}
	}
}

func asked(ctx context.Context, t *testing.T, program string, args ...string) (out paths) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("culprit %v: %v\n%s", args, err, stderr.Bytes())
	}
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil {
		t.Fatalf("%v in %.300s", err, stdout.Bytes())
	}
	return out
}
