package api

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/labstack/echo/v4"
)

// memo keeps the answers to questions about what has been judged, until the next
// window is: a page that is open on ten screens asks the same ten questions again and
// again. Whoever asks what somebody else is asking waits for that answer. It is safe for
// concurrent use.
type memo struct {
	mu      sync.Mutex
	moment  uint64 // what the answers are about
	answers map[string]*answered
	bytes   int
}

// answered is an answer, or one that somebody is working on.
type answered struct {
	ready chan struct{} // closed when the rest is known
	body  []byte
	tag   string
	err   error // then it is kept by nobody
}

// maxMemo bounds the bytes of the answers that are kept; beyond it all are forgotten.
const maxMemo = 16 << 20

// of is the answer to a question about a moment. ask is called if it is not known.
func (m *memo) of(ctx context.Context, moment uint64, question string, ask func() ([]byte, error)) (*answered, error) {
	for {
		a, mine := m.begin(moment, question)
		if mine {
			m.work(a, moment, question, ask)
			return a, a.err
		}
		select {
		case <-a.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if !errors.Is(a.err, context.Canceled) {
			return a, a.err
		} // whoever asked has gone away: this one asks for itself
	}
}

// begin finds an answer, or says that the caller is to work on it.
func (m *memo) begin(moment uint64, question string) (a *answered, mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if moment > m.moment || m.answers == nil {
		m.moment, m.answers, m.bytes = moment, map[string]*answered{}, 0
	}
	if a := m.answers[question]; a != nil && moment == m.moment {
		return a, false
	}
	a = &answered{ready: make(chan struct{}), err: context.Canceled} // should ask panic
	if moment == m.moment {
		m.answers[question] = a
	}
	return a, true
}

// work finds an answer out.
func (m *memo) work(a *answered, moment uint64, question string, ask func() ([]byte, error)) {
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		defer close(a.ready)
		if moment != m.moment || m.answers[question] != a {
			return
		}
		if a.err != nil {
			delete(m.answers, question)
			return
		}
		if m.bytes += len(a.body) + len(question); m.bytes > maxMemo {
			m.answers, m.bytes = map[string]*answered{}, 0
		}
	}()
	if a.body, a.err = ask(); a.err == nil {
		a.tag = bodyTag(a.body)
	}
}

// tell answers a question about what has been judged as JSON, or 304 if the client has it.
func tell[T any](h handlers, c echo.Context, ask func(context.Context) (T, error)) error {
	return h.tell(c, contentJSON, func(ctx context.Context) ([]byte, error) {
		v, err := ask(ctx)
		if err != nil {
			return nil, err
		}
		return encode(v)
	})
}

// costly is a question that assembles traces anew: it takes a place of the rankings.
func costly[T any](h handlers, c echo.Context, ask func(context.Context) (T, error)) func(context.Context) (T, error) {
	return func(context.Context) (v T, err error) {
		ctx, done, err := h.place(c)
		if err != nil {
			return v, err
		}
		defer done()
		return ask(ctx)
	}
}

// tell sends the answer to what the request asks for.
func (h handlers) tell(c echo.Context, media string, ask func(context.Context) ([]byte, error)) error {
	u, ctx := c.Request().URL, c.Request().Context()
	a, err := h.memo.of(ctx, h.engine.Moment(), u.EscapedPath()+"?"+u.Query().Encode(), func() ([]byte, error) { return ask(ctx) })
	if err != nil {
		return err
	}
	if unchanged(c, a.tag) {
		return nil
	}
	return c.Blob(http.StatusOK, media, a.body)
}
