package receive

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// HTTP is a server at address. Tokens are checked, connections, headers and times bounded.
func (in *Inbox) HTTP(address string, handler http.Handler) func(context.Context) error {
	return func(ctx context.Context) error {
		secure, err := in.server()
		if err != nil {
			return err
		}
		l, err := in.listen(address)
		if err != nil {
			return err
		}
		s := &http.Server{
			Handler:           in.checked(handler),
			ReadHeaderTimeout: min(in.cfg.Timeout, 10*time.Second),
			ReadTimeout:       in.cfg.Timeout,
			WriteTimeout:      in.cfg.Timeout,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    64 << 10,
			TLSConfig:         secure,
			ErrorLog:          slog.NewLogLogger(in.cfg.Logger.Handler(), slog.LevelDebug),
		}
		ended := make(chan error, 1)
		go func() {
			if secure != nil {
				ended <- s.ServeTLS(l, "", "")
				return
			}
			ended <- s.Serve(l)
		}()
		select {
		case err := <-ended:
			return fmt.Errorf("serving %s: %w", address, err)
		case <-ctx.Done():
		}
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
		defer cancel()
		if s.Shutdown(last) != nil {
			_ = s.Close()
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving %s: %w", address, err)
		}
		return nil
	}
}

// checked refuses requests without the token.
func (in *Inbox) checked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := in.bearer.check(r.Header.Get("Authorization")); err != nil {
			if errors.Is(err, ErrToken) {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			WriteError(w, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// TakeHTTP takes the body of a request. It writes no answer.
func (in *Inbox) TakeHTTP(w http.ResponseWriter, r *http.Request, decode Decoder) (Receipt, error) {
	return in.Take(r.Context(), func() ([]byte, error) { return in.body(w, r) }, decode)
}

// body reads the body of a request and unpacks it.
func (in *Inbox) body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	most := in.cfg.MaxMessageBytes
	var from io.Reader = http.MaxBytesReader(w, r.Body, most)
	switch encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
		if r.ContentLength > most {
			return nil, ErrTooLarge
		}
	case "gzip":
		z, err := gzip.NewReader(from)
		if err != nil {
			return nil, badBody(err)
		}
		defer z.Close()
		from = z
	case "deflate", "zlib":
		z, err := zlib.NewReader(from)
		if err != nil {
			return nil, badBody(err)
		}
		defer z.Close()
		from = z
	case "zstd":
		z, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(most)), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, badBody(err)
		}
		defer z.Close()
		from = z
	default:
		return nil, ErrEncoding
	}
	var buf bytes.Buffer
	n, err := io.Copy(&buf, io.LimitReader(from, most+1))
	switch {
	case n > most:
		return nil, ErrTooLarge
	case err != nil:
		return nil, badBody(err)
	}
	return buf.Bytes(), nil
}

// maxWindow bounds the memory that a zstd stream asks for before it has shown anything.
const maxWindow = 8 << 20

func badBody(err error) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large), errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
		return ErrTooLarge
	}
	return &Bad{fmt.Errorf("reading its body: %w", err)}
}
