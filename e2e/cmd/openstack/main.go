// Command openstack makes the labelled recording of VMs being created: it runs the test
// cloud of e2e/openstack with the real osprofiler and a real Redis through a schedule of
// faults, and keeps the notifications that osprofiler wrote.
//
//	go run ./cmd/openstack -out ../datasets/packs/openstack-vm-creation
//
// The cloud's time passes -scale times faster than a real one's, and the recording's
// timestamps are stretched back: that is why a recording of half an hour takes some
// minutes. IDs are numbered anew so that they compress.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "openstack:", err)
		os.Exit(1)
	}
}

func run() error {
	var r recording
	flag.StringVar(&r.out, "out", "", "directory to write to")
	flag.DurationVar(&r.quiet, "quiet", 8*time.Minute, "quiet time before the first fault")
	flag.DurationVar(&r.fault, "fault", 75*time.Second, "length of each fault")
	flag.DurationVar(&r.pause, "pause", 3*time.Minute, "quiet time after each fault")
	flag.Float64Var(&r.cloud.Rate, "rate", 0.42, "VMs a second")
	flag.Float64Var(&r.cloud.Scale, "scale", 4, "how many times faster than the recording's the cloud's time passes")
	flag.IntVar(&r.cloud.Seed, "seed", 1, "seed of the load")
	flag.Parse()
	if r.out == "" || flag.NArg() > 0 || r.cloud.Scale < 1 {
		flag.Usage()
		os.Exit(2)
	}
	flag.Visit(func(f *flag.Flag) { r.command += fmt.Sprintf(" -%s=%s", f.Name, f.Value) })
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return r.make(ctx)
}
