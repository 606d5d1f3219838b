package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go"
)

// dial connects to the server in this process, or to the external one, for which
// it waits cfg.ConnectWait. The connection looks for its server until it is closed.
func dial(ctx context.Context, cfg Config, e *embedded, log *slog.Logger, closed func()) (*nats.Conn, error) {
	opts := []nats.Option{
		nats.Name(cfg.Namespace),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, 500*time.Millisecond),
		// A publish while the server is away fails at once and is tried again by
		// whoever asked for it, instead of leaving late and unasked.
		nats.ReconnectBufSize(-1),
		// A renewed credentials file is noticed only by a client that keeps trying.
		nats.IgnoreAuthErrorAbort(),
		nats.PingInterval(20 * time.Second),
		nats.DrainTimeout(drainWait),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("connection to NATS lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) { log.Info("connected to NATS again", "server", nc.ConnectedUrlRedacted()) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("NATS", "error", err) }),
		nats.ClosedHandler(func(*nats.Conn) { closed() }),
	}
	if e != nil {
		return nats.Connect("", append(opts, nats.InProcessServer(e.srv))...)
	}
	access, err := accessOptions(cfg)
	if err != nil {
		return nil, err
	}
	opts = append(opts, access...)
	connect := func() (*nats.Conn, error) {
		nc, err := nats.Connect(cfg.URL, opts...)
		if err != nil && !worthWaiting(err) {
			return nil, backoff.Permanent(err)
		}
		return nc, err
	}
	nc, err := backoff.Retry(ctx, connect, backoff.WithBackOff(patience()),
		backoff.WithMaxElapsedTime(max(cfg.ConnectWait, time.Nanosecond)),
		backoff.WithNotify(func(err error, d time.Duration) {
			log.Warn("NATS does not answer, trying again", "url", redact(cfg.URL), "error", err, "in", d.Round(time.Millisecond))
		}))
	if err != nil {
		return nil, fmt.Errorf("connecting to NATS at %s: %w", redact(cfg.URL), err)
	}
	return nc, nil
}

// worthWaiting tells a server that is not there yet from one that refuses us.
func worthWaiting(err error) bool {
	for _, refusal := range []error{nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, nats.ErrAccountAuthExpired,
		nats.ErrSecureConnRequired, nats.ErrSecureConnWanted, nats.ErrInvalidConnection} {
		if errors.Is(err, refusal) {
			return false
		}
	}
	return !strings.Contains(err.Error(), "x509:") && !strings.Contains(err.Error(), "parse ")
}

func accessOptions(cfg Config) ([]nats.Option, error) {
	var opts []nats.Option
	if cfg.CA != "" {
		opts = append(opts, nats.RootCAs(cfg.CA))
	}
	if cfg.Cert != "" {
		opts = append(opts, nats.ClientCert(cfg.Cert, cfg.Key))
	}
	if cfg.Credentials != "" {
		opts = append(opts, nats.UserCredentials(cfg.Credentials))
	}
	if cfg.TokenFile != "" {
		token, err := secret(cfg.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("NATS token: %w", err)
		}
		opts = append(opts, nats.Token(token))
	}
	if cfg.User != "" {
		var password string
		if cfg.PasswordFile != "" {
			var err error
			if password, err = secret(cfg.PasswordFile); err != nil {
				return nil, fmt.Errorf("NATS password: %w", err)
			}
		}
		opts = append(opts, nats.UserInfo(cfg.User, password))
	}
	return opts, nil
}

func secret(path string) (string, error) {
	b, err := os.ReadFile(path)
	return strings.TrimSpace(string(b)), err
}

// redact hides passwords and tokens in a list of URLs.
func redact(urls string) string {
	list := strings.Split(urls, ",")
	for i, s := range list {
		s = strings.TrimSpace(s)
		u, err := url.Parse(s)
		switch {
		case err != nil || u.Host == "" && strings.Contains(s, "@"):
			s = s[strings.LastIndex(s, "@")+1:]
		case u.User != nil:
			u.User = url.User("xxxxx")
			s = u.String()
		}
		list[i] = s
	}
	return strings.Join(list, ",")
}

// patience is the waiting between tries: soon at first, every few seconds later.
func patience() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = 50 * time.Millisecond
	b.MaxInterval = 3 * time.Second
	return b
}
