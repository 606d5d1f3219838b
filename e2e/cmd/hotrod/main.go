// Command hotrod makes a labelled recording: it runs Jaeger, HotROD, a load and a
// schedule of faults, and keeps the traces.
//
//	go run ./cmd/hotrod -out ../datasets/packs/hotrod-mysql-delay -faults mysql-delay
//
// The directory gets what `culprit record` fetched from Jaeger, or with -raw the
// OTLP that HotROD sent; faults.json; and SOURCE.md, which says how it was made.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
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
	var r recording
	flag.StringVar(&r.out, "out", "", "directory to write to")
	flag.StringVar(&r.cache, "cache", "../.cache/e2e", "where Jaeger, HotROD and culprit are built")
	flag.BoolVar(&r.raw, "raw", false, "keep what HotROD sends, not what culprit fetches")
	flag.IntVar(&r.port, "port", 8080, "first of HotROD's four ports")
	flag.DurationVar(&r.schedule.Quiet, "quiet", 4*time.Minute, "quiet time before the first fault")
	flag.DurationVar(&r.schedule.Fault, "fault", 2*time.Minute, "length of each fault")
	flag.DurationVar(&r.schedule.Pause, "pause", 2*time.Minute, "quiet time after each fault")
	flag.Float64Var(&r.load.Rate, "rate", 6, "rides asked for per second")
	flag.IntVar(&r.load.InFlight, "in-flight", 16, "most rides unanswered at a time")
	flag.Uint64Var(&r.load.Seed, "seed", 1, "seed of the load")
	faults := flag.String("faults", "all", "names of faults, comma-separated; all; none")
	flag.Parse()
	if r.out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	var err error
	if r.schedule.Faults, err = named(*faults); err != nil {
		return err
	}
	flag.Visit(func(f *flag.Flag) {
		if f.Name != "cache" && f.Name != "port" { // they say where, not what
			r.command += fmt.Sprintf(" -%s=%s", f.Name, f.Value)
		}
	})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return r.make(ctx)
}

// named finds faults by a list of their names.
func named(list string) ([]rig.Fault, error) {
	switch list {
	case "none":
		return nil, nil
	case "all":
		return rig.Faults, nil
	}
	var out []rig.Fault
	for name := range strings.SplitSeq(list, ",") {
		f, ok := rig.FaultNamed(name)
		if !ok {
			return nil, fmt.Errorf("no fault is called %q", name)
		}
		out = append(out, f)
	}
	return out, nil
}
