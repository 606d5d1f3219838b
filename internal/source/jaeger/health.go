package jaeger

import (
	"sync"
	"time"

	"culprit/model"
)

// warningPlaces is how many places of one kind of warning are kept apart.
const warningPlaces = 20

// health is what Source.Status shows. It is safe for concurrent use.
type health struct {
	name string

	mu       sync.Mutex
	now      model.SourceStatus
	unsaid   []model.Warning // not yet in a batch
	warnings []model.Warning // all of them, added up
}

func (s *health) get() model.SourceStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.now
	out.Name = s.name
	out.Warnings = append([]model.Warning{}, s.warnings...)
	return out
}

func (s *health) speaks(protocol string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Protocol = protocol
}

// well says that a stretch was read, and how far that is.
func (s *health) well(watermark time.Time) (recovered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	recovered = s.now.Error != ""
	s.now.Healthy, s.now.Error = true, ""
	if watermark.After(s.now.Watermark) {
		s.now.Watermark = watermark
	}
	return recovered
}

// ill says that a stretch could not be read; it will be tried again.
func (s *health) ill(err error) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed = s.now.Error != err.Error()
	s.now.Healthy, s.now.Error = false, err.Error()
	s.now.Retries++
	return changed
}

func (s *health) retry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Retries++
}

func (s *health) received(spans int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.SpansReceived += int64(spans)
}

func (s *health) used(spans, traces int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.SpansUsed += int64(spans)
	s.now.TracesUsed += int64(traces)
}

func (s *health) counts() (received, used int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.SpansReceived, s.now.SpansUsed
}

// cut counts an answer that may lack traces.
func (s *health) cut(service, message string) {
	s.mu.Lock()
	s.now.Truncated++
	s.mu.Unlock()
	s.warn("answer-cut", service, message, 1)
}

func (s *health) warn(kind, place, message string, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := []model.Warning{{Kind: kind, Place: place, Count: n, Message: message}}
	s.unsaid = model.MergeWarnings(append(s.unsaid, w...), warningPlaces)
	s.warnings = model.MergeWarnings(append(s.warnings, w...), warningPlaces)
}

// news are the warnings since the last call, for the next batch.
func (s *health) news() []model.Warning {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.unsaid
	s.unsaid = nil
	return out
}
