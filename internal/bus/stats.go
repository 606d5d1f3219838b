package bus

import (
	"context"
	"sync/atomic"
)

// Stats is how the bus is doing, for status and metrics.
type Stats struct {
	Embedded  bool   `json:"embedded"`
	Address   string `json:"address"` // where other programs connect, "" if nowhere
	Connected bool   `json:"connected"`
	Messages  uint64 `json:"messages"` // in the incident log
	Bytes     uint64 `json:"bytes"`    // of the incident log on disk
	LastSeq   uint64 `json:"last_sequence"`

	Appended   int64  `json:"appended"`        // since Open
	Retries    int64  `json:"retries"`         // tries of Append that the server did not take
	Unreadable int64  `json:"unreadable"`      // messages in the log that are no incidents
	Error      string `json:"error,omitempty"` // the last trouble, while it lasts
}

type counters struct {
	appended, retries, unreadable atomic.Int64
	last                          atomic.Pointer[string]
}

// trouble keeps the last error; nil says that it is over.
func (c *counters) trouble(err error) {
	if err == nil {
		c.last.Store(nil)
		return
	}
	s := err.Error()
	c.last.Store(&s)
}

// Stats asks the server how large the log is. When it does not answer, the rest is
// filled in all the same and Error says why.
func (b *Bus) Stats(ctx context.Context) Stats {
	s := Stats{
		Embedded:   b.server != nil,
		Address:    b.Address(),
		Connected:  b.nc.IsConnected(),
		Appended:   b.counts.appended.Load(),
		Retries:    b.counts.retries.Load(),
		Unreadable: b.counts.unreadable.Load(),
	}
	if e := b.counts.last.Load(); e != nil {
		s.Error = *e
	}
	ctx, cancel := b.under(ctx)
	defer cancel()
	ctx, stop := short(ctx)
	defer stop()
	info, err := b.logInfo(ctx)
	if err != nil {
		if s.Error == "" {
			s.Error = err.Error()
		}
		return s
	}
	s.Messages, s.Bytes, s.LastSeq = info.Msgs, info.Bytes, info.LastSeq
	return s
}

// Address is where other programs connect: the embedded server's listener ("" if it
// has none), or the external server in use.
func (b *Bus) Address() string {
	if b.server != nil {
		return b.server.address()
	}
	if u := b.nc.ConnectedUrlRedacted(); u != "" {
		return u
	}
	return redact(b.cfg.URL)
}
