// Command hotrod runs Jaeger, HotROD and a schedule of faults, and keeps the traces.
//
//	go run ./cmd/hotrod -out DIR -quiet 4m -faults mysql-delay -fault 2m -pause 2m
//
// DIR gets traces.otlp.jsonl.zst, faults.json and the logs of the processes.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"culprit/e2e/rig"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "hotrod:", err)
		os.Exit(1)
	}
}

func run() error {
	out := flag.String("out", "", "directory to write to")
	cache := flag.String("cache", "../.cache/e2e", "where Jaeger and HotROD are built")
	faults := flag.String("faults", "all", "names of faults, comma-separated; all; none")
	var s rig.Schedule
	flag.DurationVar(&s.Quiet, "quiet", 4*time.Minute, "quiet time before the first fault")
	flag.DurationVar(&s.Fault, "fault", 2*time.Minute, "length of each fault")
	flag.DurationVar(&s.Pause, "pause", 2*time.Minute, "quiet time after each fault")
	var load rig.LoadConfig
	flag.Float64Var(&load.Rate, "rate", 6, "rides asked for per second")
	flag.IntVar(&load.InFlight, "in-flight", 16, "most rides unanswered at a time")
	flag.Uint64Var(&load.Seed, "seed", 1, "seed of the load")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	switch *faults {
	case "none":
	case "all":
		s.Faults = rig.Faults
	default:
		for name := range strings.SplitSeq(*faults, ",") {
			f, ok := rig.FaultNamed(name)
			if !ok {
				return fmt.Errorf("no fault is called %q", name)
			}
			s.Faults = append(s.Faults, f)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return record(ctx, *out, *cache, s, load)
}

func record(ctx context.Context, out, cache string, s rig.Schedule, cfg rig.LoadConfig) (err error) {
	logs := filepath.Join(out, "logs")
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return err
	}
	programs, err := rig.Build(ctx, cache)
	if err != nil {
		return err
	}
	jaeger, err := rig.StartJaeger(ctx, programs.Jaeger, logs)
	if err != nil {
		return err
	}
	defer jaeger.Stop()
	tee, err := rig.StartTee(jaeger.OTLP, filepath.Join(out, "traces.otlp.jsonl.zst"))
	if err != nil {
		return err
	}
	defer func() {
		if e := tee.Close(); err == nil {
			err = e
		}
	}()
	hotrod, err := rig.StartHotROD(ctx, programs.HotROD, logs, tee.URL, rig.UsualPorts)
	if err != nil {
		return err
	}
	defer hotrod.Stop()
	load := rig.StartLoad(hotrod.URL, cfg)
	defer load.Close()
	labels, err := rig.Play(ctx, s, hotrod, load, func(what string) {
		asked, refused, failed := load.Counts()
		fmt.Fprintf(os.Stderr, "%s  %s (so far %d rides asked for, %d not, %d failed)\n",
			time.Now().UTC().Format(time.TimeOnly), what, asked, refused, failed)
	})
	if err != nil {
		return err
	}
	load.Pause()
	rig.AwaitExport()
	load.Resume()
	return labels.Write(out)
}
