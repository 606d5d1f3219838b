package receive

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Full says that a message cannot be taken now, and when it may be sent again.
type Full struct {
	After time.Duration
	Why   string
}

func (e *Full) Error() string { return fmt.Sprintf("%s; send again in %v", e.Why, e.After) }

// Bad says that a message cannot be read, so sending it again is of no use.
type Bad struct{ Err error }

func (e *Bad) Error() string { return "the message cannot be read: " + e.Err.Error() }
func (e *Bad) Unwrap() error { return e.Err }

// Errors of messages that are not even looked at.
var (
	ErrTooLarge = errors.New("the message is larger than max_message_bytes")
	ErrEncoding = errors.New("the content encoding is unknown: send gzip, deflate, zstd or none")
	ErrToken    = errors.New("the bearer token is missing or wrong")
)

// HTTPStatus is the status for an error of [Inbox.Take], and after how many seconds the
// sender may try again (0: not stated).
func HTTPStatus(err error) (status, after int) {
	var full *Full
	var bad *Bad
	switch {
	case err == nil:
		return http.StatusOK, 0
	case errors.As(err, &full):
		return http.StatusTooManyRequests, int((full.After + time.Second - 1) / time.Second)
	case errors.Is(err, ErrTooLarge):
		return http.StatusRequestEntityTooLarge, 0
	case errors.Is(err, ErrEncoding):
		return http.StatusUnsupportedMediaType, 0
	case errors.Is(err, ErrToken):
		return http.StatusUnauthorized, 0
	case errors.As(err, &bad):
		return http.StatusBadRequest, 0
	}
	return http.StatusServiceUnavailable, 1
}

// WriteError answers with an error of [Inbox.Take] as plain text.
func WriteError(w http.ResponseWriter, err error) {
	status, after := HTTPStatus(err)
	if after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(after))
	}
	http.Error(w, err.Error(), status)
}

// GRPCError is an error of [Inbox.Take] as gRPC knows it.
func GRPCError(err error) error {
	var full *Full
	var bad *Bad
	switch {
	case err == nil:
		return nil
	case errors.As(err, &full):
		s, detailed := status.New(codes.ResourceExhausted, full.Error()).
			WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(full.After)})
		if detailed != nil {
			return status.Error(codes.Unavailable, full.Error())
		}
		return s.Err()
	case errors.As(err, &bad), errors.Is(err, ErrTooLarge), errors.Is(err, ErrEncoding):
		return status.Error(codes.InvalidArgument, err.Error())
	case errors.Is(err, ErrToken):
		return status.Error(codes.Unauthenticated, err.Error())
	}
	if s, ok := status.FromError(err); ok {
		return s.Err()
	}
	return status.Error(codes.Unavailable, err.Error())
}
