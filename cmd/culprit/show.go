package main

import (
	"errors"
	"fmt"
	"strings"

	"culprit/model"
)

// showCmd shows one incident.
type showCmd struct {
	asking
	ID   string `arg:"" help:"The incident, as culprit incidents lists it."`
	JSON bool   `name:"json" help:"Print the JSON of the REST resource."`
}

// Help is what --help says beyond the flags.
func (*showCmd) Help() string {
	return `Shows an incident with its suspects, the evidence for the first one, what was changed before, and its
history: every revision and what people have said about it.`
}

// Run asks and prints.
func (c *showCmd) Run(w *world) error {
	s, err := c.open()
	if err != nil {
		return err
	}
	h, err := s.Incident(w.ctx, c.ID)
	if err != nil {
		return told(err)
	}
	if c.JSON {
		return writeJSON(w.stdout, h)
	}
	var errs []error
	say := func(format string, args ...any) {
		_, err := fmt.Fprintf(w.stdout, format, args...)
		errs = append(errs, err)
	}
	say("%s\n%s, %s, since %s\n\n%s\n", oneLine(h.Title), h.State, h.Severity, stamp(h.StartedAt), oneLine(h.Summary))
	errs = append(errs, printMarks(w.stdout, h.Marks))
	say("\n")
	const most = 5
	for i, x := range h.Suspects[:min(most, len(h.Suspects))] {
		say("%d. %s (%s, %.0f %%): %s\n", x.Rank, where(x), x.Kind, 100*float64(x.Confidence), oneLine(x.Reason))
		if i > 0 {
			continue
		}
		for _, e := range x.Evidence[:min(most, len(x.Evidence))] {
			say("     %s (z %.1f, %d traces)\n", oneLine(e.Sentence), float64(e.Z), e.Samples)
		}
	}
	if h.Impact.Requests > 0 {
		say("\n%d of %d requests affected; concerns %s\n", h.Impact.Affected, h.Impact.Requests, oneLine(strings.Join(h.Affected, ", ")))
	}
	for _, l := range h.Links {
		say("trace %s\n", oneLine(l.URL))
	}
	if len(h.Changes) > 0 {
		say("\nChanged before:\n")
		for _, x := range h.Changes {
			say("  %s  %s\n", stamp(x.At), oneLine(x.Sentence))
		}
	}
	say("\nHistory:\n")
	if h.Omitted > 0 {
		say("  %d revisions are no longer kept\n", h.Omitted)
	}
	notes := h.Notes
	for _, r := range h.Revisions {
		for len(notes) > 0 && notes[0].At.Before(r.UpdatedAt) {
			say("%s", noteLine(notes[0]))
			notes = notes[1:]
		}
		say("  %s  %-12s  %s: %s\n", stamp(r.UpdatedAt), r.Event, oneLine(r.Title), oneLine(r.Because))
	}
	for _, n := range notes {
		say("%s", noteLine(n))
	}
	return errors.Join(errs...)
}

// noteLine is a note as a line of a history.
func noteLine(n model.Note) string {
	text := ""
	if n.Feedback != nil {
		text = n.Feedback.Verdict
		for _, x := range n.Feedback.Causes {
			text += ", it was " + where(model.Suspect{Service: x.Service, Operation: x.Operation, Instance: x.Instance, Attribute: x.Attribute})
		}
	}
	if n.By != "" {
		text += by(n.By)
	}
	if n.Comment != "" {
		text += ": " + oneLine(n.Comment)
	}
	return fmt.Sprintf("  %s  %-12s  %s\n", stamp(n.At), n.Kind, strings.TrimSpace(text))
}
