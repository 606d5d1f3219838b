package xray

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	sdk "github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/aws/aws-sdk-go-v2/service/xray/types"
	"github.com/aws/smithy-go"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"golang.org/x/sync/errgroup"

	format "culprit/internal/format/xray"
	"culprit/internal/source"
	"culprit/model"
)

const (
	// perBatch is how many traces BatchGetTraces takes.
	perBatch = 5
	// edge is how much earlier than its root a trace's ID may have been made: load
	// balancers make it, and clients that wait before they send.
	edge = 5 * time.Second
)

// account asks the API for one run of the reader.
type account struct {
	*source.Reading
	cfg    Config
	pace   *source.Pace
	client *sdk.Client
}

var _ source.Polled = (*account)(nil)

// connected finds the credentials.
func (a *account) connected(ctx context.Context) error {
	if a.client != nil {
		return nil
	}
	options := []func(*awsconfig.LoadOptions) error{
		// Tries are source.Reading's, so that they are counted and bounded in one place.
		awsconfig.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
	}
	if a.cfg.Region != "" {
		options = append(options, awsconfig.WithRegion(a.cfg.Region))
	}
	if a.cfg.Profile != "" {
		options = append(options, awsconfig.WithSharedConfigProfile(a.cfg.Profile))
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return source.Hopeless(fmt.Errorf("finding AWS credentials: %w", err))
	}
	if cfg.Region == "" {
		return source.Hopeless(errors.New("no AWS region is configured: set region, or AWS_REGION in the environment"))
	}
	a.client = sdk.NewFromConfig(cfg, func(o *sdk.Options) {
		if a.cfg.Endpoint != "" {
			o.BaseEndpoint = aws.String(a.cfg.Endpoint)
		}
	})
	return nil
}

// Close forgets the client, and with it credentials that may have been replaced.
func (a *account) Close() { a.client = nil }

// Read lists the traces of a stretch and fetches them.
func (a *account) Read(ctx context.Context, s *source.Stretch) error {
	if err := a.connected(ctx); err != nil {
		return err
	}
	ids, err := a.list(ctx, s.Window)
	if err != nil {
		return err
	}
	// Those of the last stretch, which the edge brings, were delivered with it.
	return a.fetch(ctx, s.Window, slices.DeleteFunc(ids, func(name string) bool {
		id, err := format.ParseTraceID(name)
		return err == nil && a.Delivered(pcommon.TraceID(id))
	}))
}

// Reread lists them again and fetches all.
func (a *account) Reread(ctx context.Context, s *source.Stretch) error {
	if err := a.connected(ctx); err != nil {
		return err
	}
	ids, err := a.list(ctx, s.Window)
	if err != nil {
		return err
	}
	return a.fetch(ctx, s.Window, ids)
}

// Recall fetches single traces.
func (a *account) Recall(ctx context.Context, s *source.Stretch, ids []pcommon.TraceID) error {
	if err := a.connected(ctx); err != nil {
		return err
	}
	var names []string
	for _, id := range ids {
		names = append(names, format.FormatTraceID(model.TraceID(id)))
	}
	return a.fetch(ctx, s.Window, names)
}

// list gives the IDs of the traces of a window, page by page.
func (a *account) list(ctx context.Context, w source.Window) (ids []string, err error) {
	in := &sdk.GetTraceSummariesInput{
		StartTime:     aws.Time(w.From.Add(-edge)),
		EndTime:       aws.Time(w.To),
		TimeRangeType: types.TimeRangeTypeTraceId,
		Sampling:      aws.Bool(false),
	}
	if a.cfg.Filter != "" {
		in.FilterExpression = aws.String(a.cfg.Filter)
	}
	for {
		var out *sdk.GetTraceSummariesOutput
		err := a.call(ctx, "GetTraceSummaries", func(ctx context.Context) (err error) {
			out, err = a.client.GetTraceSummaries(ctx, in)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, t := range out.TraceSummaries {
			// The start is to the second in places, so one is left at either end.
			if t.Id == nil || t.StartTime != nil && (t.StartTime.Before(w.From.Add(-time.Second)) || t.StartTime.After(w.To)) {
				continue
			}
			ids = append(ids, *t.Id)
		}
		if len(ids) > a.cfg.MaxTraces {
			a.Cut("", fmt.Sprintf("more than %d traces in a stretch (max_traces); the rest is not read", a.cfg.MaxTraces))
			return ids[:a.cfg.MaxTraces], nil
		}
		if out.NextToken == nil || *out.NextToken == "" {
			slices.Sort(ids)
			return slices.Compact(ids), nil
		}
		in.NextToken = out.NextToken
	}
}

// fetch reads traces by ID and delivers them.
func (a *account) fetch(ctx context.Context, w source.Window, ids []string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(a.cfg.Concurrency)
	for part := range slices.Chunk(ids, perBatch) {
		g.Go(func() error { return a.batch(ctx, w, part) })
	}
	return g.Wait()
}

// unprocessedTries is how often traces are asked for that the API has left out.
const unprocessedTries = 3

// batch reads up to five traces. Those that the API has no time for are asked for again.
func (a *account) batch(ctx context.Context, w source.Window, ids []string) error {
	var documents [][]byte
	for try := 1; len(ids) > 0; try++ {
		in := &sdk.BatchGetTracesInput{TraceIds: ids}
		ids = nil
		for {
			var out *sdk.BatchGetTracesOutput
			err := a.call(ctx, "BatchGetTraces", func(ctx context.Context) (err error) {
				out, err = a.client.BatchGetTraces(ctx, in)
				return err
			})
			if err != nil {
				return err
			}
			for _, t := range out.Traces {
				for _, s := range t.Segments {
					if s.Document != nil {
						documents = append(documents, []byte(*s.Document))
					}
				}
				if aws.ToBool(t.LimitExceeded) {
					a.Cut(aws.ToString(t.Id), "X-Ray did not keep all segments of this trace, which has too many")
				}
			}
			ids = append(ids, out.UnprocessedTraceIds...)
			if out.NextToken == nil || *out.NextToken == "" {
				break
			}
			in.NextToken = out.NextToken
		}
		if len(ids) > 0 && try == unprocessedTries {
			a.Cut("", "traces that the API had no time for were left out")
			break
		}
	}
	data, err := a.convert(documents)
	if err != nil {
		return err
	}
	traces, _ := a.Sort(data, "BatchGetTraces")
	return a.Take(ctx, w, traces)
}

// convert turns the documents of whole traces into OTLP. Segments in progress are
// what the second look is for; they are no reason to warn.
func (a *account) convert(documents [][]byte) (data []ptrace.Traces, err error) {
	j := format.NewJoiner(func(td ptrace.Traces) error {
		data = append(data, td)
		return nil
	}, func(err error) {
		if !errors.Is(err, format.ErrInProgress) {
			a.Warn("bad-record", "", err.Error(), 1)
		}
	})
	for _, d := range documents {
		if err := j.Add(d); err != nil {
			return nil, err
		}
	}
	return data, j.Close()
}

// call makes one call when its turn has come, a few times if need be.
func (a *account) call(ctx context.Context, name string, do func(context.Context) error) error {
	err := a.Try(ctx, func(ctx context.Context) error {
		if err := a.pace.Wait(ctx); err != nil {
			return err
		}
		err := do(ctx)
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("no answer within the timeout: %w", err)
		}
		return sorted(err)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// sorted marks the errors that trying again does not mend.
func sorted(err error) error {
	var api smithy.APIError
	if err == nil || !errors.As(err, &api) {
		return err
	}
	switch api.ErrorCode() {
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException",
		"ExpiredTokenException", "ExpiredToken", "MissingAuthenticationTokenException", "OptInRequired":
		return source.Hopeless(fmt.Errorf("AWS refuses the credentials; check region, profile and the right to xray:GetTraceSummaries and xray:BatchGetTraces: %w", err))
	case "InvalidRequestException", "ValidationException":
		return source.Hopeless(fmt.Errorf("AWS refuses the request; check filter: %w", err))
	}
	return err
}
