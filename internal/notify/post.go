package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

// refusal is an answer that asking again does not change.
type refusal struct{ error }

// later is an answer that says when to ask again.
type later struct {
	error
	after time.Duration
}

func (r refusal) Unwrap() error { return r.error }
func (l later) Unwrap() error   { return l.error }

// request is one message to a receiver.
type request struct {
	url    string
	kind   string // content type
	header http.Header
	body   []byte
}

// newClient makes the HTTP client of a target. Redirects are not followed: what is sent
// is for whom it was configured.
func newClient(ca string, timeout time.Duration) (*http.Client, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 1
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", ca)
		}
		t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{
		Transport:     t,
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// post sends a request. nil: it was taken. A [refusal] is for good; after any other error
// it may be tried again. No error holds the URL: it may be a secret.
func post(ctx context.Context, client *http.Client, r request, token secret) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(r.body))
	if err != nil {
		return refusal{errors.New("the URL of the receiver cannot be used")}
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", r.kind)
	req.Header.Set("User-Agent", "culprit")
	if token.set() {
		t, err := token.read()
		if err != nil {
			return fmt.Errorf("token: %w", err)
		}
		req.Header.Set("Authorization", "Bearer "+t)
	}
	res, err := client.Do(req)
	if err != nil {
		var bare *url.Error
		if errors.As(err, &bare) {
			err = bare.Err
		}
		return err
	}
	defer res.Body.Close()
	const most = 512
	said, _ := io.ReadAll(io.LimitReader(res.Body, most)) // what can be read of an explanation
	if res.StatusCode/100 == 2 {
		return nil
	}
	err = fmt.Errorf("it answers %s", res.Status)
	if text := clean(string(said), maxWord); text != "" {
		err = fmt.Errorf("%w: %s", err, text)
	}
	switch {
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable:
		if s, parseErr := strconv.Atoi(res.Header.Get("Retry-After")); parseErr == nil && s > 0 {
			return later{err, time.Duration(s) * time.Second}
		}
		return err
	case res.StatusCode >= 500 || res.StatusCode == http.StatusRequestTimeout || res.StatusCode == http.StatusUnauthorized:
		return err // a secret may be on its way
	}
	return refusal{err}
}
