package jaeger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"culprit/internal/source"

	"github.com/cenkalti/backoff/v5"
)

// web asks an HTTP endpoint of Jaeger for JSON.
type web struct {
	base   string
	cfg    *Config
	client *http.Client
}

func newWeb(cfg *Config, p place) (*web, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = cfg.Concurrency
	if p.tls {
		c, err := cfg.TLS.Config()
		if err != nil {
			return nil, err
		}
		t.TLSClientConfig = c
	}
	return &web{base: p.url(), cfg: cfg, client: &http.Client{Transport: t}}, nil
}

func (w *web) close() error {
	w.client.CloseIdleConnections()
	return nil
}

// get reads one answer whole. A 404 whose body is JSON means that there is nothing:
// its body is nil and err is nil.
func (w *web) get(ctx context.Context, path string, params url.Values, room *room) ([]byte, error) {
	at := w.base + path
	if len(params) > 0 {
		at += "?" + params.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	headers, err := w.cfg.headers()
	if err != nil {
		return nil, err
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "culprit")
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, transportError(ctx, err)
	}
	defer resp.Body.Close()
	body, err := readAll(resp.Body, room)
	if err != nil {
		return nil, transportError(ctx, err)
	}
	return judgeAnswer(resp, body)
}

// readAll reads the body by pieces, so that it never holds more than it may.
func readAll(from io.Reader, room *room) ([]byte, error) {
	const piece = 256 << 10
	var b bytes.Buffer
	for {
		n, err := io.CopyN(&b, from, piece)
		if sizeErr := room.take(n); sizeErr != nil {
			return nil, sizeErr
		}
		if errors.Is(err, io.EOF) {
			return b.Bytes(), nil
		}
		if err != nil {
			return nil, fmt.Errorf("the answer broke off after %d bytes: %w", b.Len(), err)
		}
	}
}

// judgeAnswer tells an answer from what only looks like one.
func judgeAnswer(resp *http.Response, body []byte) ([]byte, error) {
	said := strings.TrimSpace(string(body[:min(len(body), 300)]))
	isJSON := strings.HasPrefix(said, "{")
	switch code := resp.StatusCode; {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return nil, fmt.Errorf("%w (HTTP %d)", errAuth, code)
	case code == http.StatusNotFound && isJSON && json.Valid(body):
		return nil, nil
	case code == http.StatusNotFound || code == http.StatusMethodNotAllowed:
		return nil, fmt.Errorf("%w (HTTP %d)", errNotServed, code)
	case code != http.StatusOK && refusesDepth(string(body[:min(len(body), 4<<10)])): // some repeat the request first
		return nil, fmt.Errorf("%w (HTTP %d: %s)", errDepth, code, said)
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		err := fmt.Errorf("HTTP %d: %s", code, said)
		if s, convErr := strconv.Atoi(resp.Header.Get("Retry-After")); convErr == nil && s >= 0 {
			wait := min(time.Duration(s)*time.Second, source.MaxPause)
			return nil, errors.Join(err, &backoff.RetryAfterError{Duration: wait})
		}
		return nil, err
	case code != http.StatusOK:
		return nil, fmt.Errorf("HTTP %d: %s", code, said)
	case strings.HasPrefix(said, "<"):
		return nil, fmt.Errorf("%w: the answer is an HTML page, not JSON; is that the base path of Jaeger's query service, and does a login stand before it?", errNotServed)
	case said == "":
		return nil, errors.New("the answer is empty")
	}
	return body, nil
}

// transportError sorts what went wrong below HTTP.
func transportError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		if cause := context.Cause(ctx); !errors.Is(cause, context.DeadlineExceeded) {
			return cause
		}
		return errSlow
	}
	var timeout net.Error
	var dial *net.OpError
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return errSlow
	case errors.As(err, &dial) && dial.Op == "dial":
		return fmt.Errorf("%w: %w", errUnreachable, dial)
	}
	return err
}

// micros is how the old API writes a time.
func micros(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) }
