package client

import (
	"context"
	"net/http"

	"culprit/model"
)

// Feedback says whether an incident was right, wrong or expected.
func (s *Service) Feedback(ctx context.Context, id string, f model.FeedbackRequest) (model.Note, error) {
	res, err := s.client.GiveFeedback(ctx, id, f)
	return read[model.Note](s, res, err)
}

// Acknowledge says that somebody is at it.
func (s *Service) Acknowledge(ctx context.Context, id string, a model.AcknowledgeRequest) (model.Note, error) {
	res, err := s.client.AcknowledgeIncident(ctx, id, a)
	return read[model.Note](s, res, err)
}

// Mutes lists the mutes that have not ended.
func (s *Service) Mutes(ctx context.Context) (model.MuteList, error) {
	res, err := s.client.ListMutes(ctx)
	return read[model.MuteList](s, res, err)
}

// Mute keeps incidents of a cause from being told for a while.
func (s *Service) Mute(ctx context.Context, m model.MuteRequest) (model.Note, error) {
	res, err := s.client.CreateMute(ctx, m)
	return read[model.Note](s, res, err)
}

// Unmute ends a mute before its time.
func (s *Service) Unmute(ctx context.Context, id string) (model.Note, error) {
	res, err := s.client.EndMute(ctx, id)
	return read[model.Note](s, res, err)
}

// Changes is one page of what was changed, newest first.
func (s *Service) Changes(ctx context.Context, params *ListChangesParams) (model.ChangePage, error) {
	res, err := s.client.ListChanges(ctx, params)
	return read[model.ChangePage](s, res, err)
}

// Change tells of a deploy, a flag or a setting that was changed.
func (s *Service) Change(ctx context.Context, c model.ChangeRequest) (model.Note, error) {
	res, err := s.client.AddChange(ctx, c)
	return read[model.Note](s, res, err)
}

// Alerts is how the receivers of alerts are doing.
func (s *Service) Alerts(ctx context.Context) (model.AlertStatus, error) {
	res, err := s.client.GetAlerts(ctx)
	return read[model.AlertStatus](s, res, err)
}

// Resend sends a dead letter once more; nil means that it was taken.
func (s *Service) Resend(ctx context.Context, id string) error {
	return s.done(s.client.ResendDeadLetter(ctx, id))
}

// Drop throws a dead letter away.
func (s *Service) Drop(ctx context.Context, id string) error {
	return s.done(s.client.DropDeadLetter(ctx, id))
}

// done takes an answer apart that has no body.
func (s *Service) done(res *http.Response, err error) error {
	if err == nil && res.StatusCode == http.StatusNoContent {
		return res.Body.Close()
	}
	_, err = read[struct{}](s, res, err)
	return err
}
