package app

import (
	"context"
	"errors"

	"culprit/api"
	"culprit/internal/notify"
	"culprit/model"
)

// openAlerts makes the notifier of the configuration.
func (s *Service) openAlerts() (err error) {
	s.alerts, err = notify.New(s.cfg.Alerts, notify.Parts{Log: follower{s}, Letters: letters{s}, Muted: s.projection.Muted, Slog: s.log})
	return err
}

// tellAlerts tells the receivers until ctx ends. Those that are new are told of what comes
// behind after in the log.
func (s *Service) tellAlerts(ctx context.Context, after uint64) error {
	if err := s.bus.Keep(ctx, s.alerts.Readers()); err != nil {
		s.log.Warn("places of former receivers of alerts are not forgotten", "error", err)
	}
	return s.alerts.Run(ctx, after)
}

// follower reads the incident log for receivers of alerts.
type follower struct{ s *Service }

var _ notify.Log = follower{}

// Follow reads on from the reader's place.
func (f follower) Follow(ctx context.Context, reader string, after uint64, begin func(uint64), take func(context.Context, uint64, model.Incident) error) error {
	d, err := f.s.bus.Durable(ctx, reader, after)
	if err != nil {
		return err
	}
	begin(d.Place())
	return d.Run(ctx, take)
}

// Revision reads one revision.
func (f follower) Revision(ctx context.Context, seq uint64) (model.Incident, error) {
	return f.s.bus.Revision(ctx, seq)
}

// letters keeps dead letters in NATS. The bus is opened after the notifier is made.
type letters struct{ s *Service }

var _ notify.Letters = letters{}

func (l letters) PutLetter(ctx context.Context, d model.DeadLetter) error {
	return l.s.bus.PutLetter(ctx, d)
}
func (l letters) DropLetter(ctx context.Context, id string) error { return l.s.bus.DropLetter(ctx, id) }
func (l letters) Letters(ctx context.Context) ([]model.DeadLetter, error) {
	return l.s.bus.Letters(ctx)
}

// Alerts is how the receivers of alerts are doing.
func (a answers) Alerts(context.Context) (model.AlertStatus, error) {
	return model.AlertStatus{Targets: a.alerts.Status(), DeadLetters: a.alerts.DeadLetters()}, nil
}

// Resend sends a dead letter once more.
func (a answers) Resend(ctx context.Context, id string) error {
	err := a.alerts.Resend(ctx, id)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, notify.ErrUnknown):
		return a.unknownLetter(id)
	}
	return &api.RefusedError{Err: err}
}

// Drop throws a dead letter away.
func (a answers) Drop(ctx context.Context, id string) error {
	if err := a.alerts.Drop(ctx, id); !errors.Is(err, notify.ErrUnknown) {
		return err
	}
	return a.unknownLetter(id)
}

func (a answers) unknownLetter(id string) error {
	var known []string
	for _, l := range a.alerts.DeadLetters() {
		known = append(known, l.ID)
	}
	return &api.UnknownError{What: "dead-letter", Name: id, Known: known}
}
