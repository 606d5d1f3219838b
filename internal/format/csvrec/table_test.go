package csvrec

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

var words = Table{
	System: "test", Columns: []string{"who", "what"}, Extra: []string{"note"},
	Span: func(r Row, b *Batch) error {
		if r.Field(1) == "" {
			return errors.New("no " + r.Name(1))
		}
		s := b.Add(r.Field(0), func(a pcommon.Map) { a.PutStr("service.name", r.Field(0)) })
		s.SetName(r.Field(1) + r.Field(2))
		return nil
	},
}

func decode(t Table, in string) []string {
	var out []string
	err := t.Decode(strings.NewReader(in), func(td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			v, _ := rs.Resource().Attributes().Get("service.name")
			for _, s := range rs.ScopeSpans().At(0).Spans().All() {
				out = append(out, v.Str()+": "+s.Name())
			}
		}
		return nil
	}, func(line int, err error) { out = append(out, fmt.Sprintf("line %d: %v", line, err)) })
	if err != nil {
		out = append(out, "error: "+err.Error())
	}
	return out
}

// Columns are found by name, rows go to their sender, a damaged line costs itself.
func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"rows by sender", "who,what\na,1\nb,2\na,3\n", []string{"a: 1", "a: 3", "b: 2"}},
		{"any order, a mark, Windows, a column that may be there", "\ufeffnote,\"what\", who\r\n!,1,a\r\n\r\n", []string{"a: 1!"}},
		{"short lines and bad quotes", "who,what,note\na\na,1\na,\"2\n", []string{"line 2: test span: no what", `line 4: test span: parse error on line 1, column 5: extraneous or missing " in quoted-field`, "a: 1"}},
		{"another table", "a,b\n", []string{"error: test: line 1: no column who"}},
		{"nothing in it", "who,what\n", []string{"error: test: no readable span in the file"}},
	} {
		if d := cmp.Diff(c.want, decode(words, c.in)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestBatches(t *testing.T) {
	in := "who,what\n"
	for i := range 2*batchSpans + 1 {
		in += fmt.Sprintf("%d,x\n", i%3)
	}
	var sizes []int
	if err := words.Decode(strings.NewReader(in), func(td ptrace.Traces) error { sizes = append(sizes, td.SpanCount()); return nil }, func(_ int, err error) { t.Error(err) }); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int{batchSpans, batchSpans, 1}, sizes); d != "" {
		t.Error(d)
	}
}

// An ID is itself if it can be one, otherwise always the same other one.
func TestIDs(t *testing.T) {
	trace, err := TraceID("a1")
	if err != nil || trace != (pcommon.TraceID{15: 0xa1}) {
		t.Error(trace, err)
	}
	one, _ := TraceID("gw0120210304")
	two, _ := TraceID("gw0120210304")
	other, _ := TraceID("gw0120210305")
	if one != two || one == other || one.IsEmpty() {
		t.Error(one, two, other)
	}
	if id, _ := SpanID("seg.1.0"); id != Parent("seg.1.0") || id == Parent("seg.1.1") {
		t.Error("a parent is found by another ID than its own")
	}
	for _, none := range []string{"", "-1", "root", "NaN", "0"} {
		if !Parent(none).IsEmpty() {
			t.Errorf("%q is a parent", none)
		}
	}
	if _, err := SpanID(""); err == nil {
		t.Error("nothing is an ID")
	}
}

func TestTimes(t *testing.T) {
	for in, want := range map[string]string{
		"1647705600361":       "2022-03-19T16:00:00.361Z",
		"1647705600.361":      "2022-03-19T16:00:00.361Z",
		"1647705600361000":    "2022-03-19T16:00:00.361Z",
		"1647705600361000000": "2022-03-19T16:00:00.361Z",
		"soon":                `"soon" is no time`,
		"-5":                  `"-5" is no time`,
		"1e300":               `"1e300" is no time`,
		"NaN":                 `"NaN" is no time`,
	} {
		at, err := Epoch(in)
		got := at.AsTime().Format(time.RFC3339Nano)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]pcommon.Timestamp{"2": 2_000_005, "1.5": 1_500_005, "0": 5, "-1": 0, "x": 0, "9223372036854775807": 0} {
		if end, err := End(5, in, time.Millisecond); end != want || (err == nil) != (want > 0) {
			t.Errorf("%s ms behind 5 ns: %d, %v", in, end, err)
		}
	}
}

func TestStatus(t *testing.T) {
	for in, want := range map[string]string{"200": "map[http.response.status_code:200]", "0.0": "map[rpc.grpc.status_code:0]", "13": "map[rpc.grpc.status_code:13]",
		"Ok": "map[rpc.grpc.status_code:Ok]", "": "map[]", "nan": "map[]", "1e9": "map[]", "-1": "map[]"} {
		a := pcommon.NewMap()
		Status(a, in)
		if got := fmt.Sprint(a.AsRaw()); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("who,what,note\na,b,c\n\"\n,,,\n")
	f.Fuzz(func(t *testing.T, s string) {
		decode(words, s)
		if at, err := Epoch(s); err == nil {
			_, _ = End(at, s, time.Second)
		}
		Status(pcommon.NewMap(), s)
	})
}
