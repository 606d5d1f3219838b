package receive

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"sync"
	"time"

	"culprit/internal/source"
)

func (c *Config) token() (string, error) {
	return source.Secret("bearer token of senders", c.TokenFile, c.TokenEnv)
}

// bearer checks tokens against a secret that may change.
type bearer struct {
	read func() (string, error)
	now  func() time.Time

	mu   sync.Mutex
	at   time.Time
	want string
	err  error
}

// tokenAge is how old what was read of the secret may be.
const tokenAge = 5 * time.Second

// check is nil for an authorization header that holds the secret, and where there is none.
func (b *bearer) check(header string) error {
	want, err := b.current()
	if err != nil {
		return err
	}
	if want == "" {
		return nil
	}
	scheme, token, _ := strings.Cut(header, " ")
	have, must := sha256.Sum256([]byte(strings.TrimSpace(token))), sha256.Sum256([]byte(want))
	if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(have[:], must[:]) != 1 {
		return ErrToken
	}
	return nil
}

func (b *bearer) current() (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.now(); b.at.IsZero() || t.Sub(b.at) > tokenAge {
		b.at = t
		b.want, b.err = b.read()
	}
	return b.want, b.err
}
