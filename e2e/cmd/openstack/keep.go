package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"culprit/e2e/rig"
)

// timeFormat is osprofiler's.
const timeFormat = "2006-01-02T15:04:05.000000"

// clock stretches time from a moment on.
type clock struct {
	from  time.Time
	scale float64
}

func (c clock) at(t time.Time) time.Time {
	return c.from.Add(time.Duration(float64(t.Sub(c.from)) * c.scale)).Truncate(time.Microsecond)
}

func (c clock) labels(l rig.Labels) rig.Labels {
	at := func(t *time.Time) { *t = c.at(*t).Truncate(time.Millisecond) }
	at(&l.Start)
	at(&l.End)
	for i := range l.Baseline {
		at(&l.Baseline[i].From)
		at(&l.Baseline[i].To)
	}
	for i := range l.Faults {
		at(&l.Faults[i].From)
		at(&l.Faults[i].To)
	}
	return l
}

// keep writes what osprofiler keeps in Redis to a file, trace by trace in the order of
// their beginnings, and returns how many notifications there are. Of traces that begin
// before the recording or after until nothing is kept.
func keep(ctx context.Context, from *rig.Redis, path string, c clock, until time.Time) (int, error) {
	db := redis.NewClient(&redis.Options{Addr: from.Addr})
	defer db.Close()
	var traces [][]notification
	for keys := db.Scan(ctx, 0, "osprofiler_opt:*", 1000).Iterator(); keys.Next(ctx); {
		list, err := db.LRange(ctx, keys.Val(), 0, -1).Result()
		if err != nil {
			return 0, err
		}
		var trace []notification
		for _, text := range slices.Backward(list) { // the newest comes first
			n := notification{text: text}
			if err := n.parse(); err != nil {
				return 0, fmt.Errorf("%s: %w", keys.Val(), err)
			}
			trace = append(trace, n)
		}
		slices.SortStableFunc(trace, func(a, b notification) int { return a.at.Compare(b.at) })
		if begin := c.at(trace[0].at); !trace[0].at.Before(c.from) && begin.Before(until) {
			traces = append(traces, trace)
		}
	}
	if len(traces) == 0 {
		return 0, fmt.Errorf("osprofiler wrote nothing to %s", from.Addr)
	}
	slices.SortFunc(traces, func(a, b []notification) int { return a[0].at.Compare(b[0].at) })
	out, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	lines := bufio.NewWriter(out)
	count := 0
	var ids renumbering
	for _, trace := range traces {
		ids.next()
		for _, n := range trace {
			if _, err := fmt.Fprintln(lines, ids.of(n.stretched(c))); err != nil {
				return 0, err
			}
			count++
		}
	}
	if err := lines.Flush(); err != nil {
		return 0, err
	}
	return count, squeeze(ctx, path)
}

// squeeze replaces a file by path.zst with the zstd command, whose best is a third
// smaller than the best of its implementation in Go.
func squeeze(ctx context.Context, path string) error {
	out, err := exec.CommandContext(ctx, "zstd", "-19", "--quiet", "--force", "--rm", path).CombinedOutput()
	if err != nil {
		return fmt.Errorf("zstd %s: %w: %s (.ci/needs debian installs zstd)", path, err, out)
	}
	return nil
}

// notification is one as osprofiler wrote it.
type notification struct {
	text, stamp string
	at          time.Time
}

func (n *notification) parse() error {
	var fields struct {
		Timestamp string `json:"timestamp"`
	}
	err := json.Unmarshal([]byte(n.text), &fields)
	if err == nil {
		n.stamp = fields.Timestamp
		n.at, err = time.Parse(timeFormat, n.stamp)
	}
	return err
}

func (n *notification) stretched(c clock) string {
	return strings.ReplaceAll(n.text, n.stamp, c.at(n.at).Format(timeFormat))
}

// ids are those of requests: those of images and networks are made otherwise and stay.
var ids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

// renumbering gives IDs new ones: the trace's counts traces, all others count within
// their trace, in the order of their appearance. So the lines of two traces differ in
// little, and compress.
type renumbering struct {
	trace int
	known map[string]string
}

func (r *renumbering) next() { r.trace, r.known = r.trace+1, map[string]string{} }

func (r *renumbering) of(text string) string {
	return ids.ReplaceAllStringFunc(text, func(old string) string {
		id, ok := r.known[old]
		if !ok {
			number := 0
			if len(r.known) == 0 {
				number = r.trace // base_id is the first of a line
			}
			id = fmt.Sprintf("%08x-0000-4000-8000-%012x", number, len(r.known)+1)
			r.known[old] = id
		}
		return id
	})
}
