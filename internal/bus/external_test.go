package bus

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"

	"culprit/model"
)

// broker is a NATS server outside of the bus, which tests may stop and start again.
type broker struct {
	srv  *server.Server
	opts server.Options
}

// start runs a server with JetStream on a free port, unless opts say otherwise.
func start(t testing.TB, opts server.Options) *broker {
	t.Helper()
	opts.Host, opts.NoSigs, opts.NoLog = "127.0.0.1", true, true
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	if opts.JetStream && opts.StoreDir == "" {
		opts.StoreDir = t.TempDir()
	}
	b := &broker{opts: opts}
	if err := b.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.stop)
	return b
}

// start keeps the port that the first start found.
func (b *broker) start() error {
	run := b.opts
	s, err := server.NewServer(&run)
	if err != nil {
		return err
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		return errors.New("the test's NATS server did not start")
	}
	b.srv, b.opts.Port = s, s.Addr().(*net.TCPAddr).Port
	return nil
}

func (b *broker) stop() {
	b.srv.Shutdown()
	b.srv.WaitForShutdown()
}

func external(url string) Config {
	cfg := DefaultConfig()
	cfg.URL, cfg.ConnectWait = url, 10*time.Second
	return cfg
}

// follow watches the log from its beginning; the function says what comes next.
func follow(t *testing.T, b *Bus) (next func() string) {
	seen := make(chan string, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- b.Watch(ctx, 0, func(_ uint64, in model.Incident) error {
			seen <- messageID(in.ID, in.Revision)
			return nil
		})
	}()
	t.Cleanup(func() { cancel(); <-done })
	return func() string {
		select {
		case id := <-seen:
			return id
		case <-time.After(20 * time.Second):
			return "nothing"
		}
	}
}

// The server goes away in the middle of appends and of a watch. Both go on with it.
func TestOutageLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{JetStream: true})
	b := open(t, external(s.srv.ClientURL()))
	next := follow(t, b)
	const n = 60
	want := []string{}
	var back sync.WaitGroup
	for i := 1; i <= n; i++ {
		if i%20 == 0 {
			back.Wait()
			s.stop()
			back.Go(func() {
				time.Sleep(300 * time.Millisecond)
				if err := s.start(); err != nil {
					t.Error(err)
				}
			})
		}
		appendAll(t, b, revision("a", i))
		want = append(want, messageID("a", i))
	}
	back.Wait()
	if diff := cmp.Diff(want, logged(t, b)); diff != "" {
		t.Error(diff)
	}
	for _, id := range want {
		if got := next(); got != id {
			t.Fatalf("watched %s, want %s", got, id)
		}
	}
	if s := b.Stats(t.Context()); s.Retries == 0 || s.Error != "" || !s.Connected || s.Embedded || s.Appended != n {
		t.Errorf("stats after the outage %+v", s)
	}
}

// While the server is away a caller waits as long as it likes, and hears why in vain.
func TestOutageEndsWithTheCallersPatience(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{JetStream: true})
	b := open(t, external(s.srv.ClientURL()))
	s.stop()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := b.Append(ctx, revision("a", 1))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "a:1 not appended") {
		t.Errorf("append: %v", err)
	}
	if err := b.Beat(ctx, Heartbeat{}); err == nil {
		t.Error("a heartbeat without a server is no error")
	}
	if st := b.Stats(t.Context()); st.Connected || st.Error == "" || st.Messages != 0 {
		t.Errorf("stats %+v", st)
	}
	if _, _, _, err := b.LoadSnapshot(ctx); err == nil {
		t.Error("a server that is away is taken for one without snapshots")
	}
}

// A broker that comes back empty: the log is created anew, Heal fills it, and the
// watch starts over instead of waiting for a sequence that is long in coming.
func TestBrokerThatForgotEverythingHeals(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{JetStream: true})
	b := open(t, external(s.srv.ClientURL()))
	next := follow(t, b)
	appendAll(t, b, revision("a", 1), revision("a", 2), revision("b", 1))
	for range 3 {
		next()
	}
	s.stop()
	s.opts.StoreDir = t.TempDir()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	healed, err := b.Heal(t.Context(), []model.Incident{revision("a", 2), revision("b", 1)})
	if err != nil || healed != 2 {
		t.Errorf("healed %d: %v", healed, err)
	}
	for _, want := range []string{"a:2", "b:1"} {
		if got := next(); got != want {
			t.Errorf("watched %s, want %s", got, want)
		}
	}
	appendAll(t, b, revision("a", 3))
	if got := next(); got != "a:3" {
		t.Errorf("watched %s", got)
	}
}

func TestOpenWaitsForTheServer(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{JetStream: true})
	url := s.srv.ClientURL()
	s.stop()
	cfg := external(strings.Replace(url, "nats://", "nats://me:secret@", 1))
	cfg.ConnectWait = 200 * time.Millisecond
	_, err := Open(t.Context(), cfg, nil)
	if err == nil || !strings.Contains(err.Error(), "connecting to NATS at nats://xxxxx@127.0.0.1:") || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v", err)
	}
	var back sync.WaitGroup
	back.Go(func() {
		time.Sleep(300 * time.Millisecond)
		if err := s.start(); err != nil {
			t.Error(err)
		}
	})
	defer back.Wait()
	appendAll(t, open(t, external(url)), revision("a", 1))
}

func TestServerWithoutJetStream(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{})
	begin := time.Now()
	_, err := Open(t.Context(), external(s.srv.ClientURL()), nil)
	if err == nil || !strings.Contains(err.Error(), "start the NATS server with -js") {
		t.Errorf("error %v", err)
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("said after %v", d)
	}
}

func TestPasswordTokenAndTLS(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca, cert, key, pair, pool := certificate(t, file)
	for _, c := range []struct {
		name   string
		server server.Options
		login  func(*Config)
	}{
		{"user", server.Options{Username: "culprit", Password: "secret"}, func(c *Config) {
			c.User, c.PasswordFile = "culprit", file("password", "secret\n")
		}},
		{"token", server.Options{Authorization: "t0ken"}, func(c *Config) { c.TokenFile = file("token", "t0ken\n") }},
		{"TLS", server.Options{TLS: true, TLSVerify: true, TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
		}}, func(c *Config) { c.CA, c.Cert, c.Key = ca, cert, key }},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.server.JetStream = true
			s := start(t, c.server)
			cfg := external("nats://" + s.srv.Addr().String())
			begin := time.Now()
			if _, err := Open(t.Context(), cfg, nil); err == nil || time.Since(begin) > 5*time.Second {
				t.Errorf("refusal %v after %v", err, time.Since(begin))
			}
			c.login(&cfg)
			appendAll(t, open(t, cfg), revision("a", 1))
		})
	}
	cfg := external("nats://127.0.0.1:1")
	cfg.TokenFile = filepath.Join(dir, "absent")
	if _, err := Open(t.Context(), cfg, nil); err == nil || !strings.Contains(err.Error(), "NATS token: open") {
		t.Errorf("error %v", err)
	}
}

// certificate makes one that signs itself, for server and client alike.
func certificate(t *testing.T, file func(name, content string) string) (ca, cert, key string, pair tls.Certificate, pool *x509.CertPool) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "culprit test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	if pair, err = tls.X509KeyPair(certPEM, keyPEM); err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	cert = file("cert.pem", string(certPEM))
	return cert, cert, file("key.pem", string(keyPEM)), pair, pool
}

func TestRedactHidesSecrets(t *testing.T) {
	for in, want := range map[string]string{
		"nats://a:4222":                    "nats://a:4222",
		"nats://u:p@a:4222, tls://token@b": "nats://xxxxx@a:4222,tls://xxxxx@b",
		"u:p@a:4222":                       "a:4222",
		"nats://u:p%zz@a:4222":             "a:4222",
	} {
		if got := redact(in); got != want {
			t.Errorf("redact(%q) = %q, want %q", in, got, want)
		}
	}
}
