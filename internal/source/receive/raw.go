package receive

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
)

// Calls are the methods of a gRPC service by name.
type Calls map[string]func(*Call) error

// Call is one call of a method. Its messages are bytes, decoded by who handles it, after
// they were admitted and where what is wrong with them can be counted.
type Call struct{ stream grpc.ServerStream }

// Context ends with the call.
func (c *Call) Context() context.Context { return c.stream.Context() }

// Receive returns the next message. io.EOF says that the caller has sent its last.
func (c *Call) Receive() ([]byte, error) {
	var raw []byte
	err := c.stream.RecvMsg(&raw)
	return raw, err
}

// One returns the message of a call that has one.
func (c *Call) One() ([]byte, error) {
	raw, err := c.Receive()
	if errors.Is(err, io.EOF) {
		err = status.Error(codes.InvalidArgument, "a call without a message")
	}
	return raw, err
}

// Send answers.
func (c *Call) Send(raw []byte) error { return c.stream.SendMsg(&raw) }

// Serve is a server at address for services by their full names. Each method is served
// as a stream, which looks the same to callers that send one message.
func (in *Inbox) Serve(address string, services map[string]Calls) func(context.Context) error {
	return in.GRPC(address, func(g *grpc.Server) {
		for name, calls := range services {
			desc := &grpc.ServiceDesc{ServiceName: name, HandlerType: (*any)(nil)}
			for method, handle := range calls {
				desc.Streams = append(desc.Streams, grpc.StreamDesc{
					StreamName: method, ServerStreams: true, ClientStreams: true,
					Handler: func(_ any, stream grpc.ServerStream) error { return handle(&Call{stream}) },
				})
			}
			g.RegisterService(desc, in)
		}
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
