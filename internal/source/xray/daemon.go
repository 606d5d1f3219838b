package xray

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	format "culprit/internal/format/xray"
	"culprit/internal/source"
	"culprit/internal/source/receive"
	"culprit/model"
)

// DaemonConfig says where segments are received.
type DaemonConfig struct {
	// UDP is the address to listen on, HOST:PORT. Only this machine reaches 127.0.0.1;
	// 0.0.0.0 is every interface.
	UDP string `yaml:"udp"`

	receive.Config `yaml:",inline"`
}

// DefaultDaemonConfig listens where the daemon does, for this machine only.
func DefaultDaemonConfig() DaemonConfig {
	return DaemonConfig{UDP: "127.0.0.1:2000", Config: receive.DefaultConfig()}
}

// UnmarshalYAML reads an entry of the configuration over the defaults.
func (c *DaemonConfig) UnmarshalYAML(read func(any) error) error {
	type plain DaemonConfig
	*c = DefaultDaemonConfig()
	return read((*plain)(c))
}

var _ source.Source = (*Daemon)(nil)

// Daemon receives what SDKs send to the X-Ray daemon.
type Daemon struct {
	cfg   DaemonConfig
	inbox *receive.Inbox

	mu     sync.Mutex
	joiner *format.Joiner
	ready  ptrace.Traces // of the packet at hand
}

// NewDaemon checks the configuration; it does not listen yet.
func NewDaemon(cfg DaemonConfig) (*Daemon, error) {
	if err := receive.CheckAddress("udp", cfg.UDP); err != nil {
		return nil, errors.Join(errors.New("xray_daemon"), err)
	}
	inbox, err := receive.New("xray_daemon "+cfg.UDP, "X-Ray daemon's protocol over UDP", cfg.Config)
	if err != nil {
		return nil, err
	}
	d := &Daemon{cfg: cfg, inbox: inbox, ready: ptrace.NewTraces()}
	d.joiner = format.NewJoiner(func(td ptrace.Traces) error {
		td.ResourceSpans().MoveAndAppendTo(d.ready.ResourceSpans())
		return nil
	}, func(err error) {
		if !errors.Is(err, format.ErrInProgress) { // it comes again when it has ended
			d.inbox.Warn("bad-record", "", err.Error(), 1)
		}
	})
	return d, nil
}

// Run listens and delivers until ctx ends. What was before cannot be asked for.
func (d *Daemon) Run(ctx context.Context, _ time.Time, deliver source.Deliver) error {
	return d.inbox.Run(ctx, deliver, d.inbox.UDP(d.cfg.UDP, d.decode))
}

// Status is how receiving goes.
func (d *Daemon) Status() model.SourceStatus { return d.inbox.Status() }

// Addr is where it listens, nil before it does.
func (d *Daemon) Addr() net.Addr { return d.inbox.Addr(d.cfg.UDP) }

// decode reads one packet. Subsegments that came by themselves wait for their segment
// for half the settle delay, so that they are not late without it.
func (d *Daemon) decode(packet []byte) (ptrace.Traces, error) {
	document, err := format.Datagram(packet)
	if err != nil {
		return ptrace.Traces{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.joiner.Add(document); err != nil {
		return ptrace.Traces{}, err
	}
	now := time.Now
	if d.cfg.Now != nil {
		now = d.cfg.Now
	}
	settle := d.cfg.Settle
	if settle <= 0 {
		settle = receive.DefaultConfig().Settle
	}
	if err := d.joiner.Release(now().Add(-settle / 2).UnixNano()); err != nil {
		return ptrace.Traces{}, err
	}
	if err := d.joiner.Flush(); err != nil {
		return ptrace.Traces{}, err
	}
	td := d.ready
	d.ready = ptrace.NewTraces()
	return td, nil
}
