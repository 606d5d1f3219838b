package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Heartbeat says that the service is alive and how far it has seen.
type Heartbeat struct {
	At            time.Time `json:"at"`        // wall clock
	Watermark     time.Time `json:"watermark"` // event time: all windows before it are judged
	Version       string    `json:"version"`
	Leader        bool      `json:"leader"` // false: a standby that does not write
	OpenIncidents int       `json:"open_incidents"`
}

// Beat publishes a heartbeat to whoever listens now. It is not kept. A server that
// is away is an error, and the next beat is the retry.
func (b *Bus) Beat(ctx context.Context, h Heartbeat) error {
	ctx, cancel := b.under(ctx)
	defer cancel()
	data, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	if err := b.nc.Publish(b.names.heartbeat, data); err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	ctx, stop := short(ctx)
	defer stop()
	if err := b.nc.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	return nil
}
