package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"culprit/internal/notify"
	"culprit/internal/source"
	"culprit/model"
)

// hostileName is what a stranger may put into a span: a terminal's commands, a turned
// direction of writing, a page's script, a chat's markup, line ends, no UTF-8, and a lot.
var hostileName = "db\x1b[2J\x07\u202egnp\u2066<script>alert(1)</script><!channel> \u2028&\r\n\x00\xff" + strings.Repeat("y", 1<<20)

// hostile delivers what another source does, as it would come over OTLP, with mysql
// renamed, a megabyte in an attribute, and calls to hundreds of services more in each window.
type hostile struct{ *stepwise }

func (h hostile) Run(ctx context.Context, from time.Time, deliver source.Deliver) error {
	return h.stepwise.Run(ctx, from, func(ctx context.Context, b source.Batch) error {
		for i, td := range b.Traces {
			for _, rs := range td.ResourceSpans().All() {
				rs.Resource().Attributes().PutStr("service.version", hostileName)
				for _, ss := range rs.ScopeSpans().All() {
					for k, s := range ss.Spans().All() {
						switch {
						case s.Name() == "SELECT":
							s.SetName(hostileName[:64])
							s.Attributes().PutStr("peer.service", hostileName)
							s.Status().SetMessage(hostileName[:4096])
						case s.Kind() == ptrace.SpanKindClient && k%2 == 0:
							s.Attributes().PutStr("peer.service", fmt.Sprint("one of thousands ", h.stepwise.next, " ", k))
						}
						s.Attributes().PutStr(hostileName[:32], hostileName[:100])
					}
				}
			}
			wire, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
			if err != nil {
				return err
			}
			req := ptraceotlp.NewExportRequest()
			if err := req.UnmarshalProto(wire); err != nil {
				return err
			}
			b.Traces[i] = req.Traces()
		}
		return deliver(ctx, b)
	})
}

// plain reports what of a text is no plain text; what is escaped in JSON is decoded first.
func plain(v any) string {
	switch x := v.(type) {
	case string:
		if !utf8.ValidString(x) {
			return fmt.Sprintf("%.80q is no UTF-8", x)
		}
		if len(x) > 8<<10 {
			return fmt.Sprintf("a text of %d bytes", len(x))
		}
		for _, r := range x {
			if unicode.IsControl(r) && r != '\n' {
				return fmt.Sprintf("%U in %.80q", r, x)
			}
		}
	case []any:
		for _, e := range x {
			if bad := plain(e); bad != "" {
				return bad
			}
		}
	case map[string]any:
		for k, e := range x {
			if bad := plain(k) + plain(e); bad != "" {
				return bad
			}
		}
	}
	return ""
}

// What strangers put into spans is told everywhere as plain text of bounded length: in REST,
// in what receivers of alerts get, and on /metrics; the incident is found all the same.
func TestHostileNamesAreTextEverywhere(t *testing.T) {
	var mu sync.Mutex
	sent := map[string][][]byte{}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		sent[r.URL.Path] = append(sent[r.URL.Path], body)
		mu.Unlock()
	}))
	defer receiver.Close()
	cfg := testConfig(t.TempDir())
	for _, kind := range []string{notify.TypeWebhook, notify.TypeSlack, notify.TypeTeams, notify.TypeAlertmanager} {
		target := notify.Target{Name: kind, Type: kind}
		if at := receiver.URL + "/" + kind; kind == notify.TypeSlack || kind == notify.TypeTeams { // their URLs are secrets
			target.URLEnv = "CULPRIT_TEST_" + kind
			t.Setenv(target.URLEnv, at)
		} else {
			target.URLs = []string{at}
		}
		cfg.Alerts.Targets = append(cfg.Alerts.Targets, target)
	}
	src := hostile{newStepwise(func(n int) bool { return n >= 12 })}
	s, _ := runs(t, cfg, WithSource("shop", src))
	src.to(14)
	var page model.IncidentPage
	eventually(t, func() bool {
		get(t, s, "/api/v1/incidents", &page)
		return len(page.Incidents) > 0
	})
	if name := page.Incidents[0].Service(); !strings.HasPrefix(name, "db") || !strings.Contains(name, "<script>alert(1)") || len(name) > 256 {
		t.Errorf("the cause is %q", name)
	}
	base := "http://" + s.Addr(t.Context()).String()
	for _, path := range append(questions(t, s), "/api/v1/workflows/web/GET%20%2Fcart?format=html") {
		res, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%.100s: %d, %v", path, res.StatusCode, err)
		}
		kind := res.Header.Get("Content-Type")
		if !strings.HasPrefix(kind, "application/json") {
			if bad := plainLines(string(body)); bad != "" {
				t.Errorf("%.100s: %s", path, bad)
			}
			if strings.HasPrefix(kind, "text/html") && strings.Contains(string(body), "<script>alert") {
				t.Errorf("%.100s would run a script", path)
			}
			continue
		}
		if strings.Contains(string(body), "<script>") {
			t.Errorf("%.100s: a tag stands in JSON as it is", path)
		}
		check(t, path, body)
	}
	eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(sent) == 4
	})
	mu.Lock()
	defer mu.Unlock()
	for path, bodies := range sent {
		for _, body := range bodies {
			check(t, path, body)
		}
	}
}

// check expects JSON whose texts are plain.
func check(t *testing.T, what string, body []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Errorf("%.100s: %v", what, err)
	} else if bad := plain(v); bad != "" {
		t.Errorf("%.100s: %s", what, bad)
	}
}

// plainLines is plain for text of many lines.
func plainLines(s string) string {
	for line := range strings.Lines(s) {
		if bad := plain(strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", " ")); bad != "" && len(line) < 8<<10 {
			return bad
		}
	}
	return ""
}
