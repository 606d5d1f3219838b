package story

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

// Ready is the line that a client prints once it listens to the story.
const Ready = "ready"

// Listen is Read for a client: it says that it is ready, and reads what it is told.
func Listen(fn func(Trace) error) error {
	if _, err := fmt.Println(Ready); err != nil {
		return err
	}
	return Read(os.Stdin, fn)
}

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
