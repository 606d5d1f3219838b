package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"culprit/model"
)

// receiver is one place that is told: a target, or one peer of an Alertmanager.
type receiver struct {
	n      *Notifier
	target *Target
	name   string // of the reader of the log
	host   string
	where  func() (string, error) // its URL
	client *http.Client
	words  words
	log    *slog.Logger

	sending sync.Mutex           // one request at a time
	fired   map[string]time.Time // Alertmanager: when an alert was first sent, by incident
	held    map[string]bool      // incidents that were kept back by a mute

	mu sync.Mutex // guards what follows
	st model.TargetStatus
}

// digest is a short name for a text that may be secret.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

// receiversOf makes the receivers of a target.
func receiversOf(n *Notifier, t *Target) ([]*receiver, error) {
	client, err := newClient(t.CA, n.cfg.Timeout)
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	w, err := newWords(t)
	if err != nil {
		return nil, err
	}
	for what, s := range map[string]secret{"secret": t.secret(), "token": t.token()} {
		if !s.set() {
			continue
		}
		text, err := s.read()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		if _, err := signingKey(text); what == "secret" && err != nil {
			return nil, err
		}
	}
	add := func(name string, where func() (string, error)) (*receiver, error) {
		text, err := where()
		if err != nil {
			return nil, err
		}
		u, err := webURL(text)
		if err != nil {
			return nil, fmt.Errorf("url: %w", err)
		}
		r := &receiver{n: n, target: t, name: name, host: u.Host, where: where, client: client, words: w,
			log: n.log.With("target", t.Name, "receiver", u.Host), fired: map[string]time.Time{}, held: map[string]bool{}}
		r.st = model.TargetStatus{Name: t.Name, Type: t.Type, Receiver: u.Host, Healthy: true}
		return r, nil
	}
	var out []*receiver
	for _, text := range t.URLs {
		name := t.Name
		if len(t.URLs) > 1 {
			name += "-" + digest(text)
		}
		r, err := add(name, func() (string, error) { return text, nil })
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o *receiver) bool { return o.name == r.name }) {
			return nil, errors.New("the same url stands there twice")
		}
		out = append(out, r)
	}
	if s := (secret{t.URLFile, t.URLEnv}); s.set() {
		r, err := add(t.Name, s.read)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (t *Target) secret() secret { return secret{t.SecretFile, t.SecretEnv} }
func (t *Target) token() secret  { return secret{t.TokenFile, t.TokenEnv} }

// requestFor makes what the receiver is told of a revision; again says that it may have
// been told before.
func (r *receiver) requestFor(in *model.Incident, again bool, now time.Time) (request, error) {
	to, err := r.where()
	if err != nil {
		return request{}, err
	}
	if _, err := url.Parse(to); err != nil {
		return request{}, errors.New("what the file or variable holds is not a URL")
	}
	base := r.n.base()
	switch r.target.Type {
	case TypeWebhook:
		return eventRequest(in, to, r.target.secret(), now)
	case TypeSlack:
		return slackRequest(in, to, base, r.words)
	case TypeTeams:
		return teamsRequest(in, to, base, r.words)
	}
	s := r.n.board.by(in)
	if again {
		s.before = "" // that alert has ended
	}
	var ends *time.Time
	if in.State != model.StateOpen {
		ends = r.end(in.ID, now)
	}
	alerts, err := alertsOf(in, &s, r.target, r.words, base, now, ends)
	if err != nil {
		return request{}, err
	}
	return alertRequest(in, to, alerts)
}

// end is when an alert is to end: now, or later if it has not fired for long enough.
func (r *receiver) end(id string, now time.Time) *time.Time {
	at := now.UTC()
	if first, ok := r.fired[id]; ok {
		if least := first.Add(r.target.Hold).UTC(); least.After(at) {
			at = least
		}
	}
	return &at
}

// take tells one revision, however long that takes. An error ends the reading: ctx has
// ended, or a dead letter could not be kept.
func (r *receiver) take(ctx context.Context, seq uint64, in model.Incident) error {
	r.n.board.saw(seq, in)
	r.sending.Lock()
	defer r.sending.Unlock()
	s := r.n.board.by(&in)
	over := in.State != model.StateOpen
	muted := r.n.muted(&in)
	switch {
	case !routed(r.n.cfg.Routes, r.target.Name, &s), len(r.target.Events) > 0 && !slices.Contains(r.target.Events, in.Event):
		r.count(func(st *model.TargetStatus) { st.Skipped++ })
	case muted != nil && !(over && in.OpenedAt.Before(muted.From)):
		// Who was told that it began before the mute is told that it is over.
		r.held[in.ID] = !over
		r.count(func(st *model.TargetStatus) { st.Muted++ })
	default:
		if err := r.tell(ctx, seq, &in); err != nil {
			return err
		}
		delete(r.held, in.ID)
	}
	if over {
		delete(r.held, in.ID)
		delete(r.fired, in.ID)
	}
	r.count(func(st *model.TargetStatus) { st.Sequence = max(st.Sequence, seq) })
	return nil
}

// tell sends a revision until it is taken, refused or given up.
func (r *receiver) tell(ctx context.Context, seq uint64, in *model.Incident) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = r.n.pause, r.n.longest
	tries := 0
	begin := r.n.now()
	for {
		tries++
		err := r.once(ctx, in, false)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		wait := pause.NextBackOff()
		var wants later
		if errors.As(err, &wants) {
			wait = max(wait, min(wants.after, r.n.longest))
		}
		var no refusal
		if errors.As(err, &no) || r.n.now().Add(wait).Sub(begin) > r.n.cfg.GiveUp {
			return r.bury(ctx, seq, in, tries, err)
		}
		if tries == 1 {
			r.log.Warn("a receiver of alerts does not take an incident, trying again", "incident", in.ID, "revision", in.Revision, "error", err)
		}
		r.count(func(st *model.TargetStatus) {
			st.Retries++
			st.Healthy, st.Error = false, clean(err.Error(), maxSentence)
		})
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return context.Cause(ctx)
		}
	}
}

// once sends a revision once.
func (r *receiver) once(ctx context.Context, in *model.Incident, again bool) error {
	now := r.n.now()
	req, err := r.requestFor(in, again, now)
	if err == nil {
		err = post(ctx, r.client, req, r.target.token())
	}
	if err != nil {
		return err
	}
	if _, ok := r.fired[in.ID]; !ok && in.State == model.StateOpen {
		r.fired[in.ID] = now
	}
	r.count(func(st *model.TargetStatus) {
		if !st.Healthy {
			r.log.Info("a receiver of alerts is back")
		}
		at := now.UTC()
		st.Sent++
		st.Healthy, st.Error, st.LastSent = true, "", &at
	})
	return nil
}

// bury keeps a revision that was not taken.
func (r *receiver) bury(ctx context.Context, seq uint64, in *model.Incident, tries int, why error) error {
	l := model.DeadLetter{
		ID: fmt.Sprintf("%s-%d", digest(r.name), seq), Target: r.target.Name, Receiver: r.host, Sequence: seq, Incident: in.ID, Revision: in.Revision,
		Event: in.Event, Title: clean(in.Title, maxWord), Tries: tries, Error: clean(why.Error(), maxSentence), At: r.n.now().UTC(),
	}
	r.log.Error("a receiver of alerts did not take an incident: it is a dead letter", "incident", in.ID, "revision", in.Revision, "letter", l.ID, "error", why)
	r.count(func(st *model.TargetStatus) { st.Healthy, st.Error = false, l.Error })
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, r.n.letters.keep(ctx, l) },
		backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
			r.log.Warn("a dead letter is not kept, trying again", "letter", l.ID, "error", err, "in", d.Round(time.Millisecond))
		}))
	return err
}

// count changes the status.
func (r *receiver) count(change func(*model.TargetStatus)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.st)
}

// status is how the receiver is doing.
func (r *receiver) status(last uint64) model.TargetStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	st := r.st
	if last > st.Sequence {
		st.Pending = last - st.Sequence
	}
	st.DeadLetters = r.n.letters.of(r.target.Name, r.host)
	return st
}

// repeat tells an Alertmanager again of what still fires, and every receiver of what a
// mute no longer keeps back. One that is busy, because it is being asked again, or that
// does not answer is left for the next time.
func (r *receiver) repeat(ctx context.Context, firing bool) {
	if !r.sending.TryLock() {
		return
	}
	defer r.sending.Unlock()
	for _, in := range r.n.board.open() {
		s := r.n.board.by(&in)
		if !routed(r.n.cfg.Routes, r.target.Name, &s) {
			continue
		}
		muted := r.n.muted(&in)
		_, fires := r.fired[in.ID]
		var err error
		switch {
		case muted != nil && fires && r.target.Type == TypeAlertmanager:
			if err = r.hush(ctx, &in); err == nil {
				delete(r.fired, in.ID)
				r.held[in.ID] = true
			}
		case muted != nil:
			if !in.OpenedAt.Before(muted.From) {
				r.held[in.ID] = true // also after a restart
			}
		case r.held[in.ID], firing && r.target.Type == TypeAlertmanager:
			if err = r.once(ctx, &in, true); err == nil {
				delete(r.held, in.ID)
			}
		}
		if err != nil {
			if ctx.Err() == nil {
				r.log.Warn("an alert is not repeated", "incident", in.ID, "error", err)
				r.count(func(st *model.TargetStatus) { st.Healthy, st.Error = false, clean(err.Error(), maxSentence) })
			}
			return
		}
	}
}

// hush ends an alert that is muted from now on.
func (r *receiver) hush(ctx context.Context, in *model.Incident) error {
	now := r.n.now()
	to, err := r.where()
	if err != nil {
		return err
	}
	s := r.n.board.by(in)
	s.before = ""
	at := now.UTC()
	alerts, err := alertsOf(in, &s, r.target, r.words, r.n.base(), now, &at)
	if err != nil {
		return err
	}
	req, err := alertRequest(in, to, alerts)
	if err != nil {
		return err
	}
	return post(ctx, r.client, req, r.target.token())
}
