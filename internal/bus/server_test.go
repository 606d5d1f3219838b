package bus

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTakenPortSaysWhatToDo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cfg := local(t)
	cfg.Listen = l.Addr().String()
	_, err = Open(t.Context(), cfg, nil)
	if err == nil {
		t.Fatal("two programs listen on one port")
	}
	want := "bus: the embedded NATS server cannot listen on " + cfg.Listen + " (address already in use): " +
		"give --nats-listen another address, or --nats URL to use a NATS server that already runs"
	if err.Error() != want {
		t.Errorf("error\n%v\nwant\n%v", err, want)
	}
	// Nothing of the failed start stays behind.
	cfg.Listen = "127.0.0.1:0"
	open(t, cfg)
}

func TestStoreHasOneOwner(t *testing.T) {
	cfg := local(t)
	open(t, cfg)
	_, err := Open(t.Context(), cfg, nil)
	if err == nil || !strings.Contains(err.Error(), "NATS store "+cfg.StoreDir+" is in use by another process") {
		t.Errorf("error %v", err)
	}
}

func TestStoreThatCannotBeWritten(t *testing.T) {
	cfg := local(t)
	cfg.StoreDir = filepath.Join(t.TempDir(), "file", "store")
	if err := os.WriteFile(filepath.Dir(cfg.StoreDir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), cfg, nil); err == nil || !strings.Contains(err.Error(), "NATS store") {
		t.Errorf("error %v", err)
	}
}

func TestServerNeedNotListen(t *testing.T) {
	cfg := local(t)
	cfg.Listen = ""
	b := open(t, cfg)
	if b.Address() != "" {
		t.Errorf("listens on %s", b.Address())
	}
	appendAll(t, b, revision("a", 1))
}

func TestListeningBeyondTheMachineWarns(t *testing.T) {
	var out captured
	cfg := local(t)
	cfg.Listen = "0.0.0.0:0"
	b, err := Open(t.Context(), cfg, out.logger())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if !strings.Contains(out.String(), "asks nobody for a password") {
		t.Errorf("log:\n%s", out.String())
	}
}

func TestConfigIsChecked(t *testing.T) {
	for want, change := range map[string]func(*Config){
		`NATS listen address "4222": want host:port`: func(c *Config) { c.Listen = "4222" },
		`"http" is not a port`:                       func(c *Config) { c.Listen = "127.0.0.1:http" },
		"name the host":                              func(c *Config) { c.Listen = ":4222" },
		`namespace "Culprit.x"`:                      func(c *Config) { c.Namespace = "Culprit.x" },
		"lease of 1ms is too short":                  func(c *Config) { c.LeaseTTL = 1e6 },
		"want at least an hour":                      func(c *Config) { c.KeepFor = 1 },
		"7 replicas":                                 func(c *Config) { c.Replicas = 7 },
		"sync every -1ns":                            func(c *Config) { c.SyncEvery = -1 },
		"needs a directory":                          func(c *Config) { c.StoreDir = "" },
		"more than one way to log in":                func(c *Config) { c.URL, c.User, c.TokenFile = "nats://x", "u", "t" },
		"both its file and its key's file":           func(c *Config) { c.URL, c.Cert = "nats://x", "c" },
		"a NATS password file without a user":        func(c *Config) { c.URL, c.PasswordFile = "nats://x", "p" },
	} {
		cfg := local(t)
		change(&cfg)
		if _, err := Open(t.Context(), cfg, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// Two services share a NATS server under different names.
func TestNamespacesAreApart(t *testing.T) {
	cfg := local(t)
	one := open(t, cfg)
	ext := Config{URL: one.Address(), Namespace: "staging"}
	two := open(t, ext)
	appendAll(t, one, revision("a", 1))
	appendAll(t, two, revision("a", 1), revision("a", 2))
	if a, b := len(logged(t, one)), len(logged(t, two)); a != 1 || b != 2 {
		t.Errorf("%d and %d revisions, want 1 and 2", a, b)
	}
}

// What the owner of a stream has set stays, what the contract needs is repaired.
func TestExistingLogIsKept(t *testing.T) {
	cfg := local(t)
	b := open(t, cfg)
	appendAll(t, b, revision("a", 1))
	have := b.stream.CachedInfo().Config
	have.MaxBytes, have.Description, have.RePublish, have.AllowDirect = 1<<30, "ours", nil, true
	if _, err := b.js.UpdateStream(t.Context(), have); err != nil {
		t.Fatal(err)
	}
	b.Close()
	b = open(t, cfg)
	got := b.stream.CachedInfo().Config
	if got.MaxBytes != 1<<30 || got.Description != "ours" || got.RePublish == nil || got.AllowDirect {
		t.Errorf("stream %+v", got)
	}
	if diff := len(logged(t, b)); diff != 1 {
		t.Errorf("%d revisions left", diff)
	}
}
