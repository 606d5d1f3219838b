package jaeger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"culprit/internal/source"

	jaegermodel "github.com/jaegertracing/jaeger-idl/model/v1"
	"github.com/jaegertracing/jaeger-idl/proto-gen/api_v2"
	translator "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/jaeger"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// grpcV2 speaks jaeger.api_v2.QueryService. A message holds at most ten spans of one
// trace in Jaeger's own model; the collector's translator makes OTLP of them.
type grpcV2 struct {
	conn *grpc.ClientConn
	api  api_v2.QueryServiceClient
}

func newGRPCv2(conn *grpc.ClientConn) *grpcV2 {
	return &grpcV2{conn, api_v2.NewQueryServiceClient(conn)}
}

func (c *grpcV2) close() error { return c.conn.Close() }

func (c *grpcV2) services(ctx context.Context) ([]string, error) {
	r, err := c.api.GetServices(ctx, &api_v2.GetServicesRequest{})
	if err != nil {
		return nil, grpcError(ctx, err)
	}
	return r.Services, nil
}

func (c *grpcV2) find(ctx context.Context, q query, room *room) ([]ptrace.Traces, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.api.FindTraces(ctx, &api_v2.FindTracesRequest{Query: &api_v2.TraceQueryParameters{
		ServiceName:  q.service,
		StartTimeMin: q.window.From,
		StartTimeMax: q.last(),
		SearchDepth:  int32(q.depth),
		RawTraces:    true,
	}})
	if err != nil {
		return nil, grpcError(ctx, err)
	}
	return readChunks(ctx, stream, room)
}

func (c *grpcV2) get(ctx context.Context, id pcommon.TraceID, w source.Window, room *room) ([]ptrace.Traces, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.api.GetTrace(ctx, &api_v2.GetTraceRequest{
		TraceID: jaegermodel.TraceID{
			High: binary.BigEndian.Uint64(id[:8]),
			Low:  binary.BigEndian.Uint64(id[8:]),
		},
		StartTime: w.From,
		EndTime:   w.To,
		RawTraces: true,
	})
	if err != nil {
		return nil, grpcError(ctx, err)
	}
	return readChunks(ctx, stream, room)
}

// chunks is what both calls stream.
type chunks interface {
	Recv() (*api_v2.SpansResponseChunk, error)
}

// readChunks reads to the end, one ptrace.Traces for each run of chunks of one trace.
func readChunks(ctx context.Context, stream chunks, room *room) ([]ptrace.Traces, error) {
	var out []ptrace.Traces
	var spans []*jaegermodel.Span // of one trace
	flush := func() error {
		if len(spans) == 0 {
			return nil
		}
		td, err := translator.ProtoToTraces([]*jaegermodel.Batch{{Spans: spans}})
		if err != nil {
			return fmt.Errorf("translating spans: %w", err)
		}
		out, spans = append(out, td), nil
		return nil
	}
	for {
		chunk, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return out, flush()
		case status.Code(err) == codes.NotFound:
			return nil, nil
		case err != nil:
			return nil, grpcError(ctx, err)
		}
		if err := room.take(int64(chunk.Size())); err != nil {
			return nil, err
		}
		for i := range chunk.Spans {
			s := &chunk.Spans[i]
			if len(spans) > 0 && spans[0].TraceID != s.TraceID {
				if err := flush(); err != nil {
					return nil, err
				}
			}
			spans = append(spans, s)
		}
	}
}
