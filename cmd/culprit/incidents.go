package main

import (
	"fmt"
	"text/tabwriter"

	"culprit/api/client"
	"culprit/model"
)

// incidentsCmd lists incidents.
type incidentsCmd struct {
	asking
	filters
	Limit int  `help:"The most incidents to list; 0 lists all." default:"50" placeholder:"N"`
	JSON  bool `name:"json" help:"Print JSON lines instead of a table."`
}

// Help is what --help says beyond the flags.
func (*incidentsCmd) Help() string {
	return `Lists the incidents of a running culprit, newest first.

    culprit incidents --state open
    culprit incidents --service payment --since 2026-11-22T00:00:00Z --json`
}

// Run asks and prints.
func (c *incidentsCmd) Run(w *world) error {
	if c.Limit < 0 {
		return misused("--limit %d is negative", c.Limit)
	}
	s, err := c.open()
	if err != nil {
		return err
	}
	params := c.params()
	if !c.JSON {
		brief := client.ViewBrief
		params.View = &brief
	}
	table := tabwriter.NewWriter(w.stdout, 0, 4, 2, ' ', 0)
	n := 0
	for in, err := range s.Every(w.ctx, params) {
		if err != nil {
			return told(err)
		}
		if n == 0 && !c.JSON {
			fmt.Fprintln(table, "ID\tSTATE\tSEVERITY\tSTARTED\tTITLE\tMARKS")
		}
		if n++; c.JSON {
			err = writeJSON(w.stdout, in)
		} else {
			_, err = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", oneLine(in.ID), in.State, in.Severity, stamp(in.StartedAt), oneLine(in.Title), marksOf(in.Marks))
		}
		if err != nil {
			return err
		}
		if n == c.Limit {
			break
		}
	}
	if n == 0 && !c.JSON {
		fmt.Fprintln(table, "no incidents")
	}
	return table.Flush()
}

// marksOf is what people have said, in as few words as fit a table.
func marksOf(m *model.Marks) string {
	text := ""
	add := func(word string) {
		if text != "" {
			text += ", "
		}
		text += word
	}
	switch {
	case m == nil:
		return ""
	case m.Feedback != nil && m.Feedback.Feedback != nil:
		add(m.Feedback.Feedback.Verdict)
	}
	if m.Acknowledged != nil {
		add("acknowledged")
	}
	if m.Muted != nil {
		add("muted")
	}
	return text
}
