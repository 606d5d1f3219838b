package datasets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"

	"culprit/internal/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Small recordings of one span each; %s is its name.
const (
	asOTLP   = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000002","name":"%s","startTimeUnixNano":"1"}]}]}]}` + "\n"
	asJaeger = `{"data":[{"traceID":"1","spans":[{"spanID":"2","startTime":1,"operationName":"%s","processID":"p"}],"processes":{"p":{"serviceName":"s"}}}]}`
	asZipkin = `[{"traceId":"1","id":"2","timestamp":1,"name":"%s"}]`
	asNezha  = "TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration\n1,2,root,p,%s,1,2,0\n"
)

func named(form, name string) string { return fmt.Sprintf(form, name) }

// tree writes files into a new directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// read writes down the spans, warnings and errors of a recording, without the directory.
func read(dir string, o Options, paths ...string) []string {
	var out []string
	note := func(s string) { out = append(out, strings.ReplaceAll(s, dir+string(filepath.Separator), "")) }
	if len(paths) == 0 {
		paths = []string{dir}
	}
	r, err := Open(paths, o)
	if err == nil {
		err = r.Read(context.Background(), func(b source.Batch) error {
			for _, w := range b.Warnings {
				note("warning " + w.String())
			}
			for _, td := range b.Traces {
				for _, rs := range td.ResourceSpans().All() {
					for _, s := range rs.ScopeSpans().At(0).Spans().All() {
						note(s.Name())
					}
				}
			}
			return nil
		})
	}
	if err != nil {
		note("error " + err.Error())
	}
	return out
}

func zipped(t *testing.T, s string) (gz, zst string) {
	var g, z bytes.Buffer
	gw := gzip.NewWriter(&g)
	zw, err := zstd.NewWriter(&z)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{writeAll(gw, s), gw.Close(), writeAll(zw, s), zw.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return g.String(), z.String()
}

func writeAll(w interface{ Write([]byte) (int, error) }, s string) error {
	_, err := w.Write([]byte(s))
	return err
}

// Files are found below a directory, recognised by what is in them, and read by path;
// labels, notes and hidden files are no traces.
func TestOpenFindsTraces(t *testing.T) {
	gz, zst := zipped(t, named(asJaeger, "packed"))
	dir := tree(t, map[string]string{
		"a.json":           named(asOTLP, "a"),
		"b/b.txt":          named(asZipkin, "b"),
		"b/c.json.gz":      gz,
		"b/d.anything":     zst,
		"e_trace.csv":      named(asNezha, "e"),
		"f.json":           named(asJaeger, "f"),
		"g.otlp.pb":        "\x00\x00\x00\x09\x0a\x07\x12\x05\x12\x03\x2a\x01g",
		"h.json":           `{"node":{"serviceInfo":{"name":"s"}},"spans":[{"traceId":"AAAAAAAAAAAAAAAAAAAAAQ==","spanId":"AAAAAAAAAAI=","name":{"value":"h"},"startTime":"2026-01-01T00:00:00Z"}]}`,
		"i.lightstep":      "\x0a\x02\x08\x01\x1a\x0d\x0a\x04\x08\x01\x10\x02\x12\x01i\x22\x02\x08\x01",
		"faults.json":      `{"system":"x","data":[{"traceID":"1"}]}`,
		"fault_list.json":  `{"12": [{"inject_pod": "x"}]}`,
		"notes.md":         "# data\n",
		"package.json":     `{"data":{"traceID":"1"}}`,
		"empty":            "",
		".git/x.json":      named(asOTLP, "hidden"),
		"z/.hidden.json":   named(asOTLP, "hidden"),
		"z/metrics_01.csv": "TraceID,value\n",
	})
	want := []string{"a", "b", "packed", "packed", "e", "f", "g", "h", "i"}
	if d := cmp.Diff(want, read(dir, Options{})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"a"}, read(dir, Options{}, filepath.Join(dir, "a.json"), filepath.Join(dir, ".", "a.json"))); d != "" {
		t.Errorf("a file named twice: %s", d)
	}
}

// Paths that hold no recording are errors that say what would be one.
func TestOpenRefuses(t *testing.T) {
	dir := tree(t, map[string]string{"notes.md": "# notes\n", "a.json": named(asOTLP, "a"), "sub/notes.md": "x"})
	for _, c := range []struct {
		path, format, want string
	}{
		{"absent", "", "no such file or directory"},
		{"notes.md", "", "notes.md is in no known format: name one of arrivals, otlp-json"},
		{"sub", "", "no trace file in"},
		{"a.json", "xml", `no format "xml": want one of ` + strings.Join(Formats(), ", ")},
	} {
		_, err := Open([]string{filepath.Join(dir, c.path)}, Options{Format: c.format})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.path, err, c.want)
		}
	}
}

// Bad records are named and skipped; a damaged file is an error only where it is all
// there is; nothing is forgiven when strict.
func TestBadRecords(t *testing.T) {
	cut := named(asJaeger, "cut")
	cut = strings.TrimSuffix(cut, "]}") + `,{"traceID"`
	mixed := named(asOTLP, "a") + "{\"resourceSpans\":[{]\n" + named(asOTLP, "b")
	for _, c := range []struct {
		name  string
		files map[string]string
		o     Options
		want  []string
	}{
		{"a bad line", map[string]string{"x.json": mixed}, Options{}, []string{"a", "warning x.json:2: otlp record: record is cut off", "b"}},
		{"a bad line, strict", map[string]string{"x.json": mixed}, Options{Strict: true}, []string{"a", "warning x.json:2: otlp record: record is cut off", "error recording: x.json:2: otlp record: record is cut off"}},
		{"a bad last line", map[string]string{"x.json": named(asOTLP, "a") + `{"resourceSpans`}, Options{}, []string{"a", "warning x.json:2: otlp record: truncated: unexpected EOF"}},
		{"a bad last line, strict", map[string]string{"x.json": named(asOTLP, "a") + `{"resourceSpans`}, Options{Strict: true}, []string{"a", "warning x.json:2: otlp record: truncated: unexpected EOF", "error recording: x.json:2: otlp record: truncated: unexpected EOF"}},
		{"a single truncated document", map[string]string{"x.json": cut}, Options{}, []string{"cut", "error recording: x.json: jaeger: line 1: unexpected EOF"}},
		{"a truncated document among others", map[string]string{"x.json": cut, "y.json": named(asZipkin, "y")}, Options{}, []string{"cut", "warning x.json: jaeger: line 1: unexpected EOF", "y"}},
		{"a truncated document among others, strict", map[string]string{"x.json": cut, "y.json": named(asZipkin, "y")}, Options{Strict: true}, []string{"cut", "error recording: x.json: jaeger: line 1: unexpected EOF"}},
		{"nothing readable", map[string]string{"x.json": `[{"traceId":"g"}]`}, Options{}, []string{"warning x.json:1: zipkin span: trace ID \"g\": 'g' is not a hex digit", "error recording: nothing readable in x.json: every record is bad"}},
		{"nothing in it", map[string]string{"x.json": `{"data":[]}`}, Options{}, nil},
		{"the format is told", map[string]string{"x.json": named(asOTLP, "a")}, Options{Format: "zipkin"}, []string{"error recording: x.json: zipkin: line 1: want '[', have '{'"}},
	} {
		if d := cmp.Diff(c.want, read(tree(t, c.files), c.o)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// However many records are bad, memory is bounded and the count is right.
func TestManyBadRecords(t *testing.T) {
	got := read(tree(t, map[string]string{"x.csv": named(asNezha, "a") + strings.Repeat("bad\n", 5000)}), Options{})
	if len(got) != 1+maxNamed+1 || !strings.HasSuffix(got[len(got)-1], "x.csv: further records left out (4900 times)") {
		t.Errorf("%d lines, the last %q", len(got), got[len(got)-1])
	}
}

// A compressed file that ends too early gives what it holds.
func TestTruncatedArchive(t *testing.T) {
	var lines strings.Builder
	for i := range 2000 {
		lines.WriteString(named(asOTLP, fmt.Sprint("op", i*i)))
	}
	gz, zst := zipped(t, lines.String())
	for name, whole := range map[string]string{"x.gz": gz, "x.zst": zst} {
		got := read(tree(t, map[string]string{name: whole[:len(whole)-10]}), Options{})
		if n := len(got); n == 0 || name == "x.gz" && (n < 1000 || !strings.Contains(got[n-1], "truncated")) {
			t.Errorf("%s: %d lines, the last %q", name, n, got[max(n-1, 0):])
		}
	}
}

// Arrivals are read instead of the files beside them, with their watermarks.
func TestArrivalsInDirectory(t *testing.T) {
	dir := tree(t, map[string]string{
		"run/" + ArrivalsFile: `{"culprit_arrivals":1,"trace_url":"http://jaeger/trace/{trace}"}` + "\n" +
			`{"source":"s","traces":` + strings.TrimSpace(named(asOTLP, "a")) + "}\n" + `{"watermark":"2026-01-02T12:00:00Z"}` + "\n",
		"run/copy.json":  named(asOTLP, "copy"),
		"other/own.json": named(asOTLP, "own"),
	})
	r, err := Open([]string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var marks []string
	spans := 0
	for range 2 { // a recording can be read again
		marks, spans = nil, 0
		if err := r.Read(context.Background(), func(b source.Batch) error {
			for _, td := range b.Traces {
				spans += td.SpanCount()
			}
			if !b.Watermark.IsZero() {
				marks = append(marks, b.Watermark.String())
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if done, total := r.Progress(); done != total || total == 0 {
		t.Errorf("progress %d of %d bytes", done, total)
	}
	if d := cmp.Diff([]string{"2026-01-02 12:00:00 +0000 UTC"}, marks); d != "" || spans != 2 || r.Head().TraceURL != "http://jaeger/trace/{trace}" {
		t.Errorf("%d spans, head %+v, watermarks %s", spans, r.Head(), d)
	}
}

// Reading stops when the reader does, or the context, and leaves nothing running.
func TestReadStops(t *testing.T) {
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("%02d.json", i)] = strings.Repeat(named(asOTLP, "x"), 200)
	}
	r, err := Open([]string{tree(t, files)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	if err := r.Read(context.Background(), func(source.Batch) error { return enough }); err != enough {
		t.Errorf("%v, want the error of take", err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	n := 0
	err = r.Read(ctx, func(source.Batch) error {
		if n++; n == 50 {
			cancel(enough)
		}
		return nil
	})
	if !errors.Is(err, enough) || n > 400 {
		t.Errorf("%v after %d batches, want the cause of the context soon", err, n)
	}
}

// The order is that of the paths, however long each file takes.
func TestReadKeepsOrder(t *testing.T) {
	files := map[string]string{}
	var want []string
	for i := range 12 {
		n := 1 + (i*7)%5*300
		for j := range n {
			want = append(want, fmt.Sprintf("%d-%d", i, j))
			files[fmt.Sprintf("%02d.json", i)] += named(asOTLP, fmt.Sprintf("%d-%d", i, j))
		}
	}
	if got := read(tree(t, files), Options{}); !slices.Equal(want, got) {
		t.Errorf("%d spans out of order or missing, want %d", len(got), len(want))
	}
}
