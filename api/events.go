package api

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"culprit/api/gen"
)

const routeEvents = "/api/v1/events"

// eventBatch is how many events are written at once. It bounds what one client
// makes the server decompress before it proves that it reads.
const eventBatch = 16

// StreamEvents follows the projection from a position on, until the client leaves, the
// server stops or the client has fallen behind what is kept.
func (h handlers) StreamEvents(c echo.Context, params gen.StreamEventsParams) error {
	after, err := resumeFrom(params)
	if err != nil {
		return err
	}
	select {
	case h.streams <- struct{}{}:
		defer func() { <-h.streams }()
	default:
		return busy("every place for event streams is taken")
	}
	h.metrics.streams.Inc()
	defer h.metrics.streams.Dec()

	res := c.Response()
	out := eventWriter{rc: http.NewResponseController(res), res: res, timeout: h.cfg.WriteTimeout}
	if err := out.rc.SetReadDeadline(time.Time{}); err != nil { // or it would end the stream
		return err
	}
	res.Header().Set("Content-Type", "text/event-stream")
	res.WriteHeader(http.StatusOK)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	pos, seq := h.projection.end()
	missed := false
	if after != nil {
		if from, whole := h.projection.follow(*after); whole {
			pos, seq = from, *after
		} else {
			missed = true
		}
	}
	// An ID without data: who is cut off before the first event resumes from here.
	var buf bytes.Buffer
	fmt.Fprintf(&buf, "retry: 2000\nid: %d\n\n", seq)
	if missed {
		fmt.Fprintf(&buf, "id: %d\nevent: reset\ndata: {\"log_sequence\":%d}\n\n", seq, seq)
	}
	if err := out.write(buf.Bytes()); err != nil {
		return h.cutIfSlow(err)
	}
	alive := time.NewTicker(h.cfg.KeepAlive)
	defer alive.Stop()
	for {
		rs, changed, ok := h.projection.events(pos, eventBatch)
		if !ok {
			h.metrics.cut.Inc()
			return nil
		}
		buf.Reset()
		for _, r := range rs {
			if r.note != nil && !params.Notes {
				continue
			}
			if err := writeEvent(&buf, r); err != nil {
				return err
			}
		}
		pos += uint64(len(rs))
		if len(rs) > 0 && buf.Len() == 0 {
			continue
		}
		if len(rs) == 0 {
			select {
			case <-changed:
				continue
			case <-alive.C:
				buf.WriteString(":\n\n")
			case <-c.Request().Context().Done():
				return nil
			case <-h.closing:
				return nil
			}
		}
		if err := out.write(buf.Bytes()); err != nil {
			return h.cutIfSlow(err)
		}
	}
}

// resumeFrom is the sequence that a client has seen; nil: it wants only what comes.
func resumeFrom(params gen.StreamEventsParams) (*uint64, error) {
	if params.LastEventID == "" {
		return params.After, nil
	}
	seq, err := strconv.ParseUint(params.LastEventID, 10, 64)
	if err != nil {
		return nil, badParameter("Last-Event-ID", fmt.Sprintf("must be the id of an event of this stream, is %q", clip(params.LastEventID)))
	}
	return &seq, nil
}

// writeEvent writes a revision, or a note, as a server-sent event. JSON has no line breaks
// in it.
func writeEvent(buf *bytes.Buffer, r *record) error {
	if r.note != nil {
		fmt.Fprintf(buf, "id: %d\nevent: note\ndata: %s\n\n", r.seq, r.note)
		return nil
	}
	fmt.Fprintf(buf, "id: %d\nevent: %s\ndata: ", r.seq, eventName(r.event))
	if err := r.write(buf, viewFull); err != nil {
		return err
	}
	buf.WriteString("\n\n")
	return nil
}

// eventName is safe to stand alone on a line.
func eventName(s string) string {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return "message"
		}
	}
	return s
}

// cutIfSlow counts a client that did not read in time; one that left is no error.
func (h handlers) cutIfSlow(err error) error {
	var slow interface{ Timeout() bool }
	if errors.As(err, &slow) && slow.Timeout() {
		h.metrics.cut.Inc()
	}
	return nil
}

// eventWriter writes with a deadline for each batch instead of one for the answer.
type eventWriter struct {
	rc      *http.ResponseController
	res     *echo.Response
	timeout time.Duration
}

func (w eventWriter) write(b []byte) error {
	if err := w.rc.SetWriteDeadline(time.Now().Add(w.timeout)); err != nil {
		return err
	}
	if _, err := w.res.Write(b); err != nil {
		return err
	}
	return w.rc.Flush()
}
