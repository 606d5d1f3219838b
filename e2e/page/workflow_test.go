package page

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"culprit/e2e/rig"
)

// firstStage is what the drawn page says first of what is not as usual.
var firstStage = regexp.MustCompile(`<title>1\. ([^<]*)`)

// The drawn workflow of VM creation opens in a browser without a complaint, and what is
// told first of each labelled fault is of the labelled service.
func TestWorkflowPage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds culprit and starts a browser")
	}
	pack := filepath.Join("..", "..", "datasets", "packs", "openstack-vm-creation")
	labels, err := rig.ReadLabels(pack)
	if err != nil {
		t.Fatal(err)
	}
	if len(labels.Faults) == 0 || len(labels.Baseline) == 0 {
		t.Fatalf("labels: %+v", labels)
	}
	usual := labels.Baseline[0]
	for _, f := range labels.Faults {
		t.Run(f.ID, func(t *testing.T) {
			page := filepath.Join(t.TempDir(), "page.html")
			cmd := exec.CommandContext(t.Context(), program(t), "workflow", pack, "--operation", "nova-api WSGI_POST_/v2.1/{}/servers",
				"--baseline-from", stamp(usual.From), "--baseline-to", stamp(usual.To), "--from", stamp(f.From), "--to", stamp(f.To), "--out", page)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			dom := render(t, page)
			first := firstStage.FindStringSubmatch(dom)
			if first == nil || !strings.Contains(first[1], f.RootCauses[0].Service+" ") {
				t.Errorf("drawn first: %q, the fault is in %s", first, f.RootCauses[0].Service)
			}
		})
	}
}

func stamp(t time.Time) string { return t.Format(time.RFC3339Nano) }

// render opens a page in Debian's Chromium and returns what it made of it.
func render(t *testing.T, page string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/usr/bin/chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
		"--user-data-dir="+t.TempDir(), "--dump-dom", "file://"+page)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v (.ci/needs debian installs the browser)\n%s", err, said.Bytes())
	}
	for line := range strings.Lines(said.String()) {
		if strings.Contains(line, "CONSOLE") {
			t.Errorf("the browser complains: %s", line)
		}
	}
	return out.String()
}
