package app

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"culprit/internal/source/jaeger"
)

func TestConfigIsReadOverTheDefaults(t *testing.T) {
	c := DefaultConfig()
	err := c.parse([]byte(`
jaeger:
  - endpoints: [http://127.0.0.1:16686]
    settle: 7s
engine:
  window: 1m
  incident:
    calm: 5
nats:
  url: nats://bob:secret@example.org:4222
`))
	if err != nil {
		t.Fatal(err)
	}
	if j := c.Jaeger[0]; j.Settle != 7*time.Second || j.SecondLook != jaeger.DefaultConfig().SecondLook {
		t.Errorf("settle %v, second look %v", j.Settle, j.SecondLook)
	}
	if c.Engine.Window != time.Minute || c.Engine.Incident.Calm != 5 || c.Engine.History != DefaultConfig().Engine.History {
		t.Errorf("engine %+v", c.Engine)
	}
}

func TestConfigRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, c := range []struct{ rule, yaml, want string }{
		{"an unknown key", "engine:\n  windw: 30s\n", `line 2, column 3: unknown field "windw"`},
		{"an unknown key of a Jaeger", "jaeger:\n  - endpoints: [a]\n    setle: 3s\n", `line 3, column 5: unknown field "setle"`},
		{"a wrong type", "engine:\n  history: many\n", "line 2, column 12: cannot unmarshal string"},
		{"an address that needs quotes", "jaeger_receiver:\n  - {udp: [127.0.0.1:6831]}\n", `line 2, column 21: want a text, found a key with a value: within [] and {} what holds a colon has to be quoted`},
		{"broken YAML", "engine: [\n", "line 1"},
		{"the same key twice", "heal: 1m\nheal: 2m\n", `mapping key "heal" already defined`},
	} {
		cfg := DefaultConfig()
		if err := cfg.parse([]byte(c.yaml)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.rule, err, c.want)
		}
	}
}

func TestPrintedConfigReadsBackWithoutSecrets(t *testing.T) {
	c := DefaultConfig()
	c.NATS.URL = "nats://bob:secret@a:4222,nats://token@b:4222"
	c.Jaeger = []jaeger.Config{jaeger.DefaultConfig()}
	c.Jaeger[0].Endpoints = []string{"https://u:hunter2@jaeger.example.org/base"}
	b, err := c.Print()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"secret", "token@", "hunter2"} {
		if strings.Contains(string(b), secret) {
			t.Errorf("%q is printed:\n%s", secret, b)
		}
	}
	if c.Jaeger[0].Endpoints[0] != "https://u:hunter2@jaeger.example.org/base" {
		t.Error("printing changed the configuration")
	}
	again := Config{}
	if err := again.parse(b); err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	c.NATS.URL, again.NATS.URL = "", ""
	c.Jaeger[0].Endpoints, again.Jaeger[0].Endpoints = nil, nil
	if diff := cmp.Diff(c, again, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}
