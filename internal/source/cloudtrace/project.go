package cloudtrace

import (
	"context"
	"errors"
	"fmt"
	"strings"

	trace "cloud.google.com/go/trace/apiv1"
	"cloud.google.com/go/trace/apiv1/tracepb"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	format "culprit/internal/format/cloudtrace"
	"culprit/internal/source"
)

// project asks the API for one run of the source.
type project struct {
	*source.Reading
	cfg      Config
	pace     *source.Pace
	client   *trace.Client
	pageSize int // Config.PageSize, or what answers are small enough with
}

var _ source.Polled = (*project)(nil)

// connected finds the credentials.
func (p *project) connected(ctx context.Context) error {
	if p.client != nil {
		return nil
	}
	options := []option.ClientOption{
		option.WithUserAgent("culprit"),
		option.WithGRPCDialOption(grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(p.cfg.MaxResponseBytes))),
		option.WithTelemetryDisabled(), // or it would trace itself
	}
	if p.cfg.Endpoint != "" {
		options = append(options, option.WithEndpoint(p.cfg.Endpoint))
	}
	switch {
	case p.cfg.Insecure:
		options = append(options, option.WithoutAuthentication(), option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	case p.cfg.CredentialsFile != "":
		options = append(options, option.WithAuthCredentialsFile(option.ServiceAccount, p.cfg.CredentialsFile))
	}
	// The client keeps the context for the tokens that it asks for later.
	c, err := trace.NewClient(context.WithoutCancel(ctx), options...)
	if err != nil {
		return source.Hopeless(fmt.Errorf("finding Google's credentials: %w", err))
	}
	c.CallOptions = &trace.CallOptions{} // tries are source.Reading's
	p.client = c
	return nil
}

// Close forgets the client.
func (p *project) Close() {
	if p.client != nil {
		_ = p.client.Close() // nothing is lost with it
		p.client = nil
	}
}

// Read lists the traces of a stretch, page by page, and delivers them.
func (p *project) Read(ctx context.Context, s *source.Stretch) error {
	if err := p.connected(ctx); err != nil {
		return err
	}
	read, token := 0, ""
	for {
		traces, next, err := p.page(ctx, s.Window, token)
		if errors.Is(err, errTooLarge) && p.pageSize > 1 {
			p.pageSize = (p.pageSize + 1) / 2
			p.Warn("page-size", "", fmt.Sprintf("a page is larger than max_response_bytes; asking for %d traces at a time", p.pageSize), 1)
			continue
		}
		if err != nil {
			return err
		}
		if err := p.take(ctx, s.Window, traces); err != nil {
			return err
		}
		read += len(traces)
		switch token = next; {
		case token == "":
			return nil
		case read >= p.cfg.MaxTraces:
			p.Cut("", fmt.Sprintf("more than %d traces in a stretch (max_traces); the rest is not read", p.cfg.MaxTraces))
			return nil
		}
	}
}

// Reread does it again.
func (p *project) Reread(ctx context.Context, s *source.Stretch) error { return p.Read(ctx, s) }

// Recall fetches traces one by one.
func (p *project) Recall(ctx context.Context, s *source.Stretch, ids []pcommon.TraceID) error {
	if err := p.connected(ctx); err != nil {
		return err
	}
	for _, id := range ids {
		var t *tracepb.Trace
		err := p.call(ctx, "GetTrace", func(ctx context.Context) (err error) {
			t, err = p.client.GetTrace(ctx, &tracepb.GetTraceRequest{ProjectId: p.cfg.Project, TraceId: id.String()})
			return err
		})
		if status.Code(err) == codes.NotFound {
			continue // it was there, and is kept no longer
		}
		if err != nil {
			return err
		}
		if err := p.take(ctx, s.Window, []*tracepb.Trace{t}); err != nil {
			return err
		}
	}
	return nil
}

// page reads one page and says what the next one is called.
func (p *project) page(ctx context.Context, w source.Window, token string) (traces []*tracepb.Trace, next string, err error) {
	err = p.call(ctx, "ListTraces", func(ctx context.Context) error {
		it := p.client.ListTraces(ctx, &tracepb.ListTracesRequest{
			ProjectId: p.cfg.Project,
			View:      tracepb.ListTracesRequest_COMPLETE,
			StartTime: timestamppb.New(w.From),
			EndTime:   timestamppb.New(w.To),
			Filter:    p.cfg.Filter,
			OrderBy:   "start",
		})
		traces = nil
		var err error
		next, err = iterator.NewPager(it, p.pageSize, token).NextPage(&traces)
		return err
	})
	return traces, next, err
}

// take delivers traces of the API.
func (p *project) take(ctx context.Context, w source.Window, traces []*tracepb.Trace) error {
	var data []ptrace.Traces
	for _, t := range traces {
		own := convert(t)
		td, err := own.OTLP(func(err error) { p.Warn("bad-record", "", err.Error(), 1) })
		if err != nil {
			p.Warn("bad-record", "", "a trace that cannot be read: "+err.Error(), 1)
			continue
		}
		data = append(data, td)
	}
	sorted, _ := p.Sort(data, "ListTraces")
	return p.Take(ctx, w, sorted)
}

func convert(t *tracepb.Trace) format.Trace {
	out := format.Trace{Project: t.GetProjectId(), ID: t.GetTraceId(), Spans: make([]format.Span, 0, len(t.GetSpans()))}
	for _, s := range t.GetSpans() {
		span := format.Span{ID: s.GetSpanId(), Parent: s.GetParentSpanId(), Kind: s.GetKind().String(), Name: s.GetName(), Labels: s.GetLabels()}
		if s.GetStartTime().IsValid() && s.GetEndTime().IsValid() {
			span.Start, span.End = s.GetStartTime().AsTime().UnixNano(), s.GetEndTime().AsTime().UnixNano()
		}
		out.Spans = append(out.Spans, span)
	}
	return out
}

var errTooLarge = errors.New("the answer is larger than max_response_bytes")

// call makes one call when its turn has come, a few times if need be.
func (p *project) call(ctx context.Context, name string, do func(context.Context) error) error {
	err := p.Try(ctx, func(ctx context.Context) error {
		if err := p.pace.Wait(ctx); err != nil {
			return err
		}
		return sorted(do(ctx))
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// sorted marks the errors that trying again does not mend.
func sorted(err error) error {
	s, ok := status.FromError(err)
	if err == nil || !ok {
		return err
	}
	switch s.Code() {
	case codes.Unauthenticated, codes.PermissionDenied:
		return source.Hopeless(fmt.Errorf("credentials refused by Google; check project and credentials_file, which needs the role cloudtrace.user: %w", err))
	case codes.InvalidArgument, codes.NotFound:
		return source.Hopeless(fmt.Errorf("request refused by Google; check project and filter: %w", err))
	case codes.ResourceExhausted:
		if strings.Contains(s.Message(), "larger than max") {
			return source.Hopeless(fmt.Errorf("%w: %w", errTooLarge, err))
		}
	}
	return err
}
