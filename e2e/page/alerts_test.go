package page

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"culprit/e2e/rig"
)

// What a webhook refuses is seen on the page, as it refused it, and sent again from there once
// the webhook is mended (alerts.spec.ts).
func TestAlertsPage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds culprit and starts a browser")
	}
	var mended atomic.Bool
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/mend":
			mended.Store(true)
		case !mended.Load():
			http.Error(w, "no such team <b>night</b>", http.StatusBadRequest)
		}
	}))
	t.Cleanup(hook.Close)
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "culprit.yaml")
	yaml := fmt.Sprintf("alerts:\n  targets:\n    - {name: hook, type: webhook, urls: [%q], secret_file: %s}\n", hook.URL+"/hook", secret)
	if err := os.WriteFile(config, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	demo, err := rig.StartCulprit(t.Context(), program(t), filepath.Join(dir, "demo"), "demo", "--speed", "max", "--config", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(demo.Stop)
	scenarios(t, []string{"CULPRIT_REST=" + demo.REST, "CULPRIT_MEND=" + hook.URL + "/mend"}, "alerts.spec.ts")
}
