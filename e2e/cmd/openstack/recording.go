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

const (
	// settle is how long the cloud runs before what it does counts.
	settle = 15 * time.Second
	// tail is how long it goes on behind the schedule, so that what was begun is finished.
	tail = 30 * time.Second
)

// recording is one to be made. Its durations are the recording's: the cloud's are shorter
// by its scale.
type recording struct {
	out                 string
	quiet, fault, pause time.Duration
	cloud               rig.CloudConfig
	command             string // the flags that it was made with
}

func (r *recording) make(ctx context.Context) error {
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	logs, err := os.MkdirTemp("", "openstack-")
	if err != nil {
		return err
	}
	redis, err := rig.StartRedis(ctx, logs)
	if err != nil {
		return err
	}
	defer redis.Stop()
	config := r.cloud
	config.Store = redis.URL(0)
	config.Rate *= config.Scale
	cloud, err := rig.StartCloud(ctx, ".", logs, redis, config)
	if err != nil {
		return err
	}
	labels, err := r.play(ctx, cloud)
	cloud.Stop()
	if err != nil {
		return fmt.Errorf("%w (logs are in %s)", err, logs)
	}
	stretch := clock{from: labels.Start, scale: r.cloud.Scale}
	labels = stretch.labels(labels)
	n, err := keep(ctx, redis, filepath.Join(r.out, "notifications.jsonl"), stretch, labels.End.Add(-tail/2))
	if err != nil {
		return err
	}
	if err := labels.Write(r.out); err != nil {
		return err
	}
	say("%d notifications are kept", n)
	if err := r.writeSource(labels); err != nil {
		return err
	}
	return os.RemoveAll(logs)
}

// play runs the cloud through the schedule.
func (r *recording) play(ctx context.Context, cloud *rig.Cloud) (rig.Labels, error) {
	out := rig.Labels{System: "openstack", Faults: []rig.Label{}}
	if err := r.sleep(ctx, settle); err != nil {
		return out, err
	}
	out.Start = time.Now().UTC()
	say("quiet for %s", r.quiet)
	if err := r.sleep(ctx, r.quiet); err != nil {
		return out, err
	}
	out.Baseline = []rig.Stretch{{From: out.Start, To: time.Now().UTC()}}
	for i, f := range rig.CloudFaults {
		on, err := cloud.Break(ctx, f.Name)
		if err != nil {
			return out, err
		}
		say("%s for %s: %s", f.Name, r.fault, f.Note)
		if err := r.sleep(ctx, r.fault); err != nil {
			return out, err
		}
		off, err := cloud.Break(ctx, "")
		if err != nil {
			return out, err
		}
		out.Faults = append(out.Faults, rig.Label{
			ID: fmt.Sprintf("f%02d-%s", i+1, f.Name), From: on.UTC(), To: off.UTC(),
			Type: f.Type, RootCauses: f.Causes, Visible: true, Note: f.Note,
		})
		say("quiet for %s", r.pause)
		if err := r.sleep(ctx, r.pause); err != nil {
			return out, err
		}
	}
	if err := r.sleep(ctx, tail); err != nil {
		return out, err
	}
	out.End = time.Now().UTC()
	return out, nil
}

// sleep lets the cloud live for so long in the recording's time.
func (r *recording) sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(float64(d) / r.cloud.Scale)):
		return nil
	}
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s  %s\n", time.Now().UTC().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// writeSource writes SOURCE.md: what the recording is, and the command and date it was
// made with.
func (r *recording) writeSource(l rig.Labels) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", filepath.Base(r.out))
	fmt.Fprintf(&b, "Notifications of osprofiler from services shaped like OpenStack's, which are asked for %g VMs a second. In health but for these faults (times are in `faults.json`):\n\n", r.cloud.Rate)
	for _, f := range l.Faults {
		fmt.Fprintf(&b, "* %s, %s: %s.\n", f.ID, f.To.Sub(f.From).Round(time.Second), f.Note)
	}
	fmt.Fprintf(&b, `
The services are those of e2e/openstack: they do the calls that a VM's creation takes, over HTTP, RPC and SQL, and no work. They are traced by the real osprofiler
into a real Redis, whose lists are kept here as they were but for two changes: the cloud's time passed %g times faster, so that timestamps are stretched by that
from the recording's start on; and IDs are numbered anew, so that they compress.

Recorded on %s with

    cd e2e && go run ./cmd/openstack%s
`, r.cloud.Scale, time.Now().UTC().Format(time.DateOnly), r.command)
	return os.WriteFile(filepath.Join(r.out, "SOURCE.md"), []byte(b.String()), 0o644)
}
