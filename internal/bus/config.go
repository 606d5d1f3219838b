package bus

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Config says which NATS to use. With an empty URL a server runs inside this
// process; what the other kind of server needs is then ignored.
type Config struct {
	// Namespace begins every subject and, in upper case, the name of every stream:
	// two services can share one NATS account. Other programs expect "culprit".
	Namespace string `yaml:"namespace"`
	// Source is the CloudEvents source of every event, a URI reference.
	Source string `yaml:"source"`

	// StoreDir is where the embedded server keeps its files. One process uses it at a time.
	StoreDir string `yaml:"store_dir"`
	// Listen is the host:port on which the embedded server takes other programs'
	// connections. Port 0 takes a free one; empty listens nowhere.
	Listen string `yaml:"listen"`
	// SyncEvery is how long the embedded server may keep an acknowledged write from
	// the disk. 0 syncs each write before it is acknowledged.
	SyncEvery time.Duration `yaml:"sync_every"`

	// URL of an external NATS with JetStream, or several of one cluster with commas between.
	URL string `yaml:"url"`
	// CA is a PEM file with the authorities to trust; empty trusts the system's.
	CA string `yaml:"ca"`
	// Cert and Key are PEM files with the client's certificate.
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
	// Credentials is a NATS credentials file (JWT and seed).
	Credentials string `yaml:"credentials"`
	// TokenFile holds an authentication token.
	TokenFile string `yaml:"token_file"`
	// User and PasswordFile log in by name.
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	// Replicas of each stream. 0 creates with one and keeps what is there.
	Replicas int `yaml:"replicas"`
	// ConnectWait is how long Open waits for an external server that does not answer.
	ConnectWait time.Duration `yaml:"connect_wait"`

	// KeepFor is how long an event stays in the incident log. 0 creates a log that
	// keeps everything, and leaves the age limit of an existing one alone.
	KeepFor time.Duration `yaml:"keep_for"`
	// LeaseTTL is how long a leader that died without a word blocks a standby. 0 is the default.
	LeaseTTL time.Duration `yaml:"lease_ttl"`
}

// DefaultConfig is an embedded server on the port that NATS clients try first.
func DefaultConfig() Config {
	return Config{
		Namespace:   "culprit",
		Source:      "/culprit",
		StoreDir:    "culprit-data",
		Listen:      "127.0.0.1:4222",
		ConnectWait: 30 * time.Second,
		LeaseTTL:    defaultLeaseTTL,
	}
}

// The default lease outlives the election of a new stream leader in a cluster of
// three, which took 6 s. Leases shorter than minLeaseTTL would be lost to a slow
// disk: renewing one is a write, and a sync can take half a second under load.
const (
	defaultLeaseTTL = 15 * time.Second
	minLeaseTTL     = time.Second
)

var namespaceSyntax = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

func (c *Config) check() error {
	if c.Namespace == "" {
		c.Namespace = "culprit"
	}
	if c.Source == "" {
		c.Source = "/" + c.Namespace
	}
	if c.LeaseTTL == 0 {
		c.LeaseTTL = defaultLeaseTTL
	}
	switch {
	case !namespaceSyntax.MatchString(c.Namespace):
		return fmt.Errorf("namespace %q: want lower-case letters, digits, - and _", c.Namespace)
	case c.LeaseTTL < minLeaseTTL:
		return fmt.Errorf("lease of %v is too short: want at least %v", c.LeaseTTL, minLeaseTTL)
	case c.KeepFor != 0 && c.KeepFor < time.Hour:
		return fmt.Errorf("events kept for %v: want at least an hour, or 0 for no limit", c.KeepFor)
	case c.Replicas < 0 || c.Replicas > 5:
		return fmt.Errorf("%d replicas: want 1 to 5, or 0 to keep what is there", c.Replicas)
	case c.SyncEvery < 0:
		return fmt.Errorf("sync every %v: want 0 (each write) or more", c.SyncEvery)
	}
	if c.URL == "" {
		if c.StoreDir == "" {
			return errors.New("the embedded NATS server needs a directory for its store")
		}
		_, _, err := splitListen(c.Listen)
		return err
	}
	ways := 0
	for _, set := range []bool{c.Credentials != "", c.TokenFile != "", c.User != ""} {
		if set {
			ways++
		}
	}
	switch {
	case ways > 1:
		return errors.New("more than one way to log in to NATS: give a credentials file, a token file or a user")
	case (c.Cert == "") != (c.Key == ""):
		return errors.New("the NATS client certificate needs both its file and its key's file")
	case c.PasswordFile != "" && c.User == "":
		return errors.New("a NATS password file without a user")
	}
	return nil
}

// splitListen reads host:port. An empty address gives an empty host.
func splitListen(addr string) (host string, port int, err error) {
	if addr == "" {
		return "", 0, nil
	}
	host, p, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, fmt.Errorf("NATS listen address %q: want host:port", addr)
	}
	if port, err = strconv.Atoi(p); err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("NATS listen address %q: %q is not a port", addr, p)
	}
	if host == "" {
		return "", 0, fmt.Errorf("NATS listen address %q: name the host; 0.0.0.0 is every interface", addr)
	}
	return host, port, nil
}

// names are the streams, buckets and subjects of a namespace.
type names struct {
	logStream string
	logPrefix string // subjects of the log: prefix.<event>.<service>.<id>
	outPrefix string // what plain subscribers read
	heartbeat string
	state     string // KV: the snapshot pointer
	snapshots string // object store
	lease     string // KV with a TTL

	notes, notePrefix     string // what people say: prefix.<kind>.<id>
	changes, changePrefix string
	letters               string // KV: what receivers of alerts did not take
}

func (c *Config) names() names {
	ns, up := c.Namespace, strings.ToUpper(c.Namespace)
	return names{
		logStream: up + "_INCIDENTS",
		logPrefix: ns + ".log",
		outPrefix: ns + ".incidents",
		heartbeat: ns + ".heartbeat",
		state:     up + "_STATE",
		snapshots: up + "_SNAPSHOTS",
		lease:     up + "_LEASE",

		notes: up + "_NOTES", notePrefix: ns + ".notes",
		changes: up + "_CHANGES", changePrefix: ns + ".changes",
		letters: up + "_DEAD_LETTERS",
	}
}
