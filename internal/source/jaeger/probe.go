package jaeger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"culprit/internal/source"
)

// probeTimeout bounds one question while protocols are tried: a firewall that drops
// packets should not cost the full timeout for each of them.
const probeTimeout = 5 * time.Second

// speaker is the client that was chosen and how it is named.
type speaker struct {
	client
	protocol string // for Status
	at       place
}

// order is in which order protocols are tried: the fullest and cheapest first. The
// old JSON search is gone from servers after v2.20.0, so it comes last.
var order = []struct {
	name string
	grpc bool
	open func(*Config, place) (client, error)
}{
	{ProtocolGRPCv3, true, func(c *Config, p place) (client, error) {
		conn, err := dial(c, p)
		return &grpcV3{conn}, err
	}},
	{ProtocolHTTPv3, false, func(c *Config, p place) (client, error) {
		w, err := newWeb(c, p)
		return &httpV3{w}, err
	}},
	{ProtocolGRPCv2, true, func(c *Config, p place) (client, error) {
		conn, err := dial(c, p)
		return newGRPCv2(conn), err
	}},
	{ProtocolJSON, false, func(c *Config, p place) (client, error) {
		w, err := newWeb(c, p)
		return &httpJSON{w}, err
	}},
}

// connect finds the first protocol that answers a list of services and a search. The one to
// avoid is not tried unless it is the only one that is allowed.
func connect(ctx context.Context, cfg *Config, places []place, avoid string) (*speaker, error) {
	var refusals []string
	dead := map[place]bool{}
	var auth error
	for _, try := range order {
		if cfg.Protocol != "" && cfg.Protocol != try.name || cfg.Protocol == "" && try.name == avoid {
			continue
		}
		for _, p := range places {
			if p.grpc != try.grpc || dead[p] {
				continue
			}
			c, err := try.open(cfg, p)
			if err != nil {
				return nil, fmt.Errorf("jaeger at %s: %w", p, err)
			}
			err = ask(ctx, cfg, c)
			if err == nil {
				return &speaker{c, protocolNames[try.name], p}, nil
			}
			c.close()
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if errors.Is(err, errUnreachable) || errors.Is(err, errSlow) {
				dead[p] = true
			}
			if errors.Is(err, errAuth) {
				auth = errAuth
			}
			refusals = append(refusals, fmt.Sprintf("%s at %s: %v", strings.TrimPrefix(protocolNames[try.name], "jaeger "), p, err))
		}
	}
	if len(refusals) == 0 {
		return nil, fmt.Errorf("jaeger: no endpoint fits protocol %q", cfg.Protocol)
	}
	err := fmt.Errorf("no protocol of Jaeger answers: %s", strings.Join(slices.Compact(refusals), "; "))
	if auth != nil {
		return nil, errors.Join(auth, err)
	}
	return nil, err
}

// ask tries both calls that the fetcher lives on.
func ask(ctx context.Context, cfg *Config, c client) error {
	ctx, cancel := context.WithTimeout(ctx, min(cfg.Timeout, probeTimeout))
	defer cancel()
	names, err := c.services(ctx)
	if err != nil {
		return err
	}
	name := "culprit"
	if len(names) > 0 {
		name = slices.Min(names)
	}
	now := cfg.Now()
	large := make(chan struct{}, 1)
	large <- struct{}{}
	room := &room{max: cfg.MaxResponseBytes, large: large, wait: ctx}
	_, err = c.find(ctx, query{name, source.Window{From: now.Add(-time.Second), To: now}, 1}, room)
	if errors.Is(err, errTooLarge) {
		return nil // it answers; the size is the reader's business
	}
	return err
}
