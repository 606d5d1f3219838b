package datasets

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/internal/source"
	"culprit/model"
)

var at = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)

func oneSpan(name string) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "web")
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetName(name)
	s.SetTraceID([16]byte{1})
	s.SetSpanID([8]byte{2})
	return td
}

func readAll(t *testing.T, text string, strict bool) (ArrivalsHead, []source.Batch, error) {
	t.Helper()
	var head ArrivalsHead
	var out []source.Batch
	err := ReadArrivals(t.Context(), strings.NewReader(text), "a.jsonl", strict, func(h ArrivalsHead) { head = h }, func(b source.Batch) error {
		out = append(out, b)
		return nil
	})
	return head, out, err
}

func TestArrivalsReadBackAsTheyCame(t *testing.T) {
	var file bytes.Buffer
	w, err := NewArrivalsWriter(&file, ArrivalsHead{TraceURL: "http://jaeger/trace/{trace_id}"})
	if err != nil {
		t.Fatal(err)
	}
	warned := []model.Warning{{Kind: "cut", Count: 1, Message: "answer was cut"}}
	for _, b := range []source.Batch{
		{Source: "a", Traces: []ptrace.Traces{oneSpan("one"), oneSpan("two")}},
		{Source: "b", Traces: []ptrace.Traces{oneSpan("three")}, Warnings: warned, Watermark: at},
	} {
		if err := w.Batch(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Watermark(at); err != nil {
		t.Fatal(err)
	}
	if !IsArrivals(file.Bytes()) {
		t.Errorf("not recognised: %.60s", &file)
	}
	again := AppendArrivals(&file)
	if err := again.Watermark(at.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	head, got, err := readAll(t, file.String(), true)
	if err != nil || head.TraceURL != "http://jaeger/trace/{trace_id}" {
		t.Fatalf("%v, head %+v", err, head)
	}
	var names []string
	for _, b := range got {
		word := b.Source
		for _, td := range b.Traces {
			word += " " + td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Name()
		}
		for _, w := range b.Warnings {
			word += " " + w.Kind
		}
		if !b.Watermark.IsZero() {
			word += b.Watermark.Format(time.RFC3339Nano)
		}
		names = append(names, word)
	}
	want := []string{"a one", "a two", "b three", "b cut", "2026-01-02T03:04:05.000000006Z", "2026-01-02T03:04:06.000000006Z"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func TestBadArrivalsAreLeftOutAndNamed(t *testing.T) {
	const good = `{"watermark":"2026-01-02T03:04:05Z"}` + "\n"
	for _, c := range []struct{ rule, text, want string }{
		{"a line that is no JSON", `{"culprit_arrivals":1}` + "\nnonsense\n" + good, "a.jsonl:2: line left out: "},
		{"a line that says nothing", `{"culprit_arrivals":1}` + "\n{}\n" + good, "a.jsonl:2: line left out: neither traces"},
		{"traces that are none", `{"culprit_arrivals":1}` + "\n" + `{"source":"a","traces":{"resourceSpans":7}}` + "\n" + good, "a.jsonl:2: line left out: "},
		{"a last line that was cut off", `{"culprit_arrivals":1}` + "\n" + good + good[:20], "a.jsonl:3: line left out: "},
	} {
		_, got, err := readAll(t, c.text, false)
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		marks, warning := 0, ""
		for _, b := range got {
			if b.Watermark.Equal(at.Truncate(time.Second)) {
				marks++
			}
			for _, w := range b.Warnings {
				warning = w.String()
			}
		}
		if marks != 1 || !strings.HasPrefix(warning, c.want) {
			t.Errorf("%s: %d watermarks, warned of %q", c.rule, marks, warning)
		}
		if _, _, err := readAll(t, c.text, true); err == nil || !strings.HasPrefix(err.Error(), c.want[:len("a.jsonl:2: ")]) {
			t.Errorf("%s: strict gives %v", c.rule, err)
		}
	}
	for _, c := range []struct{ rule, text, want string }{
		{"a file without a head", good, "a.jsonl:1: not an arrivals file"},
		{"a later version", `{"culprit_arrivals":9}`, "version 9: this culprit reads up to 1"},
	} {
		if _, _, err := readAll(t, c.text, false); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.rule, err)
		}
	}
}
