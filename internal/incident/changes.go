package incident

import (
	"fmt"
	"time"

	"culprit/model"
)

// Precede says how long before an onset a change was made, in a sentence.
func Precede(c model.Change, onset time.Time) model.Preceding {
	before := onset.Sub(c.At)
	when := span(before) + " before"
	if before < 0 {
		when = span(-before) + " after it began"
	}
	name := c.Service
	if c.Version != "" {
		if name != "" {
			name += " "
		}
		name += c.Version
	}
	var s string
	switch {
	case c.Kind == model.ChangeDeploy && name != "":
		s = fmt.Sprintf("%s was deployed %s", name, when)
	case c.Kind == model.ChangeVersion && c.Previous != "":
		s = fmt.Sprintf("%s was first seen %s, after %s", name, when, c.Previous)
	case c.Kind == model.ChangeFlag && c.Service != "":
		s = fmt.Sprintf("a flag of %s was changed %s", c.Service, when)
	case c.Kind == model.ChangeFlag:
		s = fmt.Sprintf("a flag was changed %s", when)
	case c.Kind == model.ChangeConfig && c.Service != "":
		s = fmt.Sprintf("the configuration of %s was changed %s", c.Service, when)
	case c.Kind == model.ChangeConfig:
		s = fmt.Sprintf("the configuration was changed %s", when)
	case name != "":
		s = fmt.Sprintf("%s was changed %s", name, when)
	default:
		s = fmt.Sprintf("a change was made %s", when)
	}
	if c.What != "" {
		s += ": " + c.What
	}
	return model.Preceding{Change: c, Before: model.Number(before.Seconds()), Sentence: s}
}

// span is a duration as one says it.
func span(d time.Duration) string {
	switch {
	case d < 90*time.Second:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 90*time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

// Quote is what a summary says of the changes before an incident: the first of them.
// Empty without any. The tracker takes it off again from what it reads in the log.
func Quote(changes []model.Preceding) string {
	if len(changes) == 0 {
		return ""
	}
	return " " + upperFirst(changes[0].Sentence) + "."
}

func upperFirst(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
