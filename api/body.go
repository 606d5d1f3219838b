package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"culprit/model"
)

// body reads the JSON body of a request. A page of another origin cannot send one: the
// content type that is asked for makes a browser ask us first, and we do not answer that.
func body[T any](c echo.Context) (v T, _ error) {
	kind, _, err := mime.ParseMediaType(c.Request().Header.Get("Content-Type"))
	if err != nil || kind != contentJSON {
		return v, newProblem(http.StatusUnsupportedMediaType, "not-json",
			fmt.Sprintf("the body must be JSON, sent as %s, is %q", contentJSON, clip(c.Request().Header.Get("Content-Type"))))
	}
	d := json.NewDecoder(c.Request().Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, badBody(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return v, badBody(errors.New("there is more behind the object"))
	}
	return v, nil
}

func badBody(err error) error {
	var large *echo.HTTPError
	var tooLarge *http.MaxBytesError
	if errors.As(err, &large) || errors.As(err, &tooLarge) {
		return err
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("it is empty")
	}
	return newProblem(http.StatusBadRequest, "bad-body", "the body cannot be read: "+strings.TrimPrefix(err.Error(), "json: "))
}

// badField says what is wrong with a field of a body.
func badField(name, format string, args ...any) error {
	p := newProblem(http.StatusBadRequest, "bad-body", fmt.Sprintf(format, args...))
	p.Parameter = name
	return p
}

// The longest texts of a body, as the OpenAPI file says.
const (
	maxLine = 256
	maxText = 2048
	maxName = 4096
)

// field is a text of a body with its bound.
type field struct {
	name string
	text *string
	most int
}

// trim takes away what nobody sees at the ends, and refuses what is too long, broken or
// holds control characters.
func trim(fields ...field) error {
	for _, f := range fields {
		*f.text = strings.TrimSpace(*f.text)
		switch {
		case len(*f.text) > f.most:
			return badField(f.name, "%s must have at most %d bytes, has %d", f.name, f.most, len(*f.text))
		case !utf8.ValidString(*f.text):
			return badField(f.name, "%s is not valid UTF-8", f.name)
		case strings.ContainsFunc(*f.text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
			return badField(f.name, "%s holds control characters", f.name)
		}
	}
	return nil
}

// keep gives a note to the service and answers with it.
func (h handlers) keep(c echo.Context, n model.Note) error {
	kept, fresh, err := h.engine.Note(c.Request().Context(), n)
	if err != nil {
		var unknown *UnknownError
		if errors.As(err, &unknown) && unknown.What == "incident" {
			return h.unknownIncident(unknown.Name)
		}
		return err
	}
	out, err := encode(kept)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	return c.Blob(status, contentJSON, out)
}
