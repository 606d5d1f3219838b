package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"culprit/datasets"
	"culprit/model"
)

// ask runs a command and returns what it prints.
func ask(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, complaints bytes.Buffer
	if status := run(ctx, args, &out, &complaints); status != 0 {
		t.Fatalf("culprit %s: status %d: %s", strings.Join(args, " "), status, &complaints)
	}
	return out.String()
}

// holds expects words in a text.
func holds(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s lacks %q:\n%s", what, w, text)
		}
	}
}

// A conversation with a running service, its NATS embedded, as the on-call engineer has it:
// what is there, what it was, what came meanwhile; that it was wrong, and what else it was;
// and the label that comes of it, against which the verdict counts as wrong.
func TestConversation(t *testing.T) {
	dir := t.TempDir()
	recording := filepath.Join(dir, "recording")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ready := make(chan struct{})
	out := &screen{until: "culprit goes on serving", then: sync.OnceFunc(func() { close(ready) })}
	var complaints bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"demo", "--speed", "max", "--listen", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"), "--record", recording}, out, &complaints)
	}()
	stop := sync.OnceFunc(func() {
		cancel()
		if status := <-ended; status != 0 {
			t.Errorf("the service ends with status %d: %s", status, &complaints)
		}
	})
	defer stop()
	select {
	case <-ready:
	case <-ctx.Done():
		t.Fatal("the service did not get ready")
	}
	out.mu.Lock()
	url := regexp.MustCompile(`REST: (http://\S+)`).FindStringSubmatch(out.shows.String())[1]
	out.mu.Unlock()

	var in model.Incident
	line, _, _ := strings.Cut(ask(t, "incidents", "--url", url, "--json"), "\n")
	if err := json.Unmarshal([]byte(line), &in); err != nil {
		t.Fatal(err)
	}
	holds(t, "incidents", ask(t, "incidents", "--url", url, "--service", "mysql"), "SEVERITY", in.ID, "resolved", "mysql SQL SELECT is slow")
	holds(t, "incidents of nobody", ask(t, "incidents", "--url", url, "--service", "nobody"), "no incidents")
	holds(t, "show", ask(t, "show", in.ID, "--url", url), in.Title, "1. mysql SQL SELECT (own_time", "requests affected", "History:", "opened", "resolved")

	// watch from the beginning of the log shows what has come, until it is stopped.
	watching, enough := context.WithTimeout(t.Context(), time.Minute)
	defer enough()
	seen := &screen{until: "resolved", then: enough}
	var lost bytes.Buffer
	if status := run(watching, []string{"watch", "--url", url, "--after", "0"}, seen, &lost); status != 0 {
		t.Fatalf("watch: status %d: %s", status, &lost)
	}
	holds(t, "watch", seen.shows.String(), in.ID, "opened", "resolved")

	var typo bytes.Buffer
	if status := run(t.Context(), []string{"show", in.ID[:len(in.ID)-1], "--url", url}, &bytes.Buffer{}, &typo); status != exitFailed {
		t.Errorf("an ID with a typo: status %d", status)
	}
	holds(t, "an ID with a typo", typo.String(), "did you mean "+in.ID)

	holds(t, "feedback", ask(t, "feedback", in.ID, "wrong", "--url", url, "--service", "redis", "--operation", "GetDriver", "--by", "ann", "--comment", "failover"), in.ID+" is called wrong")
	holds(t, "show after feedback", ask(t, "show", in.ID, "--url", url), "called wrong by ann", "wrong, it was redis GetDriver by ann: failover")
	holds(t, "incidents after feedback", ask(t, "incidents", "--url", url), "wrong")
	ask(t, "labels", "export", recording, "--url", url, "--system", "shop")
	text, err := os.ReadFile(filepath.Join(recording, datasets.LabelsFile))
	if err != nil {
		t.Fatal(err)
	}
	var labels datasets.Labels
	if err := json.Unmarshal(text, &labels); err != nil {
		t.Fatal(err)
	}
	if len(labels.Faults) != 1 || labels.System != "shop" || labels.Faults[0].RootCauses[0].Service != "redis" {
		t.Fatalf("labels %s", text)
	}

	var nowhere bytes.Buffer
	if status := run(t.Context(), []string{"labels", "export", filepath.Join(recording, "none"), "--url", url}, &bytes.Buffer{}, &nowhere); status != exitFailed {
		t.Errorf("labels into a directory that is not there: status %d", status)
	}
	holds(t, "labels into a directory that is not there", nowhere.String(), "is not there: name the directory of a recording")

	ask(t, "feedback", in.ID, "expected", "--url", url, "--by", "ann", "--comment", "load test")
	holds(t, "show of what is expected", ask(t, "show", in.ID, "--url", url), "called expected by ann", "expected by ann: load test")
	var none datasets.Labels
	if err := json.Unmarshal([]byte(ask(t, "labels", "export", "--url", url)), &none); err != nil {
		t.Fatal(err)
	}
	if len(none.Faults) != 0 {
		t.Errorf("what was expected is a fault: %+v", none.Faults)
	}
	stop()

	// Held against the label, what was said is wrong: redis is not named first.
	holds(t, "score", regexp.MustCompile(` +`).ReplaceAllString(ask(t, "score", recording), " "), "culprit service 1 0.00", "named first when opened 0 of 1", "false incidents 0 in")
}
