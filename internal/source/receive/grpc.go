package receive

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // senders may pack
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
)

// GRPC is a server at address with the services that register adds. Tokens are checked,
// messages, connections and streams bounded.
func (in *Inbox) GRPC(address string, register func(*grpc.Server), options ...grpc.ServerOption) func(context.Context) error {
	return func(ctx context.Context) error {
		secure, err := in.server()
		if err != nil {
			return err
		}
		l, err := in.listen(address)
		if err != nil {
			return err
		}
		if secure != nil {
			options = append(options, grpc.Creds(credentials.NewTLS(secure)))
		}
		s := grpc.NewServer(append(options,
			grpc.MaxRecvMsgSize(int(in.cfg.MaxMessageBytes)),
			grpc.MaxConcurrentStreams(uint32(in.cfg.Concurrency)),
			grpc.MaxHeaderListSize(64<<10),
			grpc.ConnectionTimeout(in.cfg.Timeout),
			grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Minute, Timeout: 20 * time.Second}),
			grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
			grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
				if err := in.mayCall(ctx); err != nil {
					return nil, err
				}
				return next(ctx, req)
			}),
			grpc.StreamInterceptor(func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
				if err := in.mayCall(stream.Context()); err != nil {
					return err
				}
				return next(srv, stream)
			}),
		)...)
		register(s)
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(l) }()
		select {
		case err := <-ended:
			return fmt.Errorf("serving %s: %w", address, err)
		case <-ctx.Done():
		}
		force := time.AfterFunc(stopGrace, s.Stop)
		defer force.Stop()
		s.GracefulStop()
		return <-ended // nil once it was stopped
	}
}

// mayCall checks the token of a call.
func (in *Inbox) mayCall(ctx context.Context) error {
	header := ""
	if md, ok := metadata.FromIncomingContext(ctx); ok {
		if v := md.Get("authorization"); len(v) > 0 {
			header = v[0]
		}
	}
	return GRPCError(in.bearer.check(header))
}
