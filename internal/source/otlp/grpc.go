package otlp

import (
	"context"

	"culprit/internal/source/receive"
)

// export is OTLP's one method.
func (s *Source) export(call *receive.Call) error {
	r, err := s.inbox.Take(call.Context(), call.One, fromProto)
	if err != nil {
		return receive.GRPCError(err)
	}
	out, err := answer(r).MarshalProto()
	if err != nil {
		return err
	}
	return call.Send(out)
}

// serveGRPC is the server.
func (s *Source) serveGRPC() func(context.Context) error {
	return s.inbox.Serve(s.cfg.GRPC, map[string]receive.Calls{
		"opentelemetry.proto.collector.trace.v1.TraceService": {"Export": s.export},
	})
}
