package otlp

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"culprit/internal/source/receive"
)

// export is OTLP's one method, as a stream.
func (s *Source) export(_ any, stream grpc.ServerStream) error {
	r, err := s.inbox.Take(stream.Context(), func() ([]byte, error) {
		var raw []byte
		err := stream.RecvMsg(&raw)
		if errors.Is(err, io.EOF) {
			err = status.Error(codes.InvalidArgument, "a call without a message")
		}
		return raw, err
	}, fromProto)
	if err != nil {
		return receive.GRPCError(err)
	}
	out, err := answer(r).MarshalProto()
	if err != nil {
		return err
	}
	return stream.SendMsg(&out)
}

// serveGRPC is the server.
func (s *Source) serveGRPC() func(context.Context) error {
	return s.inbox.GRPC(s.cfg.GRPC, func(g *grpc.Server) {
		g.RegisterService(&grpc.ServiceDesc{
			ServiceName: "opentelemetry.proto.collector.trace.v1.TraceService",
			HandlerType: (*any)(nil),
			Streams:     []grpc.StreamDesc{{StreamName: "Export", Handler: s.export, ServerStreams: true, ClientStreams: true}},
		}, s)
	}, grpc.ForceServerCodecV2(bytesCodec{}))
}

// bytesCodec leaves messages as they are.
type bytesCodec struct{}

func (bytesCodec) Name() string { return "proto" }

func (bytesCodec) Marshal(v any) (mem.BufferSlice, error) {
	b, ok := v.(*[]byte)
	if !ok {
		return nil, status.Errorf(codes.Internal, "a %T is no message", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(*b)}, nil
}

func (bytesCodec) Unmarshal(data mem.BufferSlice, v any) error {
	b, ok := v.(*[]byte)
	if !ok {
		return status.Errorf(codes.Internal, "a %T is no message", v)
	}
	*b = data.Materialize()
	return nil
}
