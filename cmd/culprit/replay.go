package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"culprit/internal/app"
	"culprit/model"
)

// replayCmd runs the live engine over a recording.
type replayCmd struct {
	reading
	judging
	From  time.Time `help:"Leave out traces that begin before, RFC 3339." placeholder:"TIME"`
	To    time.Time `help:"Leave out traces that begin then or later." placeholder:"TIME"`
	Speed speed     `help:"How many times as fast as it was, or max." default:"max" placeholder:"N|max"`
	JSON  bool      `name:"json" help:"Print JSON lines instead of a table."`
}

// Help is what --help says beyond the flags.
func (*replayCmd) Help() string {
	return `Runs the live engine over a recording from an empty state and prints every incident event in the
order in which the live service would have published it. What culprit has recorded itself
(culprit.arrivals.jsonl) gives the same incidents as the live run did, byte for byte, when the flags
that judge (--window, --false-incidents-per-day) are the same. With --from or --to, and for recordings
of other programs, whole traces are sorted by time, empty time is skipped and the last window is judged.`
}

// speed is a factor, or 0 for as fast as it goes.
type speed float64

// UnmarshalText reads a number or "max".
func (s *speed) UnmarshalText(text []byte) error {
	if string(text) == "max" {
		*s = 0
		return nil
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(v > 0) || v > 1e9 {
		return fmt.Errorf("%q is no speed: want a number above 0, or max", text)
	}
	*s = speed(v)
	return nil
}

// Run replays and prints.
func (c *replayCmd) Run(w *world) error {
	if !c.To.IsZero() && !c.To.After(c.From) {
		return misused("--to %s is not after --from %s", stamp(c.To), stamp(c.From))
	}
	o := app.ReplayOptions{From: c.From, To: c.To, Speed: float64(c.Speed), Engine: c.reading.engine()}
	c.judging.apply(&o.Engine)
	rec, done, err := c.reading.open(w)
	if err != nil {
		return err
	}
	o.TraceURL = func() string { return rec.Head().TraceURL }
	print := func(in model.Incident) error { return writeJSON(w.stdout, in) }
	if !c.JSON {
		print = func(in model.Incident) error { return printIncident(w.stdout, in) }
	}
	n := 0
	warnings, err := app.Replay(w.ctx, rec, o, func(in model.Incident) error {
		n++
		return print(in)
	})
	done()
	warn(w, warnings)
	if err == nil && n == 0 && !c.JSON {
		_, err = fmt.Fprintln(w.stdout, "no incidents")
	}
	return err
}

// printIncident is one event for a person.
func printIncident(out io.Writer, in model.Incident) error {
	errs := []error{}
	say := func(format string, args ...any) {
		_, err := fmt.Fprintf(out, format, args...)
		errs = append(errs, err)
	}
	say("%s  %-8s  %-8s  %s\n", stamp(in.UpdatedAt), in.Event, in.Severity, oneLine(in.Title))
	say("    %s:%d, since %s: %s\n", in.ID, in.Revision, stamp(in.StartedAt), oneLine(in.Because))
	if in.Event == model.EventResolved || in.Event == model.EventExpired {
		return errors.Join(errs...)
	}
	const most = 3
	for _, s := range in.Suspects[:min(most, len(in.Suspects))] {
		say("    %d. %s (%s, %.0f %%): %s\n", s.Rank, where(s), s.Kind, 100*float64(s.Confidence), oneLine(s.Reason))
	}
	if in.Impact.Requests > 0 {
		say("    %d of %d requests affected\n", in.Impact.Affected, in.Impact.Requests)
	}
	return errors.Join(errs...)
}

// writeJSON writes one line of JSON, byte for byte as it is published.
func writeJSON(out io.Writer, v any) error {
	return json.NewEncoder(out).Encode(v)
}
