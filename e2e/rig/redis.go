package rig

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
)

// Redis is a running redis-server of Debian's package, empty and without a file.
type Redis struct {
	*Process
	Addr string // host:port
}

// StartRedis starts a server on a free port, with its log below dir.
func StartRedis(ctx context.Context, dir string) (*Redis, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errors.New("redis-server is missing: run .ci/needs debian")
	}
	ports, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	p, err := StartProcess("redis", dir, program, nil, "--bind", "127.0.0.1", "--port", strconv.Itoa(ports[0]), "--save", "", "--appendonly", "no")
	if err != nil {
		return nil, err
	}
	if err := p.listens(ctx, ports[0]); err != nil {
		p.Stop()
		return nil, err
	}
	return &Redis{p, fmt.Sprintf("127.0.0.1:%d", ports[0])}, nil
}

// URL leads to one of the server's databases.
func (r *Redis) URL(db int) string { return fmt.Sprintf("redis://%s/%d", r.Addr, db) }
