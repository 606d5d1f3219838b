package bus

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"culprit/model"
)

// TooLargeError says that an incident does not fit into a NATS message, even cut.
type TooLargeError struct {
	ID   string
	Size int   // bytes of JSON
	Max  int   // bytes, 0 if only the server knows
	Err  error // what the server said
}

func (e *TooLargeError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("incident %s: %d bytes are too many for the NATS server: raise max_payload there and max_msg_size of the stream: %v", e.ID, e.Size, e.Err)
	}
	return fmt.Sprintf("incident %s: %d bytes, and NATS takes %d: raise max_payload of the server (1 MiB is its default)", e.ID, e.Size, e.Max)
}

func (e *TooLargeError) Unwrap() error { return e.Err }

// A cut is how much of an incident is kept.
type cut struct {
	text, suspects, evidence, exemplars, list int
}

// cuts go from what nobody misses to the bare verdict. An incident as the engine
// makes them is far below the limit (a tenth with 50 suspects); what needs the first
// cut has hostile names, what needs the last is beyond reading anyway.
var cuts = []cut{
	{text: 2048, suspects: 50, evidence: 20, exemplars: 10, list: 500},
	{text: 512, suspects: 20, evidence: 5, exemplars: 5, list: 100},
	{text: 256, suspects: 5, evidence: 2, exemplars: 3, list: 20},
}

// fit encodes an incident in at most most bytes. One that is too large is cut, with
// a warning in it that says so; the caller's incident stays whole.
func fit(in model.Incident, most int) ([]byte, error) {
	data, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("incident %s: %w", in.ID, err)
	}
	size := len(data)
	for _, c := range cuts {
		if len(data) <= most {
			return data, nil
		}
		small := c.incident(in)
		small.Warnings = append(small.Warnings, model.Warning{
			Kind:    "incident-cut",
			Count:   1,
			Message: fmt.Sprintf("the incident had %d bytes, more than a NATS message of %d takes, and was cut", size, most),
		})
		model.SortWarnings(small.Warnings)
		if data, err = json.Marshal(small); err != nil {
			return nil, fmt.Errorf("incident %s: %w", in.ID, err)
		}
	}
	if len(data) > most {
		return nil, &TooLargeError{ID: in.ID, Size: size, Max: most}
	}
	return data, nil
}

func (c cut) incident(in model.Incident) model.Incident {
	in.Exhibit = nil // what it is shown with is the largest part, and the verdict stands without
	in.Title, in.Summary, in.Because = c.clip(in.Title), c.clip(in.Summary), c.clip(in.Because)
	in.Suspects = head(in.Suspects, c.suspects)
	for i := range in.Suspects {
		s := &in.Suspects[i]
		s.Service, s.Operation, s.Instance, s.Reason = c.clip(s.Service), c.clip(s.Operation), c.clip(s.Instance), c.clip(s.Reason)
		s.Attribute = c.attribute(s.Attribute)
		s.Exemplars = c.texts(s.Exemplars, c.exemplars)
		s.Evidence = head(s.Evidence, c.evidence)
		for j := range s.Evidence {
			e := &s.Evidence[j]
			e.Service, e.Operation, e.Caller, e.Callee = c.clip(e.Service), c.clip(e.Operation), c.clip(e.Caller), c.clip(e.Callee)
			e.Instance, e.Sentence = c.clip(e.Instance), c.clip(e.Sentence)
			e.Attribute = c.attribute(e.Attribute)
		}
	}
	in.Impact.EntryPoints = head(in.Impact.EntryPoints, c.list)
	for i := range in.Impact.EntryPoints {
		e := &in.Impact.EntryPoints[i]
		e.Service, e.Operation = c.clip(e.Service), c.clip(e.Operation)
	}
	in.Affected = c.texts(in.Affected, c.list)
	in.Links = head(in.Links, c.list)
	for i := range in.Links {
		if len(in.Links[i].URL) > c.text {
			in.Links[i].URL = "" // half a link leads nowhere
		}
	}
	in.Warnings = head(in.Warnings, c.list)
	for i := range in.Warnings {
		w := &in.Warnings[i]
		w.Place, w.Message = c.clip(w.Place), c.clip(w.Message)
	}
	return in
}

// head copies the first n; nil stays nil.
func head[T any](s []T, n int) []T { return slices.Clone(s[:min(n, len(s))]) }

func (c cut) texts(s []string, n int) []string {
	s = head(s, n)
	for i := range s {
		s[i] = c.clip(s[i])
	}
	return s
}

func (c cut) attribute(a *model.Attribute) *model.Attribute {
	if a == nil {
		return nil
	}
	return &model.Attribute{Key: c.clip(a.Key), Value: c.clip(a.Value)}
}

// clip shortens text at a character.
func (c cut) clip(s string) string {
	if len(s) <= c.text {
		return s
	}
	n := c.text
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
