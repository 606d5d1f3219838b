package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"culprit/model"
)

func secretFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// Every peer of an Alertmanager is told that an alert fires, again and again, and that it
// has ended; its labels stay, but for a severity that rises.
func TestAlertmanagerPeers(t *testing.T) {
	l, a, b := newFakeLog(), newReceiver(t), newReceiver(t)
	n := run(t, l, Config{URL: "http://page", Targets: []Target{{
		Name: "pager", Type: TypeAlertmanager, URLs: []string{a.URL, b.URL + "/"}, Labels: map[string]string{"team": "shop"}, Resend: 10 * time.Millisecond, Hold: time.Millisecond}}}, nil)
	l.append(revision("i1", 1, model.EventOpened, model.SeverityMinor))
	eventually(t, "repeated", func() bool { return len(a.all()) > 3 && len(b.all()) > 3 })
	second := revision("i1", 2, model.EventUpdated, model.SeverityCritical)
	second.Suspects[0].Service = "redis"
	l.append(second)
	l.append(revision("i1", 3, model.EventUpdated, model.SeverityMinor))
	over := revision("i1", 4, model.EventResolved, model.SeverityMinor)
	time.Sleep(5 * time.Millisecond) // longer than it is held
	l.append(over)
	eventually(t, "told", func() bool {
		st := n.Status()
		return len(st) == 2 && st[0].Sequence == 4 && st[1].Sequence == 4 && st[0].Pending == 0 && st[0].Healthy
	})
	for _, peer := range []*receiverServer{a, b} {
		if got := peer.all()[0]; got.path != "/api/v2/alerts" {
			t.Errorf("posted to %s", got.path)
		}
		seen := map[string][]bool{} // by severity: does it fire
		for _, x := range peer.alerts(t) {
			if x.Labels["alertname"] != alertName || x.Labels["incident"] != "i1" || x.Labels["service"] != "mysql" || x.Labels["team"] != "shop" {
				t.Errorf("labels %v are not those of the first revision", x.Labels)
			}
			if x.GeneratorURL != "http://page/incidents/i1" || x.Annotations["summary"] == "" {
				t.Errorf("alert %+v", x)
			}
			seen[x.Labels["severity"]] = append(seen[x.Labels["severity"]], x.EndsAt == nil)
		}
		for severity, fires := range seen {
			for i, f := range fires[:len(fires)-1] {
				if !f {
					t.Errorf("the alert with severity %s ended at post %d of %d", severity, i+1, len(fires))
				}
			}
			if fires[len(fires)-1] {
				t.Errorf("the alert with severity %s never ended", severity)
			}
		}
		if len(seen) != 2 {
			t.Errorf("severities %v, want minor and, once it was worse, critical", seen)
		}
	}
}

// What was over before an Alertmanager could be reached fires there for a while all the
// same, and nothing is lost.
func TestAlertmanagerAwayForLong(t *testing.T) {
	l, a := newFakeLog(), newReceiver(t)
	a.answer(http.StatusServiceUnavailable, "starting")
	n := run(t, l, Config{Targets: []Target{{Name: "pager", Type: TypeAlertmanager, URLs: []string{a.URL}, Hold: time.Hour}}}, nil)
	l.append(revision("i1", 1, model.EventOpened, model.SeverityMajor))
	l.append(revision("i1", 2, model.EventResolved, model.SeverityMajor))
	eventually(t, "retried", func() bool { return n.Status()[0].Retries > 3 })
	if st := n.Status()[0]; st.Healthy || !strings.Contains(st.Error, "503") || !strings.Contains(st.Error, "starting") || st.Pending == 0 {
		t.Errorf("status %+v", st)
	}
	away := len(a.all())
	a.answer(http.StatusOK, "")
	eventually(t, "told", func() bool { return l.place("pager") == 2 })
	got := a.alerts(t)[away:]
	first, last := got[0], got[len(got)-1]
	if first.EndsAt != nil || last.EndsAt == nil || time.Until(*last.EndsAt) < 50*time.Minute {
		t.Errorf("first %+v, last %+v: want it to fire, and to end in an hour", first, last)
	}
}

// A webhook gets each revision once, in order, as a CloudEvent whose signature anyone
// can verify who has the key.
func TestWebhookIsSigned(t *testing.T) {
	l, r := newFakeLog(), newReceiver(t)
	key := []byte("0123456789abcdef0123456789abcdef")
	run(t, l, Config{Targets: []Target{{Name: "hook", Type: TypeWebhook, URLs: []string{r.URL + "/in"}, TokenFile: secretFile(t, "sesame"),
		SecretFile: secretFile(t, "whsec_"+base64.StdEncoding.EncodeToString(key))}}}, nil)
	l.append(revision("i1", 1, model.EventOpened, model.SeverityMajor))
	l.append(revision("i1", 2, model.EventResolved, model.SeverityMajor))
	eventually(t, "told", func() bool { return l.place("hook") == 2 })
	got := r.all()
	if len(got) != 2 {
		t.Fatalf("%d requests, want 2", len(got))
	}
	for i, p := range got {
		var e struct {
			SpecVersion, ID, Type, Subject string
			Data                           model.Incident
		}
		if err := json.Unmarshal([]byte(p.body), &e); err != nil {
			t.Fatal(err)
		}
		want := "i1:" + string(rune('1'+i))
		if e.SpecVersion != "1.0" || e.ID != want || e.Subject != "i1" || e.Data.Revision != i+1 || e.Type != "culprit.incident."+e.Data.Event {
			t.Errorf("event %+v", e)
		}
		h := p.header
		if h.Get("Idempotency-Key") != want || h.Get("Webhook-Id") != want || !strings.HasPrefix(h.Get("Content-Type"), "application/cloudevents+json") ||
			h.Get("Authorization") != "Bearer sesame" {
			t.Errorf("headers %v", h)
		}
		m := hmac.New(sha256.New, key)
		m.Write([]byte(h.Get("Webhook-Id") + "." + h.Get("Webhook-Timestamp") + "." + p.body))
		if sig := "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil)); h.Get("Webhook-Signature") != sig {
			t.Errorf("signature %s, want %s", h.Get("Webhook-Signature"), sig)
		}
	}
}

// What a receiver refuses is a dead letter and holds nothing up; it can be sent again.
// The URL, which is a secret, stands nowhere.
func TestDeadLetters(t *testing.T) {
	l, r := newFakeLog(), newReceiver(t)
	r.answer(http.StatusBadRequest, "no_text <b>")
	n := run(t, l, Config{Targets: []Target{{Name: "chat", Type: TypeSlack, URLFile: secretFile(t, r.URL+"/T0/hidden-token")}}}, nil)
	l.append(revision("i1", 1, model.EventOpened, model.SeverityMajor))
	l.append(revision("i2", 1, model.EventOpened, model.SeverityMajor))
	eventually(t, "refused", func() bool { return l.place("chat") == 2 && n.Status()[0].DeadLetters == 2 })
	letters := n.DeadLetters()
	if d := letters[0]; d.Incident != "i1" || d.Tries != 1 || d.Sequence != 1 || !strings.Contains(d.Error, "400 Bad Request: no_text") {
		t.Errorf("letter %+v", d)
	}
	resend := func() (err error) { // once the receiver is free
		eventually(t, "free", func() bool {
			err = n.Resend(t.Context(), letters[0].ID)
			return !errors.Is(err, ErrBusy)
		})
		return err
	}
	if err := resend(); err == nil || len(n.DeadLetters()) != 2 {
		t.Errorf("sent again to a receiver that refuses: %v, %d letters", err, len(n.DeadLetters()))
	}
	r.answer(http.StatusOK, "ok")
	if err := resend(); err != nil || len(n.DeadLetters()) != 1 || len(l.letters) != 1 {
		t.Errorf("sent again: %v, %d letters", err, len(n.DeadLetters()))
	}
	if err := n.Drop(t.Context(), letters[1].ID); err != nil || len(n.DeadLetters()) != 0 {
		t.Errorf("dropped: %v, %d letters", err, len(n.DeadLetters()))
	}
	if err := n.Resend(t.Context(), "x"); err != ErrUnknown {
		t.Errorf("an unknown letter: %v", err)
	}
	r.Close()
	l.append(revision("i3", 1, model.EventOpened, model.SeverityMajor))
	eventually(t, "away", func() bool { return !n.Status()[0].Healthy })
	text, err := json.Marshal([]any{n.Status(), letters})
	if err != nil || strings.Contains(string(text), "hidden-token") {
		t.Errorf("the secret shows: %s", text)
	}
}

// After GiveUp a revision that nobody takes is a dead letter, and the next one is offered.
func TestGivesUp(t *testing.T) {
	l, r := newFakeLog(), newReceiver(t)
	r.answer(http.StatusInternalServerError, "")
	n := run(t, l, Config{GiveUp: 20 * time.Millisecond, Targets: []Target{{Name: "hook", Type: TypeWebhook, URLs: []string{r.URL}}}}, nil)
	l.append(revision("i1", 1, model.EventOpened, model.SeverityMajor))
	eventually(t, "given up", func() bool { return len(n.DeadLetters()) == 1 })
	if d := n.DeadLetters()[0]; d.Tries < 2 || !strings.Contains(d.Error, "500") {
		t.Errorf("letter %+v, want several tries", d)
	}
}

// Muted incidents are not told; when the mute ends while one lasts, it is; and an alert
// that fires ends with the mute's begin.
func TestMutes(t *testing.T) {
	l, hook, am := newFakeLog(), newReceiver(t), newReceiver(t)
	var muted atomic.Pointer[model.Mute]
	muted.Store(&model.Mute{From: noon, Until: noon.Add(time.Hour)})
	n := run(t, l, Config{Targets: []Target{
		{Name: "hook", Type: TypeWebhook, URLs: []string{hook.URL}},
		{Name: "pager", Type: TypeAlertmanager, URLs: []string{am.URL}, Resend: time.Millisecond},
	}}, func(n *Notifier) { n.muted = func(*model.Incident) *model.Mute { return muted.Load() } })
	l.append(revision("i1", 1, model.EventOpened, model.SeverityMajor))
	l.append(revision("i2", 1, model.EventOpened, model.SeverityMajor))
	l.append(revision("i2", 2, model.EventResolved, model.SeverityMajor))
	eventually(t, "read", func() bool { return l.place("hook") == 3 && l.place("pager") == 3 })
	if got := len(hook.all()) + len(am.all()); got != 0 || n.Status()[0].Muted != 3 {
		t.Errorf("%d requests while muted; status %+v", got, n.Status()[0])
	}
	muted.Store(nil)
	eventually(t, "told", func() bool { return len(hook.all()) == 1 && len(am.all()) > 0 })
	if !strings.Contains(hook.all()[0].body, `"id":"i1:1"`) {
		t.Errorf("told %s, want the incident that lasts", hook.all()[0].body)
	}
	muted.Store(&model.Mute{From: noon.Add(time.Minute), Until: noon.Add(time.Hour)})
	eventually(t, "hushed", func() bool { as := am.alerts(t); return as[len(as)-1].EndsAt != nil })
	l.append(revision("i1", 2, model.EventResolved, model.SeverityMajor))
	eventually(t, "over", func() bool { return len(hook.all()) == 2 })
	if !strings.Contains(hook.all()[1].body, `"id":"i1:2"`) {
		t.Errorf("told %s, want the end of what was told before the mute", hook.all()[1].body)
	}
}

// Who was told that an incident began is told that it ended, whatever became of it.
func TestRoutes(t *testing.T) {
	l, all, critical, redis := newFakeLog(), newReceiver(t), newReceiver(t), newReceiver(t)
	hook := func(name string, r *receiverServer, events ...string) Target {
		return Target{Name: name, Type: TypeWebhook, URLs: []string{r.URL}, Events: events}
	}
	n := run(t, l, Config{
		Targets: []Target{hook("all", all, model.EventOpened), hook("critical", critical), hook("redis", redis)},
		Routes:  []Route{{To: []string{"all"}}, {Severities: []string{model.SeverityCritical}, To: []string{"critical"}}, {Services: []string{"red*"}, To: []string{"redis"}}},
	}, nil)
	second := revision("i1", 2, model.EventUpdated, model.SeverityCritical)
	second.Suspects[0].Service = "redis"
	l.append(revision("i1", 1, model.EventOpened, model.SeverityMinor))
	l.append(second)
	l.append(revision("i1", 3, model.EventUpdated, model.SeverityMinor))
	l.append(revision("i1", 4, model.EventResolved, model.SeverityMinor))
	eventually(t, "read", func() bool { return l.place("all") == 4 && l.place("critical") == 4 && l.place("redis") == 4 })
	if a, c, r := len(all.all()), len(critical.all()), len(redis.all()); a != 1 || c != 3 || r != 3 {
		t.Errorf("%d, %d and %d requests, want 1, 3 and 3", a, c, r)
	}
	if st := n.Status()[0]; st.Skipped != 3 || st.Sent != 1 {
		t.Errorf("status %+v", st)
	}
}

// Names out of traces reach no receiver as anything but text.
func TestForeignTextIsHarmless(t *testing.T) {
	in := revision("i1", 1, model.EventOpened, model.SeverityMajor)
	in.Title = "<!channel> <http://evil|click> \u202egnp.exe\x00\x1b[31m " + strings.Repeat("x", 5000)
	in.Suspects[0].Operation = "**bold** [a](http://evil)\n\n# head"
	in.Suspects[0].Service = "a\xffb"
	in.Links = []model.Link{{Trace: "t", URL: "javascript:alert(1)"}, {Trace: "t", URL: "http://jaeger/trace/1"}}
	w, err := newWords(&Target{})
	if err != nil {
		t.Fatal(err)
	}
	slack, err := slackRequest(&in, "http://x", "http://page", w)
	if err != nil {
		t.Fatal(err)
	}
	teams, err := teamsRequest(&in, "http://x", "http://page", w)
	if err != nil {
		t.Fatal(err)
	}
	var s slackBody
	var c teamsBody
	if err := json.Unmarshal(slack.body, &s); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(teams.body, &c); err != nil {
		t.Fatal(err)
	}
	if text := s.Text + s.Attachments[0].Text + s.Attachments[0].Title; strings.Contains(text, "<!") || strings.Contains(text, "<http://evil") ||
		strings.ContainsAny(text, "\u202e\x00\x1b") || len(text) > 4000 || !strings.Contains(text, "<http://jaeger/trace/1|trace 1>") || strings.Contains(text, "javascript") {
		t.Errorf("slack shows %q", text)
	}
	for _, b := range c.Attachments[0].Content.Body {
		if b.Type != "RichTextBlock" || b.Inlines[0].Type != "TextRun" {
			t.Errorf("teams block %+v would be read as Markdown", b)
		}
	}
	standing := standing{first: step{service: in.Suspects[0].Service, operation: in.Suspects[0].Operation}, severity: "major"}
	as, err := alertsOf(&in, &standing, &Target{}, w, "http://page", noon, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range as[0].Labels {
		if len(value) > 4*maxWord || strings.ContainsAny(value, "\n\x00") || !utf8.ValidString(value) {
			t.Errorf("label %s is %q", name, value)
		}
	}
	if as[0].StartsAt.After(noon) || len(as[0].Annotations["summary"]) > maxRendered {
		t.Errorf("alert %+v", as[0])
	}
}

// What cannot work is refused at the start, with words that help; secrets are not repeated.
func TestConfigIsChecked(t *testing.T) {
	t.Setenv("NOTIFY_TEST_URL", "http://127.0.0.1:1/hidden")
	hook := Target{Name: "hook", Type: TypeWebhook, URLs: []string{"http://127.0.0.1:1"}}
	with := func(change func(*Target)) Config {
		h := hook
		change(&h)
		return Config{Targets: []Target{h}}
	}
	for want, cfg := range map[string]Config{
		"":                            with(func(t *Target) { t.URLs, t.URLEnv = nil, "NOTIFY_TEST_URL" }),
		"two targets are called hook": {Targets: []Target{hook, hook}},
		`no type "pagerduty"`:         with(func(t *Target) { t.Type = "pagerduty" }),
		"has the name \"\"":           with(func(t *Target) { t.Name = "" }),
		"put it into a file":          with(func(t *Target) { t.Type = TypeSlack }),
		"want http://HOST":            with(func(t *Target) { t.URLs = []string{"hidden"} }),
		"a password in a URL":         with(func(t *Target) { t.URLs = []string{"http://a:hidden@b"} }),
		"say where it is":             with(func(t *Target) { t.URLs = nil }),
		"no such file":                with(func(t *Target) { t.SecretFile = filepath.Join("nowhere", "secret") }),
		"NOTIFY_TEST_NO of the environment is empty": with(func(t *Target) { t.TokenEnv = "NOTIFY_TEST_NO" }),
		`no event "closed"`:                          with(func(t *Target) { t.Events = []string{"closed"} }),
		"title and text belong to":                   with(func(t *Target) { t.Text = "x" }),
		"is no name of a label":                      with(func(t *Target) { t.Type, t.Labels = TypeAlertmanager, map[string]string{"a-b": ""} }),
		"function \"nope\" not defined":              with(func(t *Target) { t.Type, t.Text = TypeAlertmanager, "{{nope}}" }),
		"can't evaluate field Nope":                  with(func(t *Target) { t.Type, t.Title = TypeAlertmanager, "{{range .Suspects}}{{.Nope}}{{end}}" }),
		`no target "chat"`:                           {Targets: []Target{hook}, Routes: []Route{{To: []string{"chat"}}}},
		"leads nowhere":                              {Targets: []Target{hook}, Routes: []Route{{}}},
		`no severity "high"`:                         {Targets: []Target{hook}, Routes: []Route{{Severities: []string{"high"}, To: []string{"hook"}}}},
		"the same url stands there twice":            with(func(t *Target) { t.Type, t.URLs = TypeAlertmanager, []string{"http://a", "http://a"} }),
	} {
		_, err := New(cfg, Parts{Slog: discard})
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v", want, err)
		case err != nil && strings.Contains(err.Error(), "hidden"):
			t.Errorf("the secret shows: %v", err)
		}
	}
	shown := Config{Targets: []Target{{Type: TypeSlack, URLs: []string{"https://hooks/hidden"}}, {URLs: []string{"http://a:hidden@b", "http://c"}}}}.Shown()
	if text, _ := json.Marshal(shown); strings.Contains(string(text), "hidden") || shown.Targets[1].URLs[1] != "http://c" {
		t.Errorf("shown as %s", text)
	}
}
