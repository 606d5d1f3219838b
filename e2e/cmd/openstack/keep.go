package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
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
	zip, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return 0, err
	}
	count := 0
	var ids renumbering
	for _, trace := range traces {
		ids.next()
		for _, n := range trace {
			if _, err := fmt.Fprintln(zip, ids.of(n.stretched(c))); err != nil {
				return 0, err
			}
			count++
		}
	}
	if err := zip.Close(); err != nil {
		return 0, err
	}
	return count, out.Close()
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

// renumbering gives the IDs within a trace new ones, which count the traces in front and
// the trace's IDs behind, in the order of their appearance.
type renumbering struct {
	trace int
	known map[string]string
}

func (r *renumbering) next() { r.trace, r.known = r.trace+1, map[string]string{} }

func (r *renumbering) of(text string) string {
	return ids.ReplaceAllStringFunc(text, func(old string) string {
		id, ok := r.known[old]
		if !ok {
			id = fmt.Sprintf("%08x-0000-4000-8000-%012x", r.trace, len(r.known)+1)
			r.known[old] = id
		}
		return id
	})
}
