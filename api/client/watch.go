package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"culprit/model"
)

// EventReset is the name of an event that says: something may have been missed,
// list the incidents again.
const EventReset = "reset"

// Event is a revision of an incident as it was published.
type Event struct {
	Sequence uint64 // in the incident log
	Name     string // opened, updated, resolved, reopened, expired or reset
	Incident model.Incident
}

// maxEvent is the most bytes of one event that are read.
const maxEvent = 64 << 20

// Watch follows the events behind a log sequence (nil: those that come from now on)
// until ctx ends or the loop is left. When the connection is lost, it gives the
// error, and if the loop goes on it connects again, waiting longer each time, and
// misses nothing that the service still keeps. What the service refuses for good (a
// [*model.Problem] below 500) ends it.
func (s *Service) Watch(ctx context.Context, after *uint64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		wait := backoff.NewExponentialBackOff()
		wait.InitialInterval = 200 * time.Millisecond
		wait.MaxInterval = 15 * time.Second
		for {
			left := false
			err := s.follow(ctx, after, func(e Event) bool {
				wait.Reset()
				after = &e.Sequence
				left = e.Name != "" && !yield(e, nil)
				return !left
			})
			if left || ctx.Err() != nil {
				return
			}
			if !yield(Event{}, err) {
				return
			}
			var p *model.Problem
			if errors.As(err, &p) && p.Status < http.StatusInternalServerError {
				return
			}
			pause := time.NewTimer(wait.NextBackOff())
			select {
			case <-pause.C:
			case <-ctx.Done():
				pause.Stop()
				return
			}
		}
	}
}

// follow reads one connection to its end, which is an error unless each said so. An
// event without a name is none: it only says where the connection begins.
func (s *Service) follow(ctx context.Context, after *uint64, each func(Event) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	res, err := s.client.StreamEvents(ctx, &StreamEventsParams{After: after})
	if err != nil {
		return fmt.Errorf("asking %s: %w", s.base, err)
	}
	defer res.Body.Close()
	if err := s.refusal(res); err != nil {
		return err
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, maxEvent)
	var e Event
	var seen bool // the ID
	var data []byte
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			if e.Sequence, err = strconv.ParseUint(value, 10, 64); err != nil {
				return fmt.Errorf("event of %s: id: %w", s.base, err)
			}
			seen = true
		case "event":
			e.Name = value
		case "data":
			data = []byte(value)
		case "":
			if lines.Text() != "" || !seen {
				continue // a comment, or nothing said
			}
			if data != nil && e.Name != EventReset {
				if err := json.Unmarshal(data, &e.Incident); err != nil {
					return fmt.Errorf("event %d of %s: %w", e.Sequence, s.base, err)
				}
			}
			if !each(e) {
				return nil
			}
			e, seen, data = Event{}, false, nil
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("following %s: %w", s.base, err)
	}
	return fmt.Errorf("following %s: %w", s.base, io.ErrUnexpectedEOF)
}
