package osprofiler

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	format "culprit/internal/format/osprofiler"
	"culprit/internal/source"
)

// Name spaces of osprofiler's keys.
const (
	listPrefix   = "osprofiler_opt:" // + base_id
	singlePrefix = "osprofiler:"     // + base_id_trace_id_timestamp, until osprofiler 3.0
)

// scanCount is how many keys one step of a scan looks at.
const scanCount = 1000

// redisStore is a Redis that osprofiler writes to.
type redisStore struct {
	db  *redis.Client
	cfg *Config
	// known is when the traces in lists began, ns, and in which scan they were last seen.
	known map[string]heard
	scan  int
	// singles are the keys of traces that are kept one notification a key, of the stretch
	// that was looked for last.
	singles map[string][]string
}

type heard struct {
	start int64
	scan  int
}

func openRedis(c *Config, u *url.URL) (store, error) {
	user, password, err := c.login(u)
	if err != nil {
		return nil, err
	}
	link := *u
	link.User = nil
	if link.Scheme == "redissentinel" {
		link.Scheme = "redis"
	}
	o, err := redis.ParseURL(link.String())
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if o.TLSConfig != nil {
		server := o.TLSConfig.ServerName
		if o.TLSConfig, err = c.TLS.Config(); err != nil {
			return nil, err
		}
		if o.TLSConfig.ServerName == "" {
			o.TLSConfig.ServerName = server
		}
	}
	s := &redisStore{cfg: c, known: map[string]heard{}}
	if u.Scheme == "redissentinel" {
		s.db = redis.NewFailoverClient(&redis.FailoverOptions{
			MasterName: c.SentinelService, SentinelAddrs: []string{o.Addr}, DB: o.DB,
			Username: user, Password: password, MaxRetries: -1, ReadTimeout: c.Timeout, ContextTimeoutEnabled: true, ReplicaOnly: false,
		})
		return s, nil
	}
	o.Username, o.Password = user, password
	o.MaxRetries, o.ReadTimeout, o.ContextTimeoutEnabled = -1, c.Timeout, true // trying again is the poller's
	s.db = redis.NewClient(o)
	return s, nil
}

func (s *redisStore) close() { _ = s.db.Close() }

// began looks through all keys.
func (s *redisStore) began(ctx context.Context, w source.Window) ([]string, error) {
	s.scan++
	from, to := w.From.UnixNano(), w.To.UnixNano()
	found := map[string]bool{} // SCAN may give a key twice
	singles := singleKeys{from: from, to: to, of: map[string]*single{}}
	var fresh []string
	for cursor := uint64(0); ; {
		keys, next, err := s.db.Scan(ctx, cursor, "osprofiler*", scanCount).Result()
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			if base, ok := strings.CutPrefix(key, listPrefix); ok {
				if h, ok := s.known[base]; ok {
					s.known[base] = heard{h.start, s.scan}
					if from <= h.start && h.start < to {
						found[base] = true
					}
				} else {
					fresh = append(fresh, base)
				}
			} else if rest, ok := strings.CutPrefix(key, singlePrefix); ok {
				singles.add(key, rest)
			}
		}
		if len(fresh) >= scanCount || next == 0 {
			if err := s.meet(ctx, fresh, func(base string, start int64) {
				if from <= start && start < to {
					found[base] = true
				}
			}); err != nil {
				return nil, err
			}
			fresh = fresh[:0]
		}
		if cursor = next; cursor == 0 {
			break
		}
	}
	for base, h := range s.known {
		if h.scan != s.scan {
			delete(s.known, base) // it was deleted
		}
	}
	s.singles = singles.begun()
	for base := range s.singles {
		found[base] = true
	}
	bases := make([]string, 0, len(found))
	for base := range found {
		bases = append(bases, base)
	}
	slices.Sort(bases)
	return bases, nil
}

// meet asks for the oldest notifications of lists, and remembers when they began.
func (s *redisStore) meet(ctx context.Context, bases []string, told func(base string, start int64)) error {
	if len(bases) == 0 {
		return nil
	}
	pipe := s.db.Pipeline()
	oldest := make([]*redis.StringCmd, len(bases))
	for i, base := range bases {
		oldest[i] = pipe.LIndex(ctx, listPrefix+base, -1)
	}
	if _, err := pipe.Exec(ctx); err != nil && !harmless(err) {
		return err
	}
	for i, base := range bases {
		raw, err := oldest[i].Bytes()
		switch {
		case harmless(err):
			continue // gone meanwhile, or no list
		case err != nil:
			return err
		}
		var start int64
		if n, err := format.Parse(raw); err == nil {
			start = n.At.UnixNano()
		} else {
			continue // whoever wrote it may still make it good
		}
		if len(s.known) < s.cfg.MaxKeys {
			s.known[base] = heard{start, s.scan}
		}
		told(base, start)
	}
	return nil
}

// harmless reports whether an error is about one key only: it is gone, or of another type.
func harmless(err error) bool {
	return errors.Is(err, redis.Nil) || redis.HasErrorPrefix(err, "WRONGTYPE")
}

// notifications reads lists, and the single keys that the last look found.
func (s *redisStore) notifications(ctx context.Context, bases []string, take func([]byte), cut func(string)) error {
	most := int64(s.cfg.MaxTraceNotifications)
	for _, base := range bases {
		if keys := s.singles[base]; len(keys) > 0 {
			if int64(len(keys)) > most {
				keys = keys[:most]
				cut(base)
			}
			if err := s.get(ctx, keys, take); err != nil {
				return err
			}
		}
		key := listPrefix + base
		list, err := s.db.LRange(ctx, key, -most, -1).Result()
		if err != nil && !harmless(err) {
			return err
		}
		if int64(len(list)) == most {
			n, err := s.db.LLen(ctx, key).Result()
			if err != nil {
				return err
			}
			if n > most {
				cut(base)
			}
		}
		for _, raw := range list {
			take([]byte(raw))
		}
	}
	return nil
}

// get reads keys of one notification each.
func (s *redisStore) get(ctx context.Context, keys []string, take func([]byte)) error {
	for part := range slices.Chunk(keys, scanCount) {
		values, err := s.db.MGet(ctx, part...).Result()
		if err != nil {
			return err
		}
		for _, v := range values {
			if raw, ok := v.(string); ok { // else it is gone meanwhile
				take([]byte(raw))
			}
		}
	}
	return nil
}

// singleKeys collects the keys that hold one notification each, of the traces that began
// in a stretch.
type singleKeys struct {
	from, to int64
	of       map[string]*single
}

// single is a trace of such keys. One that began before the stretch keeps none.
type single struct {
	start int64
	keys  []string
}

// add takes a key, whose rest behind the prefix is base_id_trace_id_timestamp.
func (k *singleKeys) add(key, rest string) {
	base, more, ok := strings.Cut(rest, "_")
	at := strings.LastIndexByte(more, '_')
	if !ok || at < 0 {
		return
	}
	stamp, err := time.Parse("2006-01-02T15:04:05", more[at+1:])
	if err != nil {
		return
	}
	start := stamp.UnixNano()
	if start >= k.to+int64(24*time.Hour) {
		return // of a later stretch
	}
	t := k.of[base]
	if t == nil {
		t = &single{start: start}
		k.of[base] = t
	}
	if t.start = min(t.start, start); t.start < k.from {
		t.keys = nil
		return
	}
	t.keys = append(t.keys, key)
}

// begun are the keys of the traces that began in the stretch, oldest first.
func (k *singleKeys) begun() map[string][]string {
	out := map[string][]string{}
	for base, t := range k.of {
		if k.from <= t.start && t.start < k.to {
			slices.Sort(t.keys) // SCAN may give a key twice
			out[base] = slices.Compact(t.keys)
		}
	}
	return out
}
