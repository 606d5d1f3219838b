package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"culprit/api"
	"culprit/internal/bus"
	"culprit/internal/engine"
	"culprit/internal/notify"
	"culprit/internal/source"
)

// Config is everything that the service can be told: the YAML file, as overruled by
// the environment and the flags.
type Config struct {
	Systems `yaml:",inline"`
	// Engine says how traces are judged.
	Engine engine.Config `yaml:"engine"`
	// NATS says where incidents are kept and published.
	NATS bus.Config `yaml:"nats"`
	// REST says where and within which limits questions are answered.
	REST api.Config `yaml:"rest"`
	// Kept bounds the incidents that REST can tell about.
	Kept api.ProjectionConfig `yaml:"kept"`
	// Alerts says who is told of incidents.
	Alerts notify.Config `yaml:"alerts"`
	// Record is a directory to which everything that is fetched is also written, so that it
	// can be replayed. Empty: nothing is written.
	Record string `yaml:"record"`
	// Heartbeat is how often the service says on NATS that it is alive.
	Heartbeat time.Duration `yaml:"heartbeat"`
	// Heal is how often open incidents are compared with the incident log.
	Heal time.Duration `yaml:"heal"`
	// Snapshot is the least time between two snapshots of what is normal, on the wall
	// clock. A window that changed an incident is always followed by one.
	Snapshot time.Duration `yaml:"snapshot"`
	// Patience is how long, on the wall clock, a source waits for slower ones before their
	// windows are judged without them.
	Patience time.Duration `yaml:"patience"`
	// Grace is how long the last window may take to be published when the service stops.
	Grace time.Duration `yaml:"grace"`
}

// maxSpans is how many spans wait for their windows at most, unless told otherwise. A span
// takes 64 bytes, and with its attributes, its place in the table of traces and the garbage
// collector's headroom about 300: 2.5 million fit into 1 GiB with room for the rest.
const maxSpans = 2_500_000

// DefaultConfig returns the configuration of a service that is told nothing but where its
// Jaeger is.
func DefaultConfig() Config {
	e := engine.DefaultConfig()
	e.Shards = runtime.GOMAXPROCS(0)
	e.MaxSpans = maxSpans
	return Config{
		Engine:    e,
		NATS:      bus.DefaultConfig(),
		REST:      api.DefaultConfig(),
		Kept:      api.DefaultProjectionConfig(),
		Alerts:    notify.DefaultConfig(),
		Heartbeat: time.Minute,
		Heal:      time.Minute,
		Snapshot:  10 * time.Second,
		Patience:  time.Minute,
		Grace:     10 * time.Second,
	}
}

// Load reads a YAML file over c. A key that does not exist is refused with its name,
// line and column; what the file does not mention stays as it is.
func (c *Config) Load(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if err := c.parse(b); err != nil {
		return fmt.Errorf("configuration %s: %w", path, err)
	}
	return nil
}

// notText is what the YAML reader says of a mapping where a text belongs.
var notText = regexp.MustCompile(`^cannot unmarshal map\[.* of type string$`)

func (c *Config) parse(b []byte) error {
	if len(strings.TrimSpace(string(b))) == 0 {
		return nil
	}
	err := yaml.UnmarshalContext(context.Background(), b, c, yaml.Strict())
	if err == nil {
		return nil
	}
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		pos := at.GetToken().Position
		said := at.GetMessage()
		if notText.MatchString(said) { // the reader takes 127.0.0.1:6831 within braces for a key and its value
			said = `want a text, found a key with a value: within [] and {} what holds a colon has to be quoted, as in ["127.0.0.1:6831"]`
		}
		return fmt.Errorf("line %d, column %d: %s", pos.Line, pos.Column, said)
	}
	return err
}

// Print returns the configuration as YAML that Load reads. Passwords within URLs are
// replaced; all other secrets are files or environment variables, of which only the
// names are known.
func (c Config) Print() ([]byte, error) {
	c.NATS.URL = redactAll(c.NATS.URL)
	c.Alerts = c.Alerts.Shown()
	b, err := yaml.MarshalWithOptions(c, yaml.Indent(2), yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return b, nil
}

func redactAll(urls string) string {
	parts := strings.Split(urls, ",")
	for i, u := range parts {
		parts[i] = source.Redact(u)
	}
	return strings.Join(parts, ",")
}

// check refuses what the parts would not notice.
func (c *Config) check() error {
	switch {
	case c.Engine.Shards < 1 || c.Engine.Shards > 1024:
		return fmt.Errorf("%d shards: want 1 to 1024", c.Engine.Shards)
	case c.Engine.Window < time.Second || c.Engine.Window > time.Hour:
		return fmt.Errorf("window of %v: want 1s to 1h", c.Engine.Window)
	}
	return nil
}
