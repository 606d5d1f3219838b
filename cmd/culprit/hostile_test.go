package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// What a stranger can put into a name: a terminal is cleared and its title set, the
// direction of writing is turned, a page would run a script, a diagram would end a line; and
// bytes that are no text.
const hostileName = "pay\x1b[2J\x1b]0;owned\x07\u009b31m\u202Elive\u2066<script>alert(1)</script>\"'|`]-->\u2028&\r\nend\xff"

const hostileWindows, hostileSlow = 12, 9

// hostile writes a recording in which the service with the hostile name becomes slow. Its
// spans carry a megabyte each in one value, and each names a service of its own that it asks.
func hostile(t *testing.T) (path string, from, slow, to time.Time) {
	t.Helper()
	escape := func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			if s[i] < 0x20 || s[i] == '"' || s[i] == '\\' {
				fmt.Fprintf(&b, "\\u%04x", s[i])
				continue
			}
			b.WriteByte(s[i]) // what is no UTF-8 stays as it is
		}
		return b.String()
	}
	from = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	slow, to = from.Add(hostileSlow*30*time.Second), from.Add(hostileWindows*30*time.Second)
	name, large := escape(hostileName), strings.Repeat("x", 1<<20)
	var out bytes.Buffer
	span := func(trace, id, parent int, kind int, name string, start time.Time, d time.Duration, attributes string) string {
		up := ""
		if parent > 0 {
			up = fmt.Sprintf(`"parentSpanId":"%016x",`, parent)
		}
		return fmt.Sprintf(`{"traceId":"%032x","spanId":"%016x",%s"kind":%d,"name":"%s","startTimeUnixNano":"%d","endTimeUnixNano":"%d","attributes":[%s]}`,
			trace, id, up, kind, name, start.UnixNano(), start.Add(d).UnixNano(), attributes)
	}
	service := func(name, spans string) string {
		return fmt.Sprintf(`{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"%s"}},{"key":"service.instance.id","value":{"stringValue":"%s"}}]},"scopeSpans":[{"spans":[%s]}]}`, name, name, spans)
	}
	n := 0
	for at := from; at.Before(to); at = at.Add(500 * time.Millisecond) {
		n++
		d := 20*time.Millisecond + time.Duration(n%7)*time.Millisecond
		if !at.Before(slow) {
			d *= 10
		}
		more := fmt.Sprintf(`{"key":"%s","value":{"stringValue":"%s"}}`, name, name)
		if n%200 == 0 {
			more += fmt.Sprintf(`,{"key":"large","value":{"stringValue":"%s"}}`, large)
		}
		peer := fmt.Sprintf(`{"key":"peer.service","value":{"stringValue":"%s %d"}}`, name, n)
		fmt.Fprintf(&out, `{"resourceSpans":[%s,%s]}`+"\n",
			service("web", span(n, 1, 0, 2, "GET /", at, d+10*time.Millisecond, more)),
			service(name, span(n, 2, 1, 2, name, at.Add(time.Millisecond), d, more)+","+span(n, 3, 2, 3, name, at.Add(2*time.Millisecond), time.Millisecond, peer)))
	}
	path = filepath.Join(t.TempDir(), "hostile.otlp.jsonl")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, from, slow, to
}

// harmless reports what of a text would act on a terminal, or is no text.
func harmless(s string) string {
	if !utf8.ValidString(s) {
		return "it is no UTF-8"
	}
	for i, r := range s {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
			return fmt.Sprintf("it holds %U in %s", r, hex.EncodeToString([]byte(s[max(0, i-8):min(len(s), i+8)])))
		}
	}
	for line := range strings.Lines(s) {
		if len(line) > 16<<10 {
			return fmt.Sprintf("a line has %d bytes", len(line))
		}
	}
	return ""
}

// Nothing of a hostile recording reaches a terminal, or a drawing, as anything but text.
func TestHostileRecordingOnTerminal(t *testing.T) {
	path, from, slow, to := hostile(t)
	at := func(x time.Time) string { return x.Format(time.RFC3339) }
	then, now := []string{"--baseline-from", at(from), "--baseline-to", at(slow)}, []string{"--from", at(slow), "--to", at(to)}
	drawn := map[string][]string{
		"graph":        {"dot", "mermaid", "svg"},
		"workflow":     {"text", "html", "svg", "mermaid", "plantuml", "sequencediagram", "dot"},
		"criticalpath": {"table", "folded", "svg"},
		"compare":      {"table", "markdown"},
	}
	commands := [][]string{
		{"replay", path},
		append([]string{"rank", path}, now...),
		{"correlate", path, "--operation", "web GET /", "--slowest", "0.2"},
		{"workflow", path, "--operation", "web no such"},
	}
	for name, formats := range drawn {
		for _, format := range formats {
			args := append([]string{name, path, "-o", format}, now...)
			if name == "workflow" {
				args = append(args, "--operation", "web GET /")
			}
			commands = append(commands, append(args, then...))
		}
	}
	told := false
	for _, args := range commands {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), args, &stdout, &stderr)
		if status != 0 && args[len(args)-1] != "web no such" {
			t.Errorf("%s: status %d: %s", args, status, &stderr)
		}
		for what, text := range map[string]string{"stdout": stdout.String(), "stderr": stderr.String()} {
			if bad := harmless(text); bad != "" {
				t.Errorf("%s: %s: %s", args, what, bad)
			}
			if strings.Contains(text, "<script>alert") && (strings.Contains(strings.Join(args, " "), "svg") || strings.Contains(strings.Join(args, " "), "html") || strings.Contains(strings.Join(args, " "), "markdown")) {
				t.Errorf("%s: %s would run a script", args, what)
			}
		}
		told = told || args[0] == "replay" && strings.Contains(stdout.String(), "opened") && strings.Contains(stdout.String(), "alert(1)")
	}
	if !told {
		t.Error("the slow service is not told of")
	}
}
