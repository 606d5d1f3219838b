package otlp

import (
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"culprit/internal/source/receive"
)

func fromProto(raw []byte) (ptrace.Traces, error) {
	req := ptraceotlp.NewExportRequest()
	if err := req.UnmarshalProto(raw); err != nil {
		return ptrace.Traces{}, err
	}
	return req.Traces(), nil
}

func fromJSON(raw []byte) (ptrace.Traces, error) {
	req := ptraceotlp.NewExportRequest()
	if err := req.UnmarshalJSON(raw); err != nil {
		return ptrace.Traces{}, err
	}
	return req.Traces(), nil
}

// answer is the response to a message that was taken.
func answer(r receive.Receipt) ptraceotlp.ExportResponse {
	out := ptraceotlp.NewExportResponse()
	if r.Refused > 0 {
		out.PartialSuccess().SetRejectedSpans(int64(r.Refused))
		out.PartialSuccess().SetErrorMessage(r.Why)
	}
	return out
}
