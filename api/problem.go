package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"culprit/internal/closest"
	"culprit/model"
)

// problemSpace leads the types of our problems; programs may tell them apart by it.
const problemSpace = "urn:culprit:problem:"

// newProblem makes a problem; its instance is filled in where it is answered.
func newProblem(status int, kind, detail string) *model.Problem {
	return &model.Problem{
		Type:   problemSpace + kind,
		Title:  http.StatusText(status),
		Status: status,
		Detail: detail,
	}
}

// badParameter says what is wrong with a parameter.
func badParameter(name, detail string) *model.Problem {
	p := newProblem(http.StatusBadRequest, "bad-parameter", detail)
	p.Parameter = name
	return p
}

// problemOf turns any error of a handler into what the client is told. Errors that
// nobody has foreseen tell nothing of the inside; they belong into the log.
func problemOf(err error) *model.Problem {
	var (
		p        *model.Problem
		retained *NotRetainedError
		unknown  *UnknownError
		refused  *RefusedError
		standby  *NotLeadingError
		framed   *echo.HTTPError
		tooLarge *http.MaxBytesError
	)
	switch {
	case errors.As(err, &p):
		copied := *p
		return &copied
	case errors.As(err, &retained):
		p = newProblem(http.StatusNotFound, "not-retained", retained.Error())
		p.Retained = retained.Retained
	case errors.As(err, &unknown):
		p = newProblem(http.StatusNotFound, "unknown-"+unknown.What, unknown.Error())
		p.Closest = closest.Names(unknown.Name, unknown.Known)
		if len(p.Closest) > 0 {
			p.Detail += "; closest names are given"
		}
	case errors.As(err, &refused):
		p = newProblem(http.StatusBadGateway, "refused", refused.Error())
	case errors.As(err, &standby):
		p = newProblem(http.StatusServiceUnavailable, "not-leading", standby.Error())
	case errors.As(err, &tooLarge):
		p = newProblem(http.StatusRequestEntityTooLarge, "too-large", "the request body is larger than accepted")
	case errors.Is(err, context.DeadlineExceeded):
		p = newProblem(http.StatusServiceUnavailable, "too-long", "the answer took longer than allowed: ask for a shorter stretch of time")
	case errors.Is(err, context.Canceled):
		p = newProblem(http.StatusServiceUnavailable, "given-up", "the request was given up")
	case errors.As(err, &framed):
		p = problemOfEcho(framed)
	default:
		p = newProblem(http.StatusInternalServerError, "internal", "an error inside culprit; its log says more")
	}
	return p
}

func problemOfEcho(err *echo.HTTPError) *model.Problem {
	detail, _ := err.Message.(string)
	switch err.Code {
	case http.StatusNotFound:
		return newProblem(err.Code, "no-such-path", "there is nothing at this path: /api/openapi.json lists what there is")
	case http.StatusMethodNotAllowed:
		return newProblem(err.Code, "method-not-allowed", "this method is not answered here: the header Allow lists those that are")
	case http.StatusRequestEntityTooLarge:
		return newProblem(err.Code, "too-large", "the request body is larger than accepted")
	case http.StatusBadRequest:
		name := parameterOf(detail)
		if _, rest, found := strings.Cut(detail, "error parsing '"); found && name != "" {
			if text, _, found := strings.Cut(rest, "' as RFC3339"); found {
				detail = notATime(name, text)
			}
		}
		return badParameter(name, detail)
	case http.StatusInternalServerError:
		return newProblem(err.Code, "internal", "an error inside culprit; its log says more")
	}
	return newProblem(err.Code, "http", detail)
}

// parameterOf finds the parameter in a message of the generated code, as
// "Invalid format for parameter since: ...".
func parameterOf(message string) string {
	_, rest, found := strings.Cut(message, "parameter ")
	if !found {
		return ""
	}
	name, _, found := strings.Cut(rest, ":")
	if !found || strings.ContainsAny(name, " '") {
		return ""
	}
	return name
}

// notATime says what is wrong with a time that cannot be read.
func notATime(name, text string) string {
	return fmt.Sprintf("the parameter %s must be a time with its day and zone, such as 2026-01-31T12:03:00Z, is %q", name, clip(text))
}

// busyFor is when who was told to come back should.
const busyFor = 5 * time.Second

// answerError is the error handler of the framework.
func (s *Server) answerError(err error, c echo.Context) {
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError && p.Status != http.StatusServiceUnavailable {
		s.log.Error("request broke", "method", c.Request().Method, "path", clip(c.Request().URL.Path), "error", err)
	}
	if c.Response().Committed {
		return
	}
	p.Detail = clip(p.Detail)
	p.Instance = clip(c.Request().URL.EscapedPath())
	body, err := json.Marshal(p)
	if err != nil {
		s.log.Error("problem cannot be encoded", "error", err)
		c.Response().WriteHeader(http.StatusInternalServerError)
		return
	}
	h := c.Response().Header()
	h.Del(headerETag)
	h.Set("Cache-Control", "no-store")
	if p.Type == problemSpace+"busy" {
		h.Set("Retry-After", strconv.Itoa(int(busyFor.Seconds())))
	}
	if err := c.Blob(p.Status, "application/problem+json", body); err != nil {
		s.log.Debug("client left before its problem was told", "error", err)
	}
}

// clip shortens foreign text and makes it valid.
func clip(s string) string {
	const most = 512
	if len(s) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
