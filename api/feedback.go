package api

import (
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"culprit/model"
)

// GiveFeedback keeps whether an incident was right, wrong or expected.
func (h handlers) GiveFeedback(c echo.Context, id string) error {
	b, err := body[model.FeedbackRequest](c)
	if err != nil {
		return err
	}
	const most = 20
	switch b.Verdict {
	case model.VerdictRight, model.VerdictWrong, model.VerdictExpected:
	default:
		return badField("verdict", "verdict must be right, wrong or expected, is %q", clip(b.Verdict))
	}
	switch {
	case len(b.Causes) > 0 && b.Verdict != model.VerdictWrong:
		return badField("causes", "causes belong to the verdict wrong only")
	case len(b.Causes) > most:
		return badField("causes", "at most %d causes can be given, there are %d", most, len(b.Causes))
	}
	fields := []field{{"by", &b.By, maxLine}, {"comment", &b.Comment, maxText}}
	for i := range b.Causes {
		x := &b.Causes[i]
		fields = append(fields, field{"causes.service", &x.Service, maxName}, field{"causes.operation", &x.Operation, maxName},
			field{"causes.instance", &x.Instance, maxName}, field{"causes.kind", &x.Kind, maxLine})
		if x.Attribute != nil {
			fields = append(fields, field{"causes.attribute.key", &x.Attribute.Key, maxName}, field{"causes.attribute.value", &x.Attribute.Value, maxName})
		}
	}
	if err := trim(fields...); err != nil {
		return err
	}
	for _, x := range b.Causes {
		if x.Service == "" && x.Instance == "" && x.Attribute == nil {
			return badField("causes", "a cause must name a service, an instance or an attribute")
		}
	}
	return h.keep(c, model.Note{Kind: model.NoteFeedback, Incident: id, By: b.By, Comment: b.Comment, Feedback: &b.Feedback})
}

// AcknowledgeIncident keeps that somebody is at it.
func (h handlers) AcknowledgeIncident(c echo.Context, id string) error {
	b, err := body[model.AcknowledgeRequest](c)
	if err != nil {
		return err
	}
	if err := trim(field{"by", &b.By, maxLine}, field{"comment", &b.Comment, maxText}); err != nil {
		return err
	}
	return h.keep(c, model.Note{Kind: model.NoteAcknowledged, Incident: id, By: b.By, Comment: b.Comment})
}

// ListMutes serves the mutes that have not ended.
func (h handlers) ListMutes(c echo.Context) error { return answer(c, h.projection.Mutes()) }

// maxMute is how long a mute may last: who wants more says "expected".
const maxMute = 90 * 24 * time.Hour

// CreateMute keeps a mute.
func (h handlers) CreateMute(c echo.Context) error {
	b, err := body[model.MuteRequest](c)
	if err != nil {
		return err
	}
	if err := trim(field{"operation", &b.Operation, maxName}, field{"kind", &b.Kind, maxLine}, field{"by", &b.By, maxLine}, field{"comment", &b.Comment, maxText}); err != nil {
		return err
	}
	if len(b.Services) > maxServices {
		return badField("services", "at most %d services can be muted together, there are %d", maxServices, len(b.Services))
	}
	for i := range b.Services {
		if err := trim(field{"services", &b.Services[i], maxName}); err != nil {
			return err
		}
	}
	if b.Kind != "" && !slices.Contains(kinds, b.Kind) {
		return badField("kind", "kind must be one of %s, is %q", join(kinds), clip(b.Kind))
	}
	if len(b.Services) == 0 && b.Operation == "" && b.Kind == "" && b.From == nil {
		return badField("services", "name services, an operation or a kind; a maintenance of everything needs its begin, from")
	}
	m := model.Mute{Services: b.Services, Operation: b.Operation, Kind: b.Kind, From: h.projection.Mutes().At}
	slices.Sort(m.Services)
	m.Services = slices.Compact(m.Services)
	if b.From != nil {
		m.From = b.From.UTC()
	}
	switch {
	case (b.Until == nil) == (b.For == ""):
		return badField("until", "say when the mute ends: until a time, or for a duration; not both")
	case b.Until != nil:
		m.Until = b.Until.UTC()
	case m.From.IsZero():
		return badField("for", "no window has been judged yet, so a duration has no beginning: give until")
	default:
		d, err := time.ParseDuration(b.For)
		if err != nil || d <= 0 {
			return badField("for", "for must be a duration such as 2h or 30m, is %q", clip(b.For))
		}
		m.Until = m.From.Add(d)
	}
	switch {
	case !m.Until.After(m.From):
		return badField("until", "the mute must end after it begins at %s, ends at %s", stamp(m.From), stamp(m.Until))
	case !m.From.IsZero() && m.Until.Sub(m.From) > maxMute:
		return badField("until", "a mute lasts at most %d days: give feedback that the incident is expected instead", maxMute/(24*time.Hour))
	}
	return h.keep(c, model.Note{Kind: model.NoteMuted, By: b.By, Comment: b.Comment, Mute: &m})
}

var kinds = []string{model.KindOwnTime, model.KindNetwork, model.KindError, model.KindStructure, model.KindSilence, model.KindConcurrency, model.KindSaturation, model.KindLoad}

// EndMute ends a mute before its time.
func (h handlers) EndMute(c echo.Context, id string) error {
	var known []string
	for _, m := range h.projection.Mutes().Mutes {
		known = append(known, m.ID)
	}
	if !slices.Contains(known, id) {
		return &UnknownError{What: "mute", Name: id, Known: known}
	}
	return h.keep(c, model.Note{Kind: model.NoteUnmuted, Undoes: id})
}
