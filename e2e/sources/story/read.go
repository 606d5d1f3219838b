package story

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Read calls fn with each trace of a story, as it comes, until the story ends.
func Read(r io.Reader, fn func(Trace) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var t Trace
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			return fmt.Errorf("reading the story: %w", err)
		}
		if err := fn(t); err != nil {
			return err
		}
	}
	return lines.Err()
}

// From and To are the times of a span.
func (s Span) From() time.Time { return time.Unix(0, s.Start) }

// To is the end.
func (s Span) To() time.Time { return time.Unix(0, s.End) }
