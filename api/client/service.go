package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"strings"
	"time"

	"culprit/model"
)

// maxAnswer is the most bytes of an answer that are read: a page of 500 incidents
// is some 6 MB. More is not from culprit.
const maxAnswer = 256 << 20

// Service is a culprit service somewhere.
type Service struct {
	base   string
	client *Client
}

// Open prepares requests to the service at base, as "http://127.0.0.1:7070". It
// connects to nothing yet. The client (nil: the default one) must have no overall
// timeout if [Service.Watch] is used; deadlines come with the contexts.
func Open(base string, hc *http.Client) (*Service, error) {
	if hc == nil {
		hc = http.DefaultClient
	}
	if !strings.HasPrefix(base, "http://") && !strings.HasPrefix(base, "https://") {
		return nil, fmt.Errorf("address %q of the service: want http://host:port", base)
	}
	c, err := NewClient(base, WithHTTPClient(hc))
	if err != nil {
		return nil, fmt.Errorf("address %q of the service: %w", base, err)
	}
	return &Service{base: base, client: c}, nil
}

// Incidents is one page of the list, newest first.
func (s *Service) Incidents(ctx context.Context, params *ListIncidentsParams) (model.IncidentPage, error) {
	res, err := s.client.ListIncidents(ctx, params)
	return read[model.IncidentPage](s, res, err)
}

// Every follows the pages of a list from its beginning (or from params.Cursor) to
// its end, or to the first error. params is not changed.
func (s *Service) Every(ctx context.Context, params *ListIncidentsParams) iter.Seq2[model.Incident, error] {
	return func(yield func(model.Incident, error) bool) {
		p := *params
		for {
			page, err := s.Incidents(ctx, &p)
			if err != nil {
				yield(model.Incident{}, err)
				return
			}
			for _, in := range page.Incidents {
				if !yield(in, nil) {
					return
				}
			}
			if page.NextCursor == nil {
				return
			}
			p.Cursor = page.NextCursor
		}
	}
}

// Incident is one incident with its revisions.
func (s *Service) Incident(ctx context.Context, id string) (model.IncidentHistory, error) {
	res, err := s.client.GetIncident(ctx, id)
	return read[model.IncidentHistory](s, res, err)
}

// Ranking ranks the causes in [from, to) against baseline stretches, each [from,
// to); without any, against what the service has learned.
func (s *Service) Ranking(ctx context.Context, from, to time.Time, baseline ...[2]time.Time) (model.Ranking, error) {
	params := GetRankingParams{From: from, To: to}
	if len(baseline) > 0 {
		var froms, tos []time.Time
		for _, b := range baseline {
			froms, tos = append(froms, b[0]), append(tos, b[1])
		}
		params.BaselineFrom, params.BaselineTo = &froms, &tos
	}
	res, err := s.client.GetRanking(ctx, &params)
	return read[model.Ranking](s, res, err)
}

// Topology is who called whom at a moment; the zero time asks for the newest window.
func (s *Service) Topology(ctx context.Context, at time.Time) (model.Topology, error) {
	res, err := s.client.GetTopology(ctx, &GetTopologyParams{At: unlessZero(at)})
	return read[model.Topology](s, res, err)
}

// Operations lists at most most operations of a moment, the strangest first: of one service
// unless it is empty, and only those in whose names find stands. The zero time asks for
// the newest window.
func (s *Service) Operations(ctx context.Context, at time.Time, service, find string, most int) (model.OperationPage, error) {
	params := ListOperationsParams{At: unlessZero(at), Limit: &most}
	if service != "" {
		params.Service = &service
	}
	if find != "" {
		params.Find = &find
	}
	res, err := s.client.ListOperations(ctx, &params)
	return read[model.OperationPage](s, res, err)
}

// Operation says why an operation was flagged at a moment, or why not; the zero time
// asks for the newest window.
func (s *Service) Operation(ctx context.Context, service, operation string, at time.Time) (model.OperationView, error) {
	res, err := s.client.GetOperation(ctx, service, operation, &GetOperationParams{At: unlessZero(at)})
	return read[model.OperationView](s, res, err)
}

// Workflow is how the runs of an operation travel in [from, to), and what of it is not as
// usual. Zero times are no limit; two of them ask for the newest runs. A trace ID asks for that one
// only, if it is among the sampled ones.
func (s *Service) Workflow(ctx context.Context, service, operation string, from, to time.Time, trace string) (model.Workflow, error) {
	params := GetWorkflowParams{From: unlessZero(from), To: unlessZero(to)}
	if trace != "" {
		params.Trace = &trace
	}
	res, err := s.client.GetWorkflow(ctx, service, operation, &params)
	return read[model.Workflow](s, res, err)
}

// Compare is what changed from one stretch, [from, to), to another.
func (s *Service) Compare(ctx context.Context, before, now [2]time.Time) (model.Comparison, error) {
	res, err := s.client.GetComparison(ctx, &GetComparisonParams{BaselineFrom: before[0], BaselineTo: before[1], From: now[0], To: now[1]})
	return read[model.Comparison](s, res, err)
}

// Correlate is what sets some requests of an operation apart from the rest.
func (s *Service) Correlate(ctx context.Context, params *GetCorrelationParams) (model.Correlation, error) {
	res, err := s.client.GetCorrelation(ctx, params)
	return read[model.Correlation](s, res, err)
}

// CriticalPaths is what requests spend their time in.
func (s *Service) CriticalPaths(ctx context.Context, params *GetCriticalPathsParams) (model.CriticalPaths, error) {
	res, err := s.client.GetCriticalPaths(ctx, params)
	return read[model.CriticalPaths](s, res, err)
}

// Status is how the service is doing.
func (s *Service) Status(ctx context.Context) (model.ServiceStatus, error) {
	res, err := s.client.GetStatus(ctx)
	return read[model.ServiceStatus](s, res, err)
}

// Ready is nil once the service does its work.
func (s *Service) Ready(ctx context.Context) error {
	res, err := s.client.GetReadiness(ctx)
	_, err = read[Health](s, res, err)
	return err
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// read takes an answer apart and closes it.
func read[T any](s *Service, res *http.Response, err error) (v T, _ error) {
	if err != nil {
		return v, fmt.Errorf("asking %s: %w", s.base, err)
	}
	defer res.Body.Close()
	if err := s.refusal(res); err != nil {
		return v, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return v, fmt.Errorf("reading the answer of %s: %w", s.base, err)
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return v, fmt.Errorf("reading the answer of %s: %w", s.base, err)
	}
	return v, nil
}

// refusal is the problem that an answer tells, or an error if the answer is not one
// of culprit's.
func (s *Service) refusal(res *http.Response) error {
	kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	good := res.StatusCode == http.StatusOK || res.StatusCode == http.StatusCreated
	if err == nil && good && (kind == "application/json" || kind == "text/event-stream") {
		return nil
	}
	const most = 64 << 10
	var p model.Problem
	if kind == "application/problem+json" {
		if err := json.NewDecoder(io.LimitReader(res.Body, most)).Decode(&p); err == nil && p.Status == res.StatusCode {
			return &p
		}
	}
	return fmt.Errorf("%s answers %s with content type %q: is culprit there?", s.base, res.Status, kind)
}
