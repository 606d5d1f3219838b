package jaegerrecv

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/jaegertracing/jaeger-idl/thrift-gen/agent"
	"github.com/jaegertracing/jaeger-idl/thrift-gen/jaeger"
	translator "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/jaeger"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/zipkin"
)

// warnFunc is told of each span that could not be read.
type warnFunc func(span int, err error)

// readBatch decodes the body of a request: a batch in the binary protocol.
func readBatch(raw []byte) (ptrace.Traces, error) {
	batch := &jaeger.Batch{}
	if err := batch.Read(context.Background(), open(raw, false)); err != nil {
		return ptrace.Traces{}, fmt.Errorf("jaeger thrift: %w", err)
	}
	return fromBatch(batch)
}

// compactID is the first byte of a message in the compact protocol. In the binary one
// it is 0x80, or 0 in its oldest form.
const compactID = 0x82

// readPacket decodes a message to an agent: a call of emitBatch or emitZipkinBatch.
func readPacket(raw []byte, warn warnFunc) (ptrace.Traces, error) {
	if len(raw) == 0 {
		return ptrace.Traces{}, errors.New("jaeger agent: an empty packet")
	}
	ctx := context.Background()
	in := open(raw, raw[0] == compactID)
	name, _, _, err := in.ReadMessageBegin(ctx)
	if err != nil {
		return ptrace.Traces{}, fmt.Errorf("jaeger agent: %w", err)
	}
	switch name {
	case "emitBatch":
		args := agent.NewAgentEmitBatchArgs()
		if err := args.Read(ctx, in); err != nil {
			return ptrace.Traces{}, fmt.Errorf("jaeger agent: emitBatch: %w", err)
		}
		return fromBatch(args.Batch)
	case "emitZipkinBatch":
		args := agent.NewAgentEmitZipkinBatchArgs()
		if err := args.Read(ctx, in); err != nil {
			return ptrace.Traces{}, fmt.Errorf("jaeger agent: emitZipkinBatch: %w", err)
		}
		return zipkin.FromThrift(args.Spans, warn), nil
	}
	return ptrace.Traces{}, fmt.Errorf("jaeger agent: a call of %.40q: want emitBatch or emitZipkinBatch", name)
}

// open reads a message that is whole in memory. No list or text can be longer than the
// message: what it claims is allocated before it is read.
func open(raw []byte, compact bool) thrift.TProtocol {
	cfg := &thrift.TConfiguration{MaxMessageSize: int32(max(len(raw), 1)), MaxFrameSize: int32(max(len(raw), 1))}
	from := thrift.NewTMemoryBufferLen(len(raw))
	_, _ = from.Write(raw) // to memory
	if compact {
		return thrift.NewTCompactProtocolConf(from, cfg)
	}
	return thrift.NewTBinaryProtocolConf(from, cfg)
}

// fromBatch translates a batch, or says what it lacks.
func fromBatch(b *jaeger.Batch) (ptrace.Traces, error) {
	if b == nil {
		return ptrace.Traces{}, errors.New("jaeger thrift: no batch in it")
	}
	return translator.ThriftToTraces(b)
}
