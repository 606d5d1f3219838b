package receivetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// HTTP sends by POST: to a path of the server, with a content type, and with the token in
// the header that bearer makes (nil: authorization).
func HTTP(path, contentType string, bearer func(token string) (header, value string)) func(context.Context, string, []byte, string, int) error {
	if bearer == nil {
		bearer = func(token string) (string, string) { return "Authorization", "Bearer " + token }
	}
	return func(ctx context.Context, to string, message []byte, token string, pieces int) error {
		var body io.Reader = bytes.NewReader(message)
		if pieces > 1 { // without a length, a chunk at a time
			out, in := io.Pipe()
			defer out.Close() // the server may answer before it has read all
			go func() {
				size := len(message)/pieces + 1
				for at := 0; at < len(message); at += size {
					if _, err := in.Write(message[at:min(at+size, len(message))]); err != nil {
						return
					}
				}
				_ = in.Close()
			}()
			body = out
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+to+path, body)
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", contentType)
		if token != "" {
			req.Header.Set(bearer(token))
		}
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		res, err := (&http.Client{Transport: transport}).Do(req)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrOther, err)
		}
		defer res.Body.Close()
		said, err := io.ReadAll(res.Body)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", ErrOther, err)
		case res.StatusCode/100 == 2:
			return nil
		case res.StatusCode == http.StatusTooManyRequests && res.Header.Get("Retry-After") != "":
			return ErrAgain
		case res.StatusCode == http.StatusUnauthorized:
			return ErrToken
		case res.StatusCode == http.StatusRequestEntityTooLarge:
			return ErrLarge
		case res.StatusCode == http.StatusBadRequest:
			return ErrRefused
		}
		return fmt.Errorf("%w: %s %s", ErrOther, res.Status, said)
	}
}
