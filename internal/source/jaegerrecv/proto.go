package jaegerrecv

import (
	"fmt"

	"github.com/jaegertracing/jaeger-idl/model/v1"
	"github.com/jaegertracing/jaeger-idl/proto-gen/api_v2"
	translator "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/jaeger"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// readPost decodes a PostSpansRequest: a batch in protobuf.
func readPost(raw []byte) (ptrace.Traces, error) {
	req := &api_v2.PostSpansRequest{}
	if err := req.Unmarshal(raw); err != nil {
		return ptrace.Traces{}, fmt.Errorf("jaeger batch: %w", err)
	}
	return translator.ProtoToTraces([]*model.Batch{&req.Batch})
}
