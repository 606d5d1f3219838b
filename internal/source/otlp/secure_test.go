package otlp

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"culprit/internal/source/receive"
)

// certificate writes a self-signed certificate and its key as PEM files.
func certificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func TestTLSAndSendersCertificates(t *testing.T) {
	cert, key := certificate(t)
	sender, senderKey := certificate(t)
	s := serve(t, func(c *Config, _ *server) { c.TLS = receive.TLS{CertFile: cert, KeyFile: key, ClientCAFile: sender} })
	roots := x509.NewCertPool()
	b, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	roots.AppendCertsFromPEM(b)
	pair, err := tls.LoadX509KeyPair(sender, senderKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rule  string
		certs []tls.Certificate
		taken bool
	}{{"with a certificate", []tls.Certificate{pair}, true}, {"without one", nil, false}} {
		conn, err := grpc.NewClient(s.grpc, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: roots, Certificates: c.certs})))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ptraceotlp.NewGRPCClient(conn).Export(t.Context(), one("a")); (err == nil) != c.taken {
			t.Errorf("over gRPC %s: %v", c.rule, err)
		}
		_ = conn.Close()
		js, err := one("a").MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: c.certs}}}
		res, err := client.Post("https://"+s.http+"/v1/traces", typeJSON, bytes.NewReader(js))
		if taken := err == nil && res.StatusCode == http.StatusOK; taken != c.taken {
			t.Errorf("over HTTPS %s: %v", c.rule, err)
		}
		if err == nil {
			_ = res.Body.Close()
		}
		client.CloseIdleConnections()
	}
}
