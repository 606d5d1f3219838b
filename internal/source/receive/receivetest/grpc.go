package receivetest

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// GRPC sends by a call of a method that takes and answers one message, which lies before
// the caller as bytes. gRPC cuts it into frames itself, so pieces mean nothing.
func GRPC(method string) func(context.Context, string, []byte, string, int) error {
	return func(ctx context.Context, to string, message []byte, token string, _ int) error {
		conn, err := grpc.NewClient(to, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return err
		}
		defer conn.Close()
		return Answer(conn.Invoke(WithToken(ctx, token), method, message, new([]byte), grpc.ForceCodec(Bytes{})))
	}
}

// WithToken is a context whose calls bring a token.
func WithToken(ctx context.Context, token string) context.Context {
	if token == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

// Answer is what a call's error means.
func Answer(err error) error {
	s, _ := status.FromError(err)
	switch s.Code() {
	case codes.OK:
		return nil
	case codes.ResourceExhausted:
		for _, d := range s.Details() {
			if info, ok := d.(*errdetails.RetryInfo); ok && info.RetryDelay.AsDuration() > 0 {
				return ErrAgain
			}
		}
		return ErrLarge // gRPC's own answer, which asks nobody back
	case codes.Unauthenticated:
		return ErrToken
	case codes.InvalidArgument:
		return ErrRefused
	}
	return fmt.Errorf("%w: %w", ErrOther, err)
}

// Bytes leaves messages as they are.
type Bytes struct{}

var _ encoding.Codec = Bytes{}

// Name is what the other side takes the messages for.
func (Bytes) Name() string { return "proto" }

// Marshal takes a []byte.
func (Bytes) Marshal(v any) ([]byte, error) {
	b, ok := v.([]byte)
	if !ok {
		return nil, errors.New("no bytes")
	}
	return b, nil
}

// Unmarshal fills a *[]byte.
func (Bytes) Unmarshal(data []byte, v any) error {
	b, ok := v.(*[]byte)
	if !ok {
		return errors.New("no place for bytes")
	}
	*b = append([]byte{}, data...)
	return nil
}
