package jaeger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"culprit/internal/source"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
)

// grpcV3 speaks jaeger.api_v3.QueryService. Its TracesData equals OTLP's on the wire,
// so the requests, a few fields each, are all that is encoded here.
type grpcV3 struct{ conn *grpc.ClientConn }

const serviceV3 = "/jaeger.api_v3.QueryService/"

func (c *grpcV3) close() error { return c.conn.Close() }

// services reads GetServicesResponse{repeated string services = 1}.
func (c *grpcV3) services(ctx context.Context) ([]string, error) {
	var out raw
	if err := c.conn.Invoke(ctx, serviceV3+"GetServices", raw{}, &out); err != nil {
		return nil, grpcError(ctx, err)
	}
	var names []string
	for b := []byte(out); len(b) > 0; {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, fmt.Errorf("reading the list of services: %w", protowire.ParseError(n))
		}
		b = b[n:]
		if num == 1 && typ == protowire.BytesType {
			name, n := protowire.ConsumeString(b)
			if n < 0 {
				return nil, fmt.Errorf("reading the list of services: %w", protowire.ParseError(n))
			}
			names, b = append(names, name), b[n:]
			continue
		}
		if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
			return nil, fmt.Errorf("reading the list of services: %w", protowire.ParseError(n))
		}
		b = b[n:]
	}
	return names, nil
}

func (c *grpcV3) find(ctx context.Context, q query, room *room) ([]ptrace.Traces, error) {
	return c.traces(ctx, "FindTraces", encodeFind(q), room)
}

func (c *grpcV3) get(ctx context.Context, id pcommon.TraceID, w source.Window, room *room) ([]ptrace.Traces, error) {
	return c.traces(ctx, "GetTrace", encodeGet(id, w), room)
}

// traces reads a stream of TracesData to its end.
func (c *grpcV3) traces(ctx context.Context, method string, request raw, room *room) ([]ptrace.Traces, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the stream when it is left early
	stream, err := c.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, serviceV3+method)
	if err != nil {
		return nil, grpcError(ctx, err)
	}
	if err := stream.SendMsg(request); err != nil && !errors.Is(err, io.EOF) {
		return nil, grpcError(ctx, err)
	}
	if err := stream.CloseSend(); err != nil {
		return nil, grpcError(ctx, err)
	}
	var out []ptrace.Traces
	var decoder ptrace.ProtoUnmarshaler
	for {
		var m raw
		err := stream.RecvMsg(&m)
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case status.Code(err) == codes.NotFound:
			return nil, nil
		case err != nil:
			return nil, grpcError(ctx, err)
		}
		if err := room.take(int64(len(m))); err != nil {
			return nil, err
		}
		td, err := decoder.UnmarshalTraces(m)
		if err != nil {
			return nil, fmt.Errorf("decoding traces: %w", err)
		}
		out = append(out, td)
	}
}

// encodeFind is FindTracesRequest{TraceQueryParameters query = 1}: service_name 1,
// start_time_min 4, start_time_max 5, search_depth 8, raw_traces 9.
func encodeFind(q query) raw {
	var p []byte
	p = protowire.AppendTag(p, 1, protowire.BytesType)
	p = protowire.AppendString(p, q.service)
	p = appendTime(p, 4, q.window.From)
	p = appendTime(p, 5, q.last())
	p = protowire.AppendTag(p, 8, protowire.VarintType)
	p = protowire.AppendVarint(p, uint64(q.depth))
	p = appendTrue(p, 9)
	return protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), p)
}

// encodeGet is GetTraceRequest: trace_id 1, start_time 2, end_time 3, raw_traces 4.
func encodeGet(id pcommon.TraceID, w source.Window) raw {
	p := protowire.AppendTag(nil, 1, protowire.BytesType)
	p = protowire.AppendString(p, id.String())
	p = appendTime(p, 2, w.From)
	p = appendTime(p, 3, w.To)
	return appendTrue(p, 4)
}

// appendTime writes a google.protobuf.Timestamp: seconds 1, nanos 2.
func appendTime(b []byte, num protowire.Number, t time.Time) []byte {
	var m []byte
	m = protowire.AppendTag(m, 1, protowire.VarintType)
	m = protowire.AppendVarint(m, uint64(t.Unix()))
	m = protowire.AppendTag(m, 2, protowire.VarintType)
	m = protowire.AppendVarint(m, uint64(t.Nanosecond()))
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), m)
}

func appendTrue(b []byte, num protowire.Number) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), 1)
}
