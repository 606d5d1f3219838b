package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// stopGrace is how long a process may take to end after SIGTERM before it is
// killed. Jaeger and HotROD end at once; culprit finishes its last window.
const stopGrace = 15 * time.Second

// Process is a running child. Its methods may be called from any goroutine.
type Process struct {
	Name string
	Log  string // file that holds its stdout and stderr

	cmd  *exec.Cmd
	done chan struct{}
}

// StartProcess starts program with args and the environment of this process plus
// env. Both outputs are appended to dir/name.log.
func StartProcess(name, dir, program string, env []string, args ...string) (*Process, error) {
	return start(name, dir, exec.Command(program, args...), env)
}

// startGroup is StartProcess for a program that leaves children behind: they are killed
// once it has ended.
func startGroup(name, dir, program string, env []string, args ...string) (*Process, error) {
	cmd := exec.Command(program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return start(name, dir, cmd, env)
}

func start(name, dir string, cmd *exec.Cmd, env []string) (*Process, error) {
	log := filepath.Join(dir, name+".log")
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", name, err)
	}
	defer out.Close()
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p := &Process{Name: name, Log: log, cmd: cmd, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // the exit status is in cmd.ProcessState
		if attr := cmd.SysProcAttr; attr != nil && attr.Setpgid {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // whom it left, if anyone
		}
		close(p.done)
	}()
	return p, nil
}

// PID is the process ID.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// ExitCode is the exit status, -1 while it runs or if a signal ended it.
func (p *Process) ExitCode() int {
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	default:
		return -1
	}
}

// Stop ends the process with SIGTERM, or SIGKILL if that takes too long, and
// waits. Stopping a process that has ended does nothing.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopGrace):
		p.Kill()
	}
}

// Kill ends the process with SIGKILL and waits.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// answerTime is how long a process may take until it answers. Jaeger needs 0.3 s
// on an idle machine; a cold and loaded one gets some hundred times that.
const answerTime = 2 * time.Minute

// answers asks url until it answers with a status below 500, the process ends or
// ctx does.
func (p *Process) answers(ctx context.Context, url string) error {
	return p.wait(ctx, url, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode >= 500 {
			return errors.New(res.Status)
		}
		return nil
	})
}

// listens waits until the process accepts connections on a port of 127.0.0.1.
func (p *Process) listens(ctx context.Context, port int) error {
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	return p.wait(ctx, addr, func(ctx context.Context) error {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		return c.Close()
	})
}

func (p *Process) wait(ctx context.Context, where string, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended with status %d before it answered; its log is %s", p.Name, p.ExitCode(), p.Log)
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer at %s: %w; its log is %s", p.Name, where, err, p.Log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
