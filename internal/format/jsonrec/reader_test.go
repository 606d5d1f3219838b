package jsonrec

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// records reads all top-level values of s, one byte at a time so that every value
// meets the end of the buffer, and writes down what came on which line.
func records(s string, starts ...string) []string {
	r := New(iotest.OneByteReader(strings.NewReader(s)))
	r.Starts = starts
	var out []string
	for {
		v, err := r.Value()
		switch {
		case err == io.EOF:
			return out
		case errors.Is(err, ErrBroken):
			out = append(out, fmt.Sprintf("%d broken", r.Line()))
			if r.NextLine() != nil {
				return out
			}
		case err != nil:
			return append(out, fmt.Sprintf("%d %v", r.Line(), err))
		default:
			out = append(out, fmt.Sprintf("%d %s", r.Line(), v))
		}
	}
}

// A record ends where its brackets do; a damaged one does not swallow the next.
func TestRecords(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"nothing", " \n\n", nil},
		{"lines", "{\"a\":1}\n{\"b\":[2]}\n", []string{`1 {"a":1}`, `2 {"b":[2]}`}},
		{"a byte order mark and Windows", "\xef\xbb\xbf{}\r\n{}\r\n", []string{"1 {}", "2 {}"}},
		{"brackets and quotes in strings", `{"a":"}\"]\\"} [1]`, []string{`1 {"a":"}\"]\\"}`, "1 [1]"}},
		{"a document over several lines", "{\n \"a\": [\n1,\n2]\n}\n7", []string{"1 {\n \"a\": [\n1,\n2]\n}", "6 7"}},
		{"scalars", `1 "x" true`, []string{"1 1", `1 "x"`, "1 true"}},
		{"cut off in the middle", "{\"a\":[1\n{\"a\":2}\n", []string{"1 broken", `2 {"a":2}`}},
		{"cut off in a string", "{\"a\":\"x\n{\"a\":2}\n", []string{"1 broken", `2 {"a":2}`}},
		{"cut off at the end", "{\"a\":1}\n{\"a\":[", []string{`1 {"a":1}`, "2 unexpected EOF"}},
		{"no value", "}", []string{`1 want a value, have '}'`}},
	} {
		if d := cmp.Diff(c.want, records(c.in, `{"a"`)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// Walking into a document finds each element by itself and skips the rest.
func TestWalk(t *testing.T) {
	walk := func(s string) (items []string, err error) {
		r := New(strings.NewReader(s))
		err = r.Object(func(key string) error {
			if key != "data" {
				_, err := r.Value()
				return err
			}
			return r.Array(func() error {
				v, err := r.Value()
				items = append(items, string(v))
				return err
			})
		})
		return items, err
	}
	for _, c := range []struct {
		in, want string
		fails    bool
	}{
		{`{"total": 0, "data": [ {"a":1} , [2], "x,y" ], "errors": null}`, `{"a":1}|[2]|"x,y"`, false},
		{`{"data":[]}`, "", false},
		{`{}`, "", false},
		{`{"data":[{"a":1},{"b"`, `{"a":1}|`, true},
		{`{"data":[1 2]}`, "1", true},
		{`{data:[1]}`, "", true},
		{`[1]`, "", true},
		{``, "", true},
	} {
		got, err := walk(c.in)
		if strings.Join(got, "|") != c.want || (err != nil) != c.fails {
			t.Errorf("%s: %q, %v", c.in, got, err)
		}
	}
}

// Documents one after the other, in lists or not, come one by one.
func TestEach(t *testing.T) {
	for _, c := range []struct{ in, want, err string }{
		{"{\"a\":1}\n[{\"b\":2}, [3]] 4", `{"a":1}|{"b":2}|[3]|4`, "<nil>"},
		{"", "", "<nil>"},
		{"[1,2", "1|2", "unexpected EOF"},
		{"{\"a\":1} {", `{"a":1}`, "unexpected EOF"},
		{"1 stop 2", "1|stop", "stopped"},
	} {
		var got []string
		err := New(strings.NewReader(c.in)).Each(func(raw []byte) error {
			if got = append(got, string(raw)); string(raw) == "stop" {
				return errors.New("stopped")
			}
			return nil
		})
		if strings.Join(got, "|") != c.want || fmt.Sprint(err) != c.err {
			t.Errorf("%s: %q, %v", c.in, got, err)
		}
	}
}

// Whatever valid JSON comes in, in whatever pieces, comes out unchanged.
func TestValuesComeOutUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in []string
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			v, err := json.Marshal(rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String())).Draw(t, "value"))
			if err != nil {
				t.Fatal(err)
			}
			in = append(in, string(v))
		}
		var got []string
		r := New(iotest.HalfReader(strings.NewReader(strings.Join(in, "\n"))))
		for {
			v, err := r.Value()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(v))
		}
		if !slices.Equal(in, got) {
			t.Fatalf("%q became %q", in, got)
		}
	})
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{`{"a":"x\\"}`, "[1,{\n", "{\"a\":\n{\"a\":1}", "\"\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := records(s, `{"a"`); len(got) > len(s)+1 {
			t.Errorf("%d records in %d bytes", len(got), len(s))
		}
	})
}

func BenchmarkValue(b *testing.B) {
	one := `{"traceID":"fdb395b49cc86c4c","tags":[{"key":"http.request.method","type":"string","value":"GET"}]}`
	doc := strings.Repeat(one, 10_000)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		r := New(strings.NewReader(doc))
		for {
			if _, err := r.Value(); err != nil {
				break
			}
		}
	}
}
