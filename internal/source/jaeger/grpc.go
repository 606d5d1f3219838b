package jaeger

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// dial prepares a connection; nothing is sent before the first call.
func dial(cfg *Config, p place) (*grpc.ClientConn, error) {
	creds := insecure.NewCredentials()
	if p.tls {
		t, err := cfg.TLS.Config()
		if err != nil {
			return nil, err
		}
		creds = credentials.NewTLS(t)
	}
	return grpc.NewClient(p.host,
		grpc.WithTransportCredentials(creds),
		grpc.WithPerRPCCredentials(callHeaders{cfg}),
		grpc.WithUserAgent("culprit"),
		grpc.WithDefaultCallOptions(
			grpc.ForceCodec(codec{}),
			grpc.MaxCallRecvMsgSize(int(cfg.MaxResponseBytes)),
		),
	)
}

// callHeaders adds token and tenant to each call.
type callHeaders struct{ cfg *Config }

func (h callHeaders) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	m, err := h.cfg.headers()
	if err != nil {
		return nil, status.Error(codes.Unauthenticated, err.Error())
	}
	return m, nil
}

// RequireTransportSecurity is false: whoever writes grpc:// has decided that.
func (callHeaders) RequireTransportSecurity() bool { return false }

// codec moves messages that marshal themselves: those of jaeger-idl, which are not
// made for grpc's own codec, and [raw].
type codec struct{}

// Name is the content subtype on the wire.
func (codec) Name() string { return "proto" }

func (codec) Marshal(v any) ([]byte, error) {
	m, ok := v.(interface{ Marshal() ([]byte, error) })
	if !ok {
		return nil, fmt.Errorf("jaeger: %T cannot marshal itself", v)
	}
	return m.Marshal()
}

func (codec) Unmarshal(data []byte, v any) error {
	m, ok := v.(interface{ Unmarshal([]byte) error })
	if !ok {
		return fmt.Errorf("jaeger: %T cannot unmarshal itself", v)
	}
	return m.Unmarshal(data)
}

// raw is a message left as its bytes.
type raw []byte

// Marshal gives the bytes.
func (r raw) Marshal() ([]byte, error) { return r, nil }

// Unmarshal keeps the bytes, which belong to the receiver of the call.
func (r *raw) Unmarshal(data []byte) error {
	*r = data
	return nil
}

// grpcError sorts what a call returned.
func grpcError(ctx context.Context, err error) error {
	s, ok := status.FromError(err)
	if !ok {
		return err // ours: size, conversion
	}
	msg := strings.TrimSpace(s.Message())
	switch s.Code() {
	case codes.OK:
		return nil
	case codes.Unauthenticated, codes.PermissionDenied:
		return fmt.Errorf("%w (%s: %s)", errAuth, s.Code(), msg)
	case codes.Unimplemented:
		return fmt.Errorf("%w (%s)", errNotServed, msg)
	case codes.DeadlineExceeded:
		return errSlow
	case codes.Canceled:
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
	case codes.ResourceExhausted:
		if strings.Contains(msg, "received message larger than max") {
			return fmt.Errorf("%w (%s)", errTooLarge, msg)
		}
	case codes.Unavailable:
		return fmt.Errorf("%w: %s", errUnreachable, msg)
	}
	if refusesDepth(msg) {
		return fmt.Errorf("%w (%s)", errDepth, msg)
	}
	return errors.New(s.Code().String() + ": " + msg)
}
