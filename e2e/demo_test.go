package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"culprit/e2e/outside"
	"culprit/e2e/rig"
)

// A new user's first minute: the demo tells of an incident within ten seconds, names
// the culprit, shows it over REST and NATS, and goes on serving until it is told to
// stop.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs culprit")
	}
	program, err := rig.BuildCulprit(t.Context(), "..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	demo, err := rig.StartCulprit(t.Context(), program, t.TempDir(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(demo.Stop)
	watch, err := outside.Start(t.Context(), demo.NATS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watch.Close)
	l := &live{watch: watch}
	opened, at, err := l.await(t.Context(), time.Minute, 0, func(in outside.Incident) bool { return in.Event == "opened" })
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("the first incident took %s, want at most 10 s", took.Round(time.Millisecond))
	} else {
		t.Logf("first incident after %s: %s", took.Round(time.Millisecond), opened.Incident.Summary)
	}
	if s := opened.Incident.Suspects; len(s) == 0 || s[0].Service != "mysql" {
		t.Errorf("the suspects are %s\nwant mysql first", tell(s))
	}
	if _, _, err := l.await(t.Context(), time.Minute, at, func(in outside.Incident) bool { return in.Event == "resolved" }); err != nil {
		t.Fatal(err)
	}
	var page struct {
		Incidents []outside.Incident `json:"incidents"`
	}
	if err := demo.Get(t.Context(), "/api/v1/incidents", &page); err != nil {
		t.Fatal(err)
	}
	if len(page.Incidents) != 1 || page.Incidents[0].ID != opened.Incident.ID {
		t.Errorf("REST lists %v, want the one incident %s", page.Incidents, opened.Incident.ID)
	}
	const named = "The culprit was named: mysql SQL SELECT, at rank 1"
	said := ""
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(said, named) && time.Now().Before(deadline); sleep(t, 100*time.Millisecond) {
		data, err := os.ReadFile(demo.Log)
		if err != nil {
			t.Fatal(err)
		}
		said = string(data)
	}
	if !strings.Contains(said, named) {
		t.Errorf("the demo does not say %q but\n%s", named, said)
	}
	for _, line := range readmeDemo(t) {
		if !strings.Contains(blurred(said), blurred(line)) {
			t.Errorf("README.md shows %q, the demo prints\n%s", line, said)
		}
	}
	select {
	case <-demo.Done():
		t.Error("the demo ended by itself")
	default:
	}
	demo.Stop()
	if code := demo.ExitCode(); code != 0 {
		t.Errorf("exit status %d after SIGTERM, want 0", code)
	}
	for _, broken := range watch.Check() {
		t.Error(broken)
	}
}

// readmeDemo is what README.md shows of the demo's output.
func readmeDemo(t *testing.T) []string {
	_, rest, ok := strings.Cut(read(t, "../README.md"), "The demo tells of its incident")
	if !ok {
		t.Fatal("README.md does not show the demo")
	}
	blocks := strings.Split(rest, "```")
	if len(blocks) < 3 {
		t.Fatal("README.md does not show the demo's output")
	}
	return strings.FieldsFunc(blocks[1], func(r rune) bool { return r == '\n' })
}

var (
	words = regexp.MustCompile(`\b[a-z2-7]{16}\b`) // incident IDs
	reals = regexp.MustCompile(`[0-9][0-9.]*`)
)

// blurred is text without what changes when the detector gets better: numbers and the
// IDs of incidents.
func blurred(text string) string {
	return reals.ReplaceAllString(words.ReplaceAllString(text, "ID"), "N")
}
