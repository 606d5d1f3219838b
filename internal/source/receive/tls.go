package receive

import (
	"crypto/tls"
	"fmt"
	"sync"
	"time"

	"culprit/internal/source"
)

// TLS names the files of an encrypted server.
type TLS struct {
	// CertFile and KeyFile are the server's certificate, PEM. They are read again every
	// minute, so that a renewed certificate is picked up. Neither: no encryption.
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// ClientCAFile holds the authorities that senders' certificates must come from, PEM.
	// Empty: senders need no certificate.
	ClientCAFile string `yaml:"client_ca_file"`
}

// load reads the files; nil without encryption.
func (t TLS) load() (*tls.Config, error) {
	if t.CertFile == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("reading the TLS server certificate: %w", err)
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"}}
	if t.ClientCAFile != "" {
		if c.ClientCAs, err = source.Authorities(t.ClientCAFile); err != nil {
			return nil, err
		}
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c, nil
}

// tlsAge is how old what was read of the files may be.
const tlsAge = time.Minute

// server returns a configuration that follows its files; nil without encryption. Files that
// cannot be read any more leave what was read before.
func (in *Inbox) server() (*tls.Config, error) {
	now, err := in.cfg.TLS.load()
	if err != nil || now == nil {
		return nil, err
	}
	var mu sync.Mutex
	at := in.cfg.Now()
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: now.NextProtos, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		mu.Lock()
		defer mu.Unlock()
		if t := in.cfg.Now(); t.Sub(at) > tlsAge {
			at = t
			if again, err := in.cfg.TLS.load(); err == nil {
				now = again
			} else {
				in.cfg.Logger.Warn("the TLS files cannot be read again; the old certificate stays", "source", in.health.Name(), "error", err)
			}
		}
		return now, nil
	}}, nil
}
