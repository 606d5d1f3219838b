package receive

import (
	"context"
	"errors"
	"fmt"
	"net"

	"golang.org/x/net/netutil"
)

// listen opens a port.
func (in *Inbox) listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, cannotListen(address, err)
	}
	in.opened(address, l.Addr())
	return netutil.LimitListener(l, in.cfg.MaxConnections), nil
}

func cannotListen(address string, err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err // without the address, which is said already
	}
	return fmt.Errorf("cannot listen on %s: %w; name another address in the configuration, or stop who is there", address, err)
}

func (in *Inbox) opened(address string, at net.Addr) {
	in.mu.Lock()
	in.bound[address] = at
	in.mu.Unlock()
	in.cfg.Logger.Info("receiving traces", "source", in.health.Name(), "at", at.String())
}

// Addr is where an address of the configuration is served; nil until it is. Port 0 has
// become a free port.
func (in *Inbox) Addr(address string) net.Addr {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.bound[address]
}

// CheckAddress refuses what is no HOST:PORT. name is the key in the configuration.
func CheckAddress(name, address string) error {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return fmt.Errorf("%s: %q is no address: want HOST:PORT such as 127.0.0.1:4317", name, address)
	}
	return nil
}

// UDP is a server that takes each packet at address for a message. Packets that do not
// fit are lost, and counted: nobody can be told to send them again.
func (in *Inbox) UDP(address string, decode Decoder) func(context.Context) error {
	return func(ctx context.Context) error {
		conn, err := net.ListenPacket("udp", address)
		if err != nil {
			return cannotListen(address, err)
		}
		in.opened(address, conn.LocalAddr())
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		defer stop()
		buf := make([]byte, maxPacket)
		for {
			n, _, err := conn.ReadFrom(buf)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return fmt.Errorf("reading packets at %s: %w", address, err)
			}
			packet := append([]byte(nil), buf[:n]...) // what is decoded may keep it
			_, err = in.Take(ctx, func() ([]byte, error) { return packet, nil }, decode)
			var full *Full
			if errors.As(err, &full) {
				in.Warn("packets-lost", address, "packets that came while there was no room: "+full.Why, 1)
			}
		}
	}
}

// maxPacket is the largest packet that UDP can carry.
const maxPacket = 1 << 16
