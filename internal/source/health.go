package source

import (
	"sync"
	"time"

	"culprit/model"
)

// warningPlaces is how many places of one kind of warning are kept apart.
const warningPlaces = 20

// Health is what [Source.Status] shows of a source. It is safe for concurrent use.
type Health struct {
	name string

	mu       sync.Mutex
	now      model.SourceStatus
	unsaid   []model.Warning // not yet in a batch
	warnings []model.Warning // all of them, added up
}

// NewHealth returns the health of a source that has done nothing yet. It is not
// healthy before [Health.Well].
func NewHealth(name string) *Health { return &Health{name: name} }

// Name is what the source is called.
func (s *Health) Name() string { return s.name }

// Status is the present state; the receiver's to keep.
func (s *Health) Status() model.SourceStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.now
	out.Name = s.name
	out.Warnings = append([]model.Warning{}, s.warnings...)
	return out
}

// Speaks says by which protocol the source reads.
func (s *Health) Speaks(protocol string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Protocol = protocol
}

// Well says that all is read up to a watermark, and reports whether that ends trouble.
func (s *Health) Well(watermark time.Time) (recovered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	recovered = s.now.Error != ""
	s.now.Healthy, s.now.Error = true, ""
	if watermark.After(s.now.Watermark) {
		s.now.Watermark = watermark
	}
	return recovered
}

// Ill says that something could not be read and will be tried again. It reports
// whether that is news.
func (s *Health) Ill(err error) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed = s.now.Error != err.Error()
	s.now.Healthy, s.now.Error = false, err.Error()
	s.now.Retries++
	return changed
}

// Retry counts a request that is made again.
func (s *Health) Retry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Retries++
}

// Received counts spans that came, wanted or not.
func (s *Health) Received(spans int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.SpansReceived += int64(spans)
}

// Used counts spans and traces that were delivered for the first time.
func (s *Health) Used(spans, traces int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.SpansUsed += int64(spans)
	s.now.TracesUsed += int64(traces)
}

func (s *Health) counts() (received, used int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.SpansReceived, s.now.SpansUsed
}

// Cut counts an answer that may lack traces.
func (s *Health) Cut(place, message string) {
	s.mu.Lock()
	s.now.Truncated++
	s.mu.Unlock()
	s.Warn("answer-cut", place, message, 1)
}

// Warn counts something wrong, for the status and for the next batch.
func (s *Health) Warn(kind, place, message string, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := []model.Warning{{Kind: kind, Place: place, Count: n, Message: message}}
	s.unsaid = model.MergeWarnings(append(s.unsaid, w...), warningPlaces)
	s.warnings = model.MergeWarnings(append(s.warnings, w...), warningPlaces)
}

// News are the warnings since the last call, for the next batch.
func (s *Health) News() []model.Warning {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.unsaid
	s.unsaid = nil
	return out
}
