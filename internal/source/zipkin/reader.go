package zipkin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"golang.org/x/sync/errgroup"

	format "culprit/internal/format/zipkin"
	"culprit/internal/source"
)

// recallsAtOnce is how many traces are fetched again at the same time.
const recallsAtOnce = 4

// errTooLarge: a shorter window may fit.
var errTooLarge = errors.New("the answer is larger than max_response_bytes")

// reader reads stretches for one Run or Fetch.
type reader struct {
	*source.Reading
	cfg  *Config
	base string
	http *http.Client
}

func (s *Server) open(r *source.Reading) source.Polled {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig, _ = s.cfg.TLS.Config() // its files were read by New, and are checked by each request
	return &reader{Reading: r, cfg: &s.cfg, base: s.base, http: &http.Client{Transport: t}}
}

// Close lets go of the connections.
func (r *reader) Close() { r.http.CloseIdleConnections() }

// Read searches a stretch.
func (r *reader) Read(ctx context.Context, s *source.Stretch) error {
	return r.part(ctx, s.Window, s.Window)
}

// Reread searches it again.
func (r *reader) Reread(ctx context.Context, s *source.Stretch) error { return r.Read(ctx, s) }

// Recall fetches traces one by one.
func (r *reader) Recall(ctx context.Context, s *source.Stretch, ids []pcommon.TraceID) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(recallsAtOnce)
	for _, id := range ids {
		g.Go(func() error {
			answer, err := r.ask(ctx, "/api/v2/trace/"+id.String(), nil)
			if errors.Is(err, errTooLarge) {
				r.Cut("", "a trace is larger than max_response_bytes")
				return nil
			}
			if err != nil {
				return err
			}
			traces, _ := r.Sort(answer, "trace "+id.String())
			return r.Take(ctx, s.Window, traces)
		})
	}
	return g.Wait()
}

// part searches a window, and its halves while the answer is not whole. stretch is what
// it is a part of.
func (r *reader) part(ctx context.Context, w, stretch source.Window) error {
	canSplit := w.Length() >= 2*r.cfg.Floor
	// The end of a search belongs to it, and both are whole milliseconds.
	answer, err := r.ask(ctx, "/api/v2/traces", url.Values{
		"endTs":    {strconv.FormatInt(w.To.UnixMilli(), 10)},
		"lookback": {strconv.FormatInt(max(w.Length().Milliseconds(), 1), 10)},
		"limit":    {strconv.Itoa(r.cfg.Limit)},
	})
	switch {
	case errors.Is(err, errTooLarge) && canSplit:
		return r.halves(ctx, w, stretch)
	case errors.Is(err, errTooLarge):
		r.Cut("", "more bytes than max_response_bytes in the shortest window; some traces are not read")
		return nil
	case err != nil:
		return err
	}
	traces, _ := r.Sort(answer, "search "+w.String())
	found := len(traces)
	switch err := r.Take(ctx, stretch, traces); {
	case err != nil || found < r.cfg.Limit:
		return err
	case canSplit:
		return r.halves(ctx, w, stretch)
	}
	r.Cut("", "as many traces as asked for in the shortest window; raise limit")
	return nil
}

func (r *reader) halves(ctx context.Context, w, stretch source.Window) error {
	for _, half := range w.Split(2) {
		if err := r.part(ctx, half, stretch); err != nil {
			return err
		}
	}
	return nil
}

// ask makes one request, a few times if need be, and decodes the answer. What is not
// there is an empty answer.
func (r *reader) ask(ctx context.Context, path string, params url.Values) (out []ptrace.Traces, err error) {
	at := r.base + path
	if len(params) > 0 {
		at += "?" + params.Encode()
	}
	err = r.Try(ctx, func(ctx context.Context) error {
		body, err := r.get(ctx, at)
		if err != nil || body == nil {
			out = nil
			return err
		}
		out = nil
		return format.Decode(bytes.NewReader(body),
			func(td ptrace.Traces) error { out = append(out, td); return nil },
			func(_ int, err error) {
				r.Warn("bad-record", "", "spans that cannot be read, left out: "+err.Error(), 1)
			})
	})
	return out, err
}

// get reads one answer whole; nil if there is nothing.
func (r *reader) get(ctx context.Context, at string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, backoff.Permanent(err)
	}
	token, err := source.Secret("bearer token", r.cfg.TokenFile, r.cfg.TokenEnv)
	if err != nil {
		return nil, backoff.Permanent(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "culprit")
	resp, err := r.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, r.cfg.MaxResponseBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the answer broke off after %d bytes: %w", len(body), err)
	case int64(len(body)) > r.cfg.MaxResponseBytes:
		return nil, backoff.Permanent(errTooLarge)
	}
	return judge(resp, body, strings.Contains(at, "/trace/"))
}

// judge tells an answer from what only looks like one. single means that one trace was
// asked for, which need not be there.
func judge(resp *http.Response, body []byte, single bool) ([]byte, error) {
	said := strings.TrimSpace(string(body[:min(len(body), 300)]))
	switch code := resp.StatusCode; {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return nil, backoff.Permanent(fmt.Errorf("the server refuses the credentials (HTTP %d); check token_file", code))
	case code == http.StatusNotFound && single:
		return nil, nil
	case code == http.StatusNotFound:
		return nil, backoff.Permanent(errors.New("no Zipkin answers there (HTTP 404); check the endpoint's base path, and that searching is enabled"))
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		err := fmt.Errorf("HTTP %d: %s", code, said)
		if s, convErr := strconv.Atoi(resp.Header.Get("Retry-After")); convErr == nil && s >= 0 {
			return nil, errors.Join(err, &backoff.RetryAfterError{Duration: min(time.Duration(s)*time.Second, source.MaxPause)})
		}
		return nil, err
	case code != http.StatusOK:
		return nil, fmt.Errorf("HTTP %d: %s", code, said)
	case !strings.HasPrefix(said, "["):
		return nil, backoff.Permanent(errors.New("the answer is no list of traces; is that the base path of Zipkin, and does a login stand before it?"))
	}
	return body, nil
}
