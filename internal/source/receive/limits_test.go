package receive

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestTheWatermarkMakesUpForClocks(t *testing.T) {
	for _, c := range []struct {
		rule  string
		delay time.Duration // with which spans come, as the clocks have it
		want  time.Duration // how far the watermark is behind
	}{
		{"spans come at once", 0, 10 * time.Second},
		{"senders send in batches of five seconds", 5 * time.Second, 15 * time.Second},
		{"our clock is two minutes ahead of the senders'", 2 * time.Minute, 130 * time.Second},
		{"the senders' clocks are ahead of ours", -30 * time.Second, 10 * time.Second},
		{"what is sent is of yesterday", 24 * time.Hour, 10*time.Second + maxDelay},
	} {
		p := pace{settle: 10 * time.Second}
		at := noon
		for range 300 {
			at = at.Add(time.Second)
			p.saw(at, at.Add(-c.delay))
			p.saw(at, at.Add(-c.delay-time.Minute)) // somebody is always slow
			if got := at.Sub(p.reached(at)); got != c.want {
				t.Fatalf("%s: %v behind, want %v", c.rule, got, c.want)
			}
		}
		for range 2 * paceStretch / time.Second { // silence
			at = at.Add(time.Second)
			p.reached(at)
		}
		if got := at.Sub(p.reached(at)); got != 10*time.Second {
			t.Errorf("%s, and then nothing comes: %v behind", c.rule, got)
		}
	}
}

func TestTheWatermarkNeverGoesBack(t *testing.T) {
	p := pace{settle: time.Second}
	at := noon
	last := p.reached(at)
	for i := range 1000 {
		at = at.Add(time.Duration(i%7-2) * time.Second) // a clock that is set now and then
		p.saw(at, at.Add(-time.Duration(i%50)*time.Second))
		if m := p.reached(at); m.Before(last) {
			t.Fatalf("from %v to %v", last, m)
		} else {
			last = m
		}
	}
}

func TestTheRateIsBounded(t *testing.T) {
	b := bucket{rate: 100}
	at, taken := noon, 0
	for range 1000 { // a hundred seconds of messages of 37 spans, ten a second
		if b.take(at, 37) == 0 {
			taken += 37
		}
		at = at.Add(100 * time.Millisecond)
	}
	if taken > 10_200 || taken < 9_800 {
		t.Errorf("%d spans taken in 100 s at 100 a second", taken)
	}
	at = at.Add(time.Minute)
	if wait := b.take(at, 1000); wait != 0 {
		t.Errorf("a large message has to wait %v", wait)
	}
	if wait := b.take(at, 50); wait < 9*time.Second || wait > 10*time.Second {
		t.Errorf("what is owed is forgotten after %v", wait)
	}
}

func TestARotatedTokenIsPickedUp(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(s string) {
		if err := os.WriteFile(file, []byte(s+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("old")
	cfg := Config{TokenFile: file}
	now := noon
	b := bearer{read: cfg.token, now: func() time.Time { return now }}
	check := func(header string, want bool) {
		t.Helper()
		if err := b.check(header); (err == nil) != want {
			t.Errorf("%q: %v", header, err)
		}
	}
	check("Bearer old", true)
	check("bearer  old ", true)
	check("Bearer new", false)
	check("Basic old", false)
	check("", false)
	write("new")
	now = now.Add(tokenAge + time.Second)
	check("Bearer old", false)
	check("Bearer new", true)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	now = now.Add(tokenAge + time.Second)
	if err := b.check("Bearer new"); err == nil || !strings.Contains(err.Error(), "reading the bearer token") {
		t.Errorf("without its file: %v", err)
	}
}

func TestWhatCannotWorkIsRefused(t *testing.T) {
	for _, c := range []struct {
		rule   string
		change func(*Config)
		want   string
	}{
		{"settle", func(c *Config) { c.Settle = -1 }, "test: settle must be not negative"},
		{"a key without its certificate", func(c *Config) { c.TLS.KeyFile = "k.pem" }, "cert_file and key_file together"},
		{"a missing certificate", func(c *Config) { c.TLS = TLS{CertFile: "c.pem", KeyFile: "k.pem"} }, "c.pem"},
		{"a missing token", func(c *Config) { c.TokenFile = "t" }, "reading the bearer token of senders"},
		{"an unset variable", func(c *Config) { c.TokenEnv = "CULPRIT_NO_SUCH_TOKEN" }, "CULPRIT_NO_SUCH_TOKEN is not set"},
	} {
		cfg := DefaultConfig()
		c.change(&cfg)
		if _, err := New("test 127.0.0.1:1", "test", cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.rule, err, c.want)
		}
	}
}
