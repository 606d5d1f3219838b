package main

import (
	"strings"
	"testing"
)

func TestWithoutEvents(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"a line without traces stays as it is", `{"watermark":"2026-01-02T03:04:05Z", "x":1}` + "\n", `{"watermark":"2026-01-02T03:04:05Z", "x":1}` + "\n"},
		{
			"events go, everything else stays",
			`{"source":"jaeger","traces":{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"traceId":"0123456789abcdef0123456789abcdef","spanId":"0123456789abcdef","name":"GET","events":[{"name":"log","timeUnixNano":"1"}],"status":{}}]}]}]}}` + "\n",
			`{"source":"jaeger","traces":{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"traceId":"0123456789abcdef0123456789abcdef","spanId":"0123456789abcdef","name":"GET","status":{}}]}]}]}}` + "\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := withoutEvents([]byte(tt.in))
			if err != nil || string(got) != tt.want {
				t.Errorf("withoutEvents() = %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
	if _, err := withoutEvents([]byte(`{"traces":{"resourceSpans":[{]}`)); err == nil {
		t.Error("a broken line: no error")
	}
	if got, _ := withoutEvents([]byte(`{"traces":{"resourceSpans":[]}}`)); !strings.HasSuffix(string(got), "\n") {
		t.Errorf("the line does not end: %q", got)
	}
}
