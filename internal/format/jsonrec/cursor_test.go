package jsonrec

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// tree reads any value with a cursor into what encoding/json makes of it.
func tree(c *Cursor) any {
	switch c.Kind() {
	case '{':
		m := map[string]any{}
		for ok := c.Object(); ok; ok = c.Next() {
			key := string(c.Key())
			m[key] = tree(c)
		}
		return m
	case '[':
		a := []any{}
		for ok := c.Array(); ok; ok = c.Next() {
			a = append(a, tree(c))
		}
		return a
	case '"':
		return string(c.Text())
	}
	return json.Number(c.Raw())
}

func drawn() *rapid.Generator[any] {
	leaf := rapid.OneOf(rapid.String().AsAny(), rapid.Int().AsAny(), rapid.Float64().AsAny())
	list := rapid.SliceOfN(leaf, 0, 4).AsAny()
	object := rapid.MapOfN(rapid.String(), rapid.OneOf(leaf, list), 0, 4).AsAny()
	return rapid.OneOf(rapid.MapOfN(rapid.String(), object, 0, 4).AsAny(), rapid.SliceOfN(object, 0, 4).AsAny(), list)
}

// A cursor reads what encoding/json reads, and a skip ends where a read does.
func TestCursorReadsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		indent := rapid.SampledFrom([]string{"", " "}).Draw(t, "indent")
		raw, err := json.MarshalIndent(drawn().Draw(t, "value"), "", indent)
		if err != nil {
			t.Fatal(err)
		}
		var want any
		d := json.NewDecoder(strings.NewReader(string(raw)))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		c := NewCursor(raw)
		if diff := cmp.Diff(want, tree(&c)); diff != "" || c.Err() != nil {
			t.Fatalf("%s: %v %s", raw, c.Err(), diff)
		}
		s := NewCursor(raw)
		if s.Skip(); s.i != c.i || s.Err() != nil {
			t.Fatalf("%s: skipped to %d, read to %d, %v", raw, s.i, c.i, s.Err())
		}
	})
}

// What is damaged is an error and never a panic or a loop without end.
func TestCursorErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"a":1,`, "unexpected EOF"},
		{`{"a"`, "unexpected EOF"},
		{`{"a" 1}`, `at byte 5: want a colon, have '1'`},
		{`{a:1}`, `at byte 1: want a key in quotes, have 'a'`},
		{`[1 2]`, `at byte 3: want a comma or the end of a list, have '2'`},
		{`["x`, "unexpected EOF"},
		{`["\x"]`, `at byte 1: invalid character 'x' in string escape code`},
		{`[,]`, `at byte 1: want a value, have ','`},
		{``, "unexpected EOF"},
	} {
		cur := NewCursor([]byte(c.in))
		tree(&cur)
		if got := fmt.Sprint(cur.Err()); got != c.want {
			t.Errorf("%s: %s, want %s", c.in, got, c.want)
		}
	}
}

// Values of another type than expected are skipped.
func TestCursorSkipsOtherTypes(t *testing.T) {
	c := NewCursor([]byte(`[{"a":1},[2],"x",null,7]`))
	var got []string
	for ok := c.Array(); ok; ok = c.Next() {
		switch len(got) {
		case 0:
			got = append(got, fmt.Sprint(c.Array()))
		case 1:
			got = append(got, fmt.Sprint(c.Object()))
		case 4:
			got = append(got, string(c.Scalar()))
		default:
			got = append(got, string(c.Text()))
		}
	}
	if d := cmp.Diff([]string{"false", "false", "x", "", "7"}, got); d != "" || c.Err() != nil {
		t.Error(d, c.Err())
	}
}

func TestCursorInt(t *testing.T) {
	c := NewCursor([]byte(`[7,"-8",1.5e3,"x",null,1e300,{},9]`))
	var got []string
	for ok := c.Array(); ok; ok = c.Next() {
		n, err := c.Int()
		got = append(got, fmt.Sprint(n, err))
	}
	want := []string{"7 <nil>", "-8 <nil>", "1500 <nil>", `0 "x" is no whole number`, `0 "null" is no whole number`, `0 "1e300" is no whole number`, `0 "{}" is no whole number`, "9 <nil>"}
	if d := cmp.Diff(want, got); d != "" || c.Err() != nil {
		t.Error(d, c.Err())
	}
}

func FuzzCursor(f *testing.F) {
	for _, s := range []string{`{"a":["\u00e4\"",1.5e3,null]}`, `[1,`, `{"a" 1}`, `"\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := NewCursor([]byte(s))
		got := tree(&c)
		var want any
		d := json.NewDecoder(strings.NewReader(s))
		d.UseNumber()
		if json.Valid([]byte(s)) && d.Decode(&want) == nil && c.Err() != nil {
			t.Errorf("%q: %v, got %v", s, c.Err(), got)
		}
	})
}
