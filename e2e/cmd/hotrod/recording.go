package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"culprit/e2e/rig"
)

// lag is how long the recorder is left running, under load, after the schedule: its
// settle delay, its second look for late spans, and one window.
const lag = 75 * time.Second

// recording is one to be made.
type recording struct {
	out, cache string
	raw        bool
	port       int
	schedule   rig.Schedule
	load       rig.LoadConfig
	command    string // the flags that it was made with
}

func (r *recording) make(ctx context.Context) error {
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	logs, err := os.MkdirTemp("", "hotrod-")
	if err != nil {
		return err
	}
	programs, err := rig.Build(ctx, r.cache)
	if err != nil {
		return err
	}
	jaeger, err := rig.StartJaeger(ctx, programs.Jaeger, logs)
	if err != nil {
		return err
	}
	defer jaeger.Stop()
	labels, err := r.keep(ctx, jaeger, logs, func(otlp string) (rig.Labels, error) {
		return r.play(ctx, programs.HotROD, logs, otlp)
	})
	if err != nil {
		return fmt.Errorf("%w (logs are in %s)", err, logs)
	}
	if err := labels.Write(r.out); err != nil {
		return err
	}
	if err := r.writeSource(labels); err != nil {
		return err
	}
	return os.RemoveAll(logs)
}

// keep calls play with where to send spans, and keeps them.
func (r *recording) keep(ctx context.Context, jaeger *rig.Jaeger, logs string, play func(otlp string) (rig.Labels, error)) (rig.Labels, error) {
	if r.raw {
		tee, err := rig.StartTee(jaeger.OTLP, filepath.Join(r.out, "traces.otlp.jsonl.zst"))
		if err != nil {
			return rig.Labels{}, err
		}
		labels, err := play(tee.URL)
		if e := tee.Close(); err == nil {
			err = e
		}
		return labels, err
	}
	culprit, err := rig.BuildCulprit(ctx, "..", r.cache)
	if err != nil {
		return rig.Labels{}, err
	}
	recorder, err := rig.StartProcess("culprit-record", logs, culprit, nil, "record", "--jaeger", jaeger.GRPC, r.out)
	if err != nil {
		return rig.Labels{}, err
	}
	labels, err := play(jaeger.OTLP)
	recorder.Stop()
	if code := recorder.ExitCode(); err == nil && code != 0 {
		err = fmt.Errorf("culprit record ended with status %d; its log is %s", code, recorder.Log)
	}
	if err == nil {
		err = compress(filepath.Join(r.out, "culprit.arrivals.jsonl"))
	}
	return labels, err
}

// play runs HotROD through the schedule, and for a recorder that reads behind keeps
// the load going for a while: the end of the load must not look like a fault.
func (r *recording) play(ctx context.Context, program, logs, otlp string) (rig.Labels, error) {
	hotrod, err := rig.StartHotROD(ctx, program, logs, otlp, [4]int{r.port, r.port + 1, r.port + 2, r.port + 3})
	if err != nil {
		return rig.Labels{}, err
	}
	defer hotrod.Stop()
	load := rig.StartLoad(hotrod.URL, r.load)
	defer load.Close()
	labels, err := rig.Play(ctx, r.schedule, hotrod, load, func(what string) {
		asked, refused, failed := load.Counts()
		fmt.Fprintf(os.Stderr, "%s  %s (so far %d rides asked for, %d not, %d failed)\n",
			time.Now().UTC().Format(time.TimeOnly), what, asked, refused, failed)
	})
	if err != nil || r.raw {
		return labels, err
	}
	select {
	case <-ctx.Done():
		return labels, ctx.Err()
	case <-time.After(lag):
		return labels, nil
	}
}

// writeSource writes SOURCE.md: what the recording is, and the command, date and
// programs it was made with.
func (r *recording) writeSource(l rig.Labels) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", filepath.Base(r.out))
	fmt.Fprintf(&b, "HotROD, Jaeger's demonstration application, under %g rides a second", r.load.Rate)
	if len(l.Faults) == 0 {
		b.WriteString(", in health all the time: every incident in it is a false one.\n\n")
	} else {
		b.WriteString(". In health but for these faults (times are in `faults.json`):\n\n")
		for _, f := range l.Faults {
			fmt.Fprintf(&b, "* %s, %s: %s.\n", f.ID, f.To.Sub(f.From).Round(time.Second), f.Note)
		}
		b.WriteByte('\n')
	}
	kept := "Fetched from Jaeger with `culprit record`, less the log lines that HotROD writes into its spans,"
	if r.raw {
		kept = "Kept as HotROD sent it (OTLP)"
	}
	fmt.Fprintf(&b, "%s on %s from the Jaeger and the HotROD of %s (Apache-2.0), with\n\n", kept, l.Start.Format(time.DateOnly), rig.JaegerModule)
	fmt.Fprintf(&b, "    cd e2e && go run ./cmd/hotrod%s\n", r.command)
	return os.WriteFile(filepath.Join(r.out, "SOURCE.md"), []byte(b.String()), 0o644)
}
