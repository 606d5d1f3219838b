package main

import (
	"fmt"
	"strings"

	"culprit/model"
)

// feedbackCmd says whether an incident was right.
type feedbackCmd struct {
	asking
	ID        string `arg:"" help:"The incident, as culprit incidents lists it."`
	Verdict   string `arg:"" help:"right, wrong or expected." enum:"right,wrong,expected"`
	Service   string `help:"wrong: the service that was the cause." placeholder:"NAME"`
	Operation string `help:"wrong: its operation." placeholder:"NAME"`
	Instance  string `help:"wrong: its instance." placeholder:"NAME"`
	Attribute string `help:"wrong: what the cause had in common." placeholder:"KEY=VALUE"`
	By        string `help:"Who says so." env:"USER" placeholder:"NAME"`
	Comment   string `help:"In words." placeholder:"TEXT"`
}

// Help is what --help says beyond the flags.
func (*feedbackCmd) Help() string {
	return `right: the first suspect was the cause. wrong: it was not; name the true cause, or none if nothing was wrong.
expected: what the incident tells is meant to be so; it ends, and is normal from now on.

    culprit feedback cz2ytraxtflhay3m wrong --service redis --comment "failover"`
}

// Run says it.
func (c *feedbackCmd) Run(w *world) error {
	f := model.FeedbackRequest{By: c.By, Comment: c.Comment}
	f.Verdict = c.Verdict
	cause := model.Cause{Service: c.Service, Operation: c.Operation, Instance: c.Instance}
	if c.Attribute != "" {
		key, value, ok := strings.Cut(c.Attribute, "=")
		if !ok || key == "" {
			return misused("--attribute %s: want KEY=VALUE", c.Attribute)
		}
		cause.Attribute = &model.Attribute{Key: key, Value: value}
	}
	if cause != (model.Cause{}) {
		if c.Verdict != model.VerdictWrong {
			return misused("only the verdict wrong has a cause")
		}
		f.Causes = []model.Cause{cause}
	}
	s, err := c.open()
	if err != nil {
		return err
	}
	n, err := s.Feedback(w.ctx, c.ID, f)
	if err != nil {
		return told(err)
	}
	_, err = fmt.Fprintf(w.stdout, "%s is called %s\n", oneLine(n.Incident), n.Feedback.Verdict)
	return err
}
