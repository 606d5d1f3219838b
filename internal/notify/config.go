package notify

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"culprit/model"
)

// Config says who is told of incidents.
type Config struct {
	// URL is where people reach culprit's page; links in alerts begin with it. Empty: the
	// address of REST.
	URL string `yaml:"url"`
	// Targets are the receivers. Without any nobody is told.
	Targets []Target `yaml:"targets"`
	// Routes say which incident goes where. Without any, all go to all targets.
	Routes []Route `yaml:"routes"`
	// GiveUp is how long, on the wall clock, a revision is offered to a receiver that does
	// not answer. After it the revision is a dead letter.
	GiveUp time.Duration `yaml:"give_up"`
	// Timeout bounds one request.
	Timeout time.Duration `yaml:"timeout"`
}

// The types of a target.
const (
	TypeAlertmanager = "alertmanager"
	TypeWebhook      = "webhook"
	TypeSlack        = "slack"
	TypeTeams        = "teams"
)

// Target is a receiver.
type Target struct {
	// Name tells targets apart. The place in the log goes with it.
	Name string `yaml:"name"`
	// Type is alertmanager, webhook, slack or teams.
	Type string `yaml:"type"`
	// URLs of the receiver: an Alertmanager's base URL, of each peer, or where a webhook is
	// posted to. The URL of a chat is a secret and comes from URLFile or URLEnv.
	URLs []string `yaml:"urls"`
	// URLFile is a file that holds the URL, URLEnv a variable of the environment that does.
	URLFile string `yaml:"url_file"`
	URLEnv  string `yaml:"url_env"`
	// SecretFile holds the key that webhooks are signed with; SecretEnv names a variable.
	SecretFile string `yaml:"secret_file"`
	SecretEnv  string `yaml:"secret_env"`
	// TokenFile holds a bearer token for the receiver; TokenEnv names a variable.
	TokenFile string `yaml:"token_file"`
	TokenEnv  string `yaml:"token_env"`
	// CA is a PEM file with the authorities to trust; empty trusts the system's.
	CA string `yaml:"ca"`
	// Events are those that are told: opened, updated, resolved, reopened, expired. None: all.
	Events []string `yaml:"events"`
	// Title and Text are templates (text/template) over a [View]; empty ones are ours.
	// An Alertmanager gets them as the annotations summary and description.
	Title string `yaml:"title"`
	Text  string `yaml:"text"`
	// Labels are added to every alert of an Alertmanager.
	Labels map[string]string `yaml:"labels"`
	// Resend is how often an Alertmanager is told that an alert still fires. It must be
	// shorter than resolve_timeout there.
	Resend time.Duration `yaml:"resend"`
	// Hold is how long an alert fires at least in an Alertmanager, so that an incident that
	// was over before the Alertmanager could be reached is told all the same. It must be
	// longer than group_wait there.
	Hold time.Duration `yaml:"hold"`
}

// Route sends incidents to targets. Empty lists match everything. An incident goes where
// any of its revisions so far went: whoever was told that it began is told that it ended.
type Route struct {
	Services   []string `yaml:"services"`   // of the first suspect; * matches any end
	Severities []string `yaml:"severities"` // the highest so far
	To         []string `yaml:"to"`         // names of targets
}

// Defaults. Prometheus, too, repeats its alerts every minute; an Alertmanager forgets them
// after five, and waits half a minute for a group to fill.
const (
	defaultGiveUp  = 24 * time.Hour
	defaultTimeout = 10 * time.Second
	defaultResend  = time.Minute
	defaultHold    = time.Minute
)

// DefaultConfig tells nobody.
func DefaultConfig() Config {
	return Config{Targets: []Target{}, Routes: []Route{}, GiveUp: defaultGiveUp, Timeout: defaultTimeout}
}

// Shown is the configuration without what may be secret: URLs of chats that stand where
// they should not, and passwords in URLs.
func (c Config) Shown() Config {
	c.Targets = append([]Target{}, c.Targets...)
	for i := range c.Targets {
		t := &c.Targets[i]
		t.URLs = slices.Clone(t.URLs)
		for k, text := range t.URLs {
			u, err := url.Parse(text)
			if err != nil || u.User != nil || t.Type == TypeSlack || t.Type == TypeTeams {
				t.URLs[k] = "xxxxx"
			}
		}
	}
	return c
}

var (
	nameSyntax  = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)
	labelSyntax = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	events      = []string{model.EventOpened, model.EventUpdated, model.EventResolved, model.EventReopened, model.EventExpired}
	severities  = []string{model.SeverityCritical, model.SeverityMajor, model.SeverityMinor}
)

// complete fills in the defaults and refuses what cannot be meant.
func (c Config) complete() (Config, error) {
	if c.GiveUp == 0 {
		c.GiveUp = defaultGiveUp
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.GiveUp < 0 || c.Timeout < 0 {
		return c, errors.New("alerts: give_up and timeout must not be negative")
	}
	if c.URL != "" {
		if _, err := webURL(c.URL); err != nil {
			return c, fmt.Errorf("alerts: url: %w", err)
		}
	}
	c.Targets = slices.Clone(c.Targets)
	var names []string
	for i := range c.Targets {
		t := &c.Targets[i]
		if !nameSyntax.MatchString(t.Name) {
			return c, fmt.Errorf("alerts: target %d has the name %q: want lower-case letters, digits, - and _", i+1, t.Name)
		}
		if slices.Contains(names, t.Name) {
			return c, fmt.Errorf("alerts: two targets are called %s", t.Name)
		}
		names = append(names, t.Name)
		if err := t.complete(); err != nil {
			return c, fmt.Errorf("alerts: target %s: %w", t.Name, err)
		}
	}
	for i, r := range c.Routes {
		if len(r.To) == 0 {
			return c, fmt.Errorf("alerts: route %d leads nowhere: name targets in to", i+1)
		}
		if err := among("target", r.To, names); err != nil {
			return c, fmt.Errorf("alerts: route %d: %w", i+1, err)
		}
		if err := among("severity", r.Severities, severities); err != nil {
			return c, fmt.Errorf("alerts: route %d: %w", i+1, err)
		}
	}
	return c, nil
}

func among(what string, given, known []string) error {
	for _, g := range given {
		if !slices.Contains(known, g) {
			return fmt.Errorf("no %s %q: want one of %s", what, g, strings.Join(known, ", "))
		}
	}
	return nil
}

func (t *Target) complete() error {
	if err := among("type", []string{t.Type}, []string{TypeAlertmanager, TypeWebhook, TypeSlack, TypeTeams}); err != nil {
		return err
	}
	chat := t.Type == TypeSlack || t.Type == TypeTeams
	ways := 0
	for _, set := range []bool{len(t.URLs) > 0, t.URLFile != "", t.URLEnv != ""} {
		if set {
			ways++
		}
	}
	switch {
	case chat && len(t.URLs) > 0:
		return errors.New("the URL of a chat is a secret: put it into a file and name that in url_file, or into the environment and name the variable in url_env")
	case ways != 1:
		return errors.New("say where it is: urls, url_file or url_env, one of them")
	case t.Type != TypeAlertmanager && len(t.URLs) > 1:
		return errors.New("several urls are the peers of an alertmanager; make a target of each")
	case t.Type != TypeWebhook && (t.SecretFile != "" || t.SecretEnv != ""):
		return errors.New("only webhooks are signed: secret_file and secret_env belong to the type webhook")
	case t.Type != TypeAlertmanager && (len(t.Labels) > 0 || t.Resend != 0 || t.Hold != 0):
		return errors.New("labels, resend and hold belong to the type alertmanager")
	case t.Type == TypeWebhook && (t.Title != "" || t.Text != ""):
		return errors.New("a webhook gets the incident as it is: title and text belong to the other types")
	case t.SecretFile != "" && t.SecretEnv != "" || t.TokenFile != "" && t.TokenEnv != "":
		return errors.New("a secret comes from a file or from the environment, not from both")
	case t.Resend < 0 || t.Hold < 0:
		return errors.New("resend and hold must not be negative")
	}
	if t.Resend == 0 {
		t.Resend = defaultResend
	}
	if t.Hold == 0 {
		t.Hold = defaultHold
	}
	for name := range t.Labels {
		if !labelSyntax.MatchString(name) {
			return fmt.Errorf("%q is no name of a label", name)
		}
	}
	return among("event", t.Events, events)
}

// webURL reads the URL of a receiver. Its error does not repeat the URL: it may be a secret.
func webURL(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	switch {
	case err != nil:
		return nil, errors.New("not a URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, errors.New("want http://HOST or https://HOST")
	case u.User != nil:
		return nil, errors.New("a password in a URL would be printed: use token_file or token_env")
	}
	return u, nil
}

// secret is a text that comes from a file or the environment, read when it is needed.
type secret struct{ file, env string }

func (s secret) set() bool { return s.file != "" || s.env != "" }

func (s secret) read() (string, error) {
	if s.env != "" {
		v := strings.TrimSpace(os.Getenv(s.env))
		if v == "" {
			return "", fmt.Errorf("the variable %s of the environment is empty", s.env)
		}
		return v, nil
	}
	b, err := os.ReadFile(s.file)
	if err != nil {
		return "", err
	}
	v := strings.TrimSpace(string(b))
	if v == "" {
		return "", fmt.Errorf("the file %s is empty", s.file)
	}
	return v, nil
}
