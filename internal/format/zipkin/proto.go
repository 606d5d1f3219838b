package zipkin

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/format/protorec"
	"culprit/model"
)

const (
	listSpan = 1

	spanTrace, spanParent, spanID, spanKind, spanName     = 1, 2, 3, 4, 5
	spanStart, spanDuration, spanLocal, spanRemote        = 6, 7, 8, 9
	spanAnnotation, spanTag                               = 10, 11
	endpointService, endpointV4, endpointV6, endpointPort = 1, 2, 3, 4
	annotationTime, annotationValue                       = 1, 2
	tagKey, tagValue                                      = 1, 2
)

// ReadProto decodes version 2 in protobuf: a ListOfSpans. A span that cannot be read is
// left out and passed to warn with its number, from 1. The error is for what is no
// protobuf.
func ReadProto(in []byte, warn func(span int, err error)) (ptrace.Traces, error) {
	b := newBatch()
	number := 0
	err := protorec.Each(in, func(f protorec.Field) error {
		if f.Number != listSpan {
			return nil
		}
		number++
		r := newRecord()
		err := r.readProto(f.Bytes())
		if err == nil {
			err = b.finish(&r)
		}
		if err != nil {
			warn(number, fmt.Errorf("zipkin span: %w", err))
		}
		return nil
	})
	if err != nil {
		return b.td, fmt.Errorf("zipkin: %w", err)
	}
	return b.td, nil
}

// protoKinds are the kinds by their numbers.
var protoKinds = []ptrace.SpanKind{ptrace.SpanKindInternal, ptrace.SpanKindClient, ptrace.SpanKindServer, ptrace.SpanKindProducer, ptrace.SpanKindConsumer}

func (r *record) readProto(b []byte) error {
	return protorec.Each(b, func(f protorec.Field) (err error) {
		switch f.Number {
		case spanTrace:
			r.trace, err = model.ParseTraceID(hex.EncodeToString(f.Bytes()))
		case spanID:
			r.id, err = model.ParseSpanID(hex.EncodeToString(f.Bytes()))
		case spanParent:
			if len(f.Bytes()) > 0 {
				r.parent, err = model.ParseSpanID(hex.EncodeToString(f.Bytes()))
			}
		case spanKind:
			if k := f.Uint(); k < uint64(len(protoKinds)) {
				r.out.SetKind(protoKinds[k])
			}
		case spanName:
			r.out.SetName(f.Text())
		case spanStart:
			r.start = f.Int()
		case spanDuration:
			r.duration = int64(min(f.Uint(), maxMicros))
		case spanLocal:
			r.local, err = protoEndpoint(f.Bytes())
		case spanRemote:
			r.remote, err = protoEndpoint(f.Bytes())
		case spanAnnotation:
			var a annotation
			err = protorec.Each(f.Bytes(), func(f protorec.Field) error {
				switch f.Number {
				case annotationTime:
					a.at = f.Int()
				case annotationValue:
					a.value = f.Text()
				}
				return nil
			})
			r.annotations = append(r.annotations, a)
		case spanTag:
			var key, value string
			err = protorec.Each(f.Bytes(), func(f protorec.Field) error {
				switch f.Number {
				case tagKey:
					key = f.Text()
				case tagValue:
					value = f.Text()
				}
				return nil
			})
			putTag(r.out, key, value)
		}
		return err
	})
}

func protoEndpoint(b []byte) (endpoint, error) {
	var e endpoint
	err := protorec.Each(b, func(f protorec.Field) error {
		switch f.Number {
		case endpointService:
			e.service = f.Text()
		case endpointV4, endpointV6:
			if len(f.Bytes()) == 0 || e.ip != "" {
				return nil
			}
			ip, ok := netip.AddrFromSlice(f.Bytes())
			if !ok {
				return errors.New("an address that is neither 4 nor 16 bytes long")
			}
			e.ip = ip.String()
		case endpointPort:
			e.port = f.Int()
		}
		return nil
	})
	return e, err
}
