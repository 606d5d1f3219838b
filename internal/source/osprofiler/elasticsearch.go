package osprofiler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"culprit/internal/source"
)

const (
	// scrollSize is how many documents an answer holds; osprofiler's es_scroll_size is
	// the most that Elasticsearch gives unless told otherwise.
	scrollSize = 5000
	// scrollTime is how long a scroll lives between two answers: osprofiler's es_scroll_time.
	scrollTime = "2m"
	// errorBytes is how much of a refusal is shown.
	errorBytes = 300
)

// elasticStore is an Elasticsearch or OpenSearch that osprofiler writes to.
type elasticStore struct {
	cfg  *Config
	base *url.URL // without user
	user *url.URL // as configured
	http *http.Client
}

func openElasticsearch(c *Config, u *url.URL) (store, error) {
	tls, err := c.TLS.Config()
	if err != nil {
		return nil, err
	}
	base := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/")}
	if base.Scheme == "elasticsearch" {
		base.Scheme = "http" // as osprofiler's driver reads its connection string
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = tls
	return &elasticStore{cfg: c, base: base, user: u, http: &http.Client{Transport: transport}}, nil
}

func (s *elasticStore) close() { s.http.CloseIdleConnections() }

// began asks which traces have notifications in w. Some of them began earlier.
func (s *elasticStore) began(ctx context.Context, w source.Window) ([]string, error) {
	const layout = "2006-01-02T15:04:05.000000"
	found := map[string]bool{}
	err := s.search(ctx, map[string]any{
		"_source": []string{"base_id"},
		"query": map[string]any{"range": map[string]any{"timestamp": map[string]string{
			"gte": w.From.UTC().Format(layout), "lt": w.To.UTC().Format(layout),
		}}},
	}, func(raw json.RawMessage) error {
		var doc struct {
			Base string `json:"base_id"`
		}
		if json.Unmarshal(raw, &doc) == nil && doc.Base != "" {
			found[doc.Base] = true
		}
		return nil
	})
	bases := make([]string, 0, len(found))
	for b := range found {
		bases = append(bases, b)
	}
	slices.Sort(bases)
	return bases, err
}

// errEnough ends a search of which enough is known.
var errEnough = errors.New("enough")

func (s *elasticStore) notifications(ctx context.Context, bases []string, take func([]byte), cut func(string)) error {
	// A phrase matches whether the index holds base_id as a keyword or, which is what
	// comes without a mapping, as text cut at the dashes.
	var either []map[string]any
	for _, b := range bases {
		either = append(either, map[string]any{"match_phrase": map[string]string{"base_id": b}})
	}
	counts := map[string]int{}
	full := 0
	err := s.search(ctx, map[string]any{
		"query": map[string]any{"bool": map[string]any{"should": either, "minimum_should_match": 1}},
		"sort":  []map[string]string{{"timestamp": "asc"}},
	}, func(raw json.RawMessage) error {
		var doc struct {
			Base string `json:"base_id"`
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			take(raw)  // which says what is wrong
			return nil //nolint:nilerr // one bad document does not end the reading
		}
		if counts[doc.Base]++; counts[doc.Base] <= s.cfg.MaxTraceNotifications {
			take(raw)
			return nil
		}
		if counts[doc.Base] == s.cfg.MaxTraceNotifications+1 {
			cut(doc.Base)
			if full++; full == len(bases) {
				return errEnough
			}
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// page is an answer to a search.
type page struct {
	Scroll string `json:"_scroll_id"`
	Hits   struct {
		Hits []struct {
			Source json.RawMessage `json:"_source"`
		} `json:"hits"`
	} `json:"hits"`
}

// search hands over the documents of a query, page by page.
func (s *elasticStore) search(ctx context.Context, query map[string]any, take func(json.RawMessage) error) error {
	query["size"] = scrollSize
	p, err := s.post(ctx, "/"+url.PathEscape(s.cfg.Index)+"/_search?scroll="+scrollTime, query)
	for err == nil && len(p.Hits.Hits) > 0 {
		for _, h := range p.Hits.Hits {
			if err = take(h.Source); err != nil {
				break
			}
		}
		if err == nil {
			scroll := p.Scroll
			if p, err = s.post(ctx, "/_search/scroll", map[string]any{"scroll": scrollTime, "scroll_id": scroll}); p.Scroll == "" {
				p.Scroll = scroll
			}
		}
	}
	if p.Scroll != "" {
		s.end(ctx, p.Scroll)
	}
	return err
}

// end frees a scroll, which would go away by itself later.
func (s *elasticStore) end(ctx context.Context, scroll string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if res, err := s.do(ctx, http.MethodDelete, "/_search/scroll", map[string]any{"scroll_id": scroll}); err == nil {
		_ = res.Body.Close()
	}
}

// post asks one question.
func (s *elasticStore) post(ctx context.Context, path string, body any) (page, error) {
	var p page
	res, err := s.do(ctx, http.MethodPost, path, body)
	if err != nil {
		return p, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, s.cfg.MaxResponseBytes+1))
	switch {
	case err != nil:
		return p, fmt.Errorf("reading the answer to %s: %w", path, err)
	case res.StatusCode == http.StatusNotFound && bytes.Contains(data, []byte("index_not_found")):
		return p, nil // osprofiler has not written anything yet
	case res.StatusCode != http.StatusOK:
		err := fmt.Errorf("%s%s answers %s: %.*s", s.base, path, res.Status, errorBytes, data)
		if res.StatusCode < 500 && res.StatusCode != http.StatusTooManyRequests {
			err = backoff.Permanent(err)
		}
		return p, err
	case int64(len(data)) > s.cfg.MaxResponseBytes:
		return p, backoff.Permanent(fmt.Errorf("an answer to %s is larger than max_response_bytes (%d)", path, s.cfg.MaxResponseBytes))
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return p, fmt.Errorf("%s%s does not answer as Elasticsearch does: %w", s.base, path, err)
	}
	return p, nil
}

func (s *elasticStore) do(ctx context.Context, method, path string, body any) (*http.Response, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base.String()+path, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	user, password, err := s.cfg.login(s.user)
	if err != nil {
		return nil, backoff.Permanent(err)
	}
	if user != "" || password != "" {
		req.SetBasicAuth(user, password)
	}
	return s.http.Do(req)
}
