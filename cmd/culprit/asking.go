package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"culprit/api/client"
	"culprit/model"
)

// asking are the flags of every command that asks a running culprit.
type asking struct {
	URL string `name:"url" help:"REST of the culprit to ask." env:"CULPRIT_URL" default:"http://127.0.0.1:7070" placeholder:"URL"`
}

func (a *asking) open() (*client.Service, error) {
	s, err := client.Open(a.URL, nil)
	if err != nil {
		return nil, usageError{err}
	}
	return s, nil
}

// told turns a problem into one line that helps.
func told(err error) error {
	var p *model.Problem
	if !errors.As(err, &p) {
		return err
	}
	text := p.Detail
	if len(p.Closest) > 0 {
		text = strings.TrimSuffix(strings.TrimSuffix(text, "; closest IDs are given"), "; closest names are given")
		text += ": did you mean " + strings.Join(p.Closest, ", ") + "?"
	}
	return errors.New(text)
}

// filters are the flags that choose incidents.
type filters struct {
	State    []string  `help:"Only incidents in this state: open, resolved or expired. May repeat." enum:"open,resolved,expired" placeholder:"STATE"`
	Severity []string  `help:"Only incidents of this severity: critical, major or minor. May repeat." enum:"critical,major,minor" placeholder:"SEVERITY"`
	Service  []string  `help:"Only incidents that blame or affect this service. May repeat." placeholder:"NAME"`
	Since    time.Time `help:"Only incidents that were not over before, RFC 3339." placeholder:"TIME"`
	Until    time.Time `help:"Only incidents that started before." placeholder:"TIME"`
}

func (f *filters) params() *client.ListIncidentsParams {
	p := &client.ListIncidentsParams{}
	if len(f.State) > 0 {
		var all []client.State
		for _, s := range f.State {
			all = append(all, client.State(s))
		}
		p.State = &all
	}
	if len(f.Severity) > 0 {
		var all []client.Severity
		for _, s := range f.Severity {
			all = append(all, client.Severity(s))
		}
		p.Severity = &all
	}
	if len(f.Service) > 0 {
		p.Service = &f.Service
	}
	if !f.Since.IsZero() {
		p.Since = &f.Since
	}
	if !f.Until.IsZero() {
		p.Until = &f.Until
	}
	return p
}

// printMarks shows what people have said about an incident.
func printMarks(out io.Writer, m *model.Marks) error {
	if m == nil {
		return nil
	}
	var words []string
	if m.Acknowledged != nil {
		words = append(words, "acknowledged"+by(m.Acknowledged.By))
	}
	if m.Feedback != nil && m.Feedback.Feedback != nil {
		words = append(words, "called "+m.Feedback.Feedback.Verdict+by(m.Feedback.By))
	}
	if m.Muted != nil {
		words = append(words, "muted until "+stamp(m.Muted.Until)+by(m.Muted.By))
	}
	_, err := fmt.Fprintf(out, "    %s\n", strings.Join(words, ", "))
	return err
}

func by(name string) string {
	if name == "" {
		return ""
	}
	return " by " + oneLine(name)
}
