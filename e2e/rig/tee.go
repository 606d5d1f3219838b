package rig

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"sync"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// Tee stands between programs that send OTLP over HTTP and the receiver that they
// send it to, and writes what passes to a file as OTLP JSON lines, zstd.
type Tee struct {
	URL string // base URL to send to

	server *http.Server
	file   *os.File

	mu  sync.Mutex
	zip *zstd.Encoder
	err error // the first one
}

// StartTee passes everything on to the base URL to and keeps a copy in path.
func StartTee(to, path string) (*Tee, error) {
	target, err := url.Parse(to)
	if err != nil {
		return nil, err
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	zip, err := zstd.NewWriter(file, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &Tee{URL: "http://" + l.Addr().String(), file: file, zip: zip}
	proxy := httputil.NewSingleHostReverseProxy(target)
	t.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		t.keep(body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	})}
	go func() { _ = t.server.Serve(l) }() // ends with ErrServerClosed
	return t, nil
}

func (t *Tee) keep(body []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	req := ptraceotlp.NewExportRequest()
	err := req.UnmarshalProto(body)
	if err == nil {
		var line []byte
		if line, err = req.MarshalJSON(); err == nil {
			_, err = t.zip.Write(append(line, '\n'))
		}
	}
	if err != nil && t.err == nil {
		t.err = fmt.Errorf("keeping a copy of %d bytes: %w", len(body), err)
	}
}

// Close stops passing on and returns the first thing that went wrong, if any.
func (t *Tee) Close() error {
	err := t.server.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range []error{t.err, t.zip.Close(), t.file.Close()} {
		if err == nil {
			err = e
		}
	}
	return err
}
