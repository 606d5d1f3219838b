package bus

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// errLocked says that another process holds a lock.
var errLocked = errors.New("locked by another process")

// startWait bounds the start of the embedded server: recovering a store that was
// left by a crash reads it.
const startWait = 30 * time.Second

// maxMessage is the NATS default for a message's payload, in bytes. The embedded
// server keeps to it, so that an event that fits here fits everywhere.
const maxMessage = server.MAX_PAYLOAD_SIZE

// embedded is the NATS server in this process and the lock on its directory.
type embedded struct {
	srv  *server.Server
	lock *os.File
	log  *serverLog
}

// startEmbedded locks the directory and starts the server. On error nothing is left running.
func startEmbedded(cfg Config, log *slog.Logger) (*embedded, error) {
	if err := os.MkdirAll(cfg.StoreDir, 0o700); err != nil {
		return nil, fmt.Errorf("NATS store: %w", err)
	}
	lock, err := lockFile(filepath.Join(cfg.StoreDir, "lock"))
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("NATS store %s is in use by another process: stop it, or name another directory", cfg.StoreDir)
	}
	if err != nil {
		return nil, fmt.Errorf("NATS store: %w", err)
	}
	e := &embedded{lock: lock, log: &serverLog{log: log}}
	if err := e.start(cfg); err != nil {
		e.stop()
		return nil, err
	}
	return e, nil
}

func (e *embedded) start(cfg Config) error {
	host, port, err := splitListen(cfg.Listen)
	if err != nil {
		return err
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	opts := &server.Options{
		ServerName:             cfg.Namespace + "-embedded",
		Host:                   host,
		Port:                   port,
		DontListen:             cfg.Listen == "",
		JetStream:              true,
		StoreDir:               cfg.StoreDir,
		SyncAlways:             cfg.SyncEvery == 0,
		SyncInterval:           cfg.SyncEvery,
		MaxPayload:             maxMessage,
		NoSigs:                 true,
		DisableJetStreamBanner: true,
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return fmt.Errorf("embedded NATS server: %w", err)
	}
	e.srv = srv
	srv.SetLoggerV2(e.log, false, false, false)
	srv.Start()
	if fatal := e.log.firstFatal(); fatal != "" {
		if strings.HasPrefix(fatal, "Error listening on port") {
			return fmt.Errorf("the embedded NATS server cannot listen on %s (%s): "+
				"give --nats-listen another address, or --nats URL to use a NATS server that already runs", cfg.Listen, listenCause(fatal))
		}
		return fmt.Errorf("the embedded NATS server did not start: %s", fatal)
	}
	if !srv.ReadyForConnections(startWait) {
		return fmt.Errorf("the embedded NATS server was not ready within %v", startWait)
	}
	if ip := net.ParseIP(host); cfg.Listen != "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		e.log.log.Warn("the embedded NATS server listens beyond this machine and asks nobody for a password", "address", e.address())
	}
	return nil
}

// listenCause is the end of "... listen tcp 127.0.0.1:4222: bind: address already in use".
func listenCause(fatal string) string {
	fatal = strings.Trim(fatal, `"`)
	return fatal[strings.LastIndex(fatal, ": ")+2:]
}

// address is where other programs connect, "" if nowhere.
func (e *embedded) address() string {
	if a, ok := e.srv.Addr().(*net.TCPAddr); ok && a != nil {
		return "nats://" + a.String()
	}
	return ""
}

// stop ends the server, waits for it and gives the directory back.
func (e *embedded) stop() {
	if e.srv != nil {
		e.srv.Shutdown()
		e.srv.WaitForShutdown()
	}
	e.lock.Close()
}

// serverLog passes the server's words on. A notice of the server is a detail of ours.
type serverLog struct {
	log   *slog.Logger
	mu    sync.Mutex
	fatal string
}

func (l *serverLog) Noticef(f string, v ...any) { l.log.Debug("nats: " + fmt.Sprintf(f, v...)) }
func (l *serverLog) Debugf(f string, v ...any)  { l.log.Debug("nats: " + fmt.Sprintf(f, v...)) }
func (l *serverLog) Tracef(f string, v ...any)  { l.log.Debug("nats: " + fmt.Sprintf(f, v...)) }
func (l *serverLog) Warnf(f string, v ...any)   { l.log.Warn("nats: " + fmt.Sprintf(f, v...)) }
func (l *serverLog) Errorf(f string, v ...any)  { l.log.Error("nats: " + fmt.Sprintf(f, v...)) }

// Fatalf keeps the first reason for which the server gave up, for the error of Open.
func (l *serverLog) Fatalf(f string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fatal == "" {
		l.fatal = fmt.Sprintf(f, v...)
	}
}

func (l *serverLog) firstFatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}
