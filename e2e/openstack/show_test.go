package openstack

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"culprit/e2e/rig"
)

// show has osprofiler's own command show the creation of a VM, and culprit read what it
// says: the way from service to service is there.
func show(t *testing.T, w *world) {
	t.Helper()
	python, err := rig.Python("../..")
	if err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(t.TempDir(), "report.json")
	run(t, filepath.Join(filepath.Dir(python), "osprofiler"), "trace", "show", "--json",
		"--connection-string", w.queue.URL(0), "--out", report, longest(t, w.queue))
	said := run(t, program(t), "workflow", report, "--operation", "nova-api WSGI_POST_/v2.1/{}/servers")
	for _, want := range []string{
		"nova-api WSGI_POST_/v2.1/{}/servers, one run",
		"-> keystone-public WSGI_GET_/v3/auth/tokens",
		"~> nova-conductor RPC_ConductorManager.schedule_and_b",
		"-> nova-scheduler RPC_SchedulerManager.select_desti",
		"-> placement-api WSGI_PUT_/allocations/{}",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in what culprit says:\n%s", want, said)
		}
	}
}

// longest is the trace with the most notifications: a VM, since images are short.
func longest(t *testing.T, queue *rig.Redis) string {
	t.Helper()
	const prefix = "osprofiler_opt:"
	db := redis.NewClient(&redis.Options{Addr: queue.Addr})
	defer db.Close()
	keys, err := db.Keys(t.Context(), prefix+"*").Result()
	if err != nil {
		t.Fatal(err)
	}
	base, most := "", int64(0)
	for _, k := range keys {
		n, err := db.LLen(t.Context(), k).Result()
		if err != nil {
			t.Fatal(err)
		}
		if n > most {
			base, most = strings.TrimPrefix(k, prefix), n
		}
	}
	return base
}

// run runs a program that must succeed and returns what it prints.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	cmd := exec.CommandContext(ctx, program, args...)
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(program), strings.Join(args, " "), err, out, errors.String())
	}
	return string(out)
}
