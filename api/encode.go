package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

const (
	headerETag        = "ETag"
	headerIfNoneMatch = "If-None-Match"
	contentJSON       = "application/json"
)

// encode is v as JSON in which a list is a list, never null, as the OpenAPI file
// promises. v is not changed.
func encode[T any](v T) ([]byte, error) {
	fill(reflect.ValueOf(&v).Elem())
	return json.Marshal(v)
}

var timeType = reflect.TypeFor[time.Time]()

// fill makes nil slices empty in a value that may share memory with others: what it
// changes, it copies before.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		v.Set(own)
		if k := v.Type().Elem().Kind(); k != reflect.Struct && k != reflect.Slice && k != reflect.Pointer {
			return
		}
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		own := reflect.New(v.Type().Elem())
		own.Elem().Set(v.Elem())
		fill(own.Elem())
		v.Set(own)
	case reflect.Struct:
		if v.Type() == timeType {
			return
		}
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				fill(f)
			}
		}
	}
}

// bodyTag is a strong ETag: equal bodies have equal tags, on every server.
func bodyTag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// unchanged answers 304 and reports true if the client has the tagged answer.
func unchanged(c echo.Context, tag string) bool {
	h := c.Response().Header()
	h.Set(headerETag, tag)
	h.Set("Cache-Control", "no-cache")
	if !hasTag(c.Request().Header.Values(headerIfNoneMatch), tag) {
		return false
	}
	c.Response().WriteHeader(http.StatusNotModified)
	return true
}

// hasTag compares weakly, as RFC 9110 asks for If-None-Match.
func hasTag(lines []string, tag string) bool {
	tag = strings.TrimPrefix(tag, "W/")
	for _, line := range lines {
		for one := range strings.SplitSeq(line, ",") {
			one = strings.TrimSpace(one)
			if one == "*" || strings.TrimPrefix(one, "W/") == tag {
				return true
			}
		}
	}
	return false
}

// answer sends v, or 304 if the client has it.
func answer[T any](c echo.Context, v T) error {
	body, err := encode(v)
	if err != nil {
		return err
	}
	if unchanged(c, bodyTag(body)) {
		return nil
	}
	return c.Blob(http.StatusOK, contentJSON, body)
}

// answerFresh sends v, which is never the same twice.
func answerFresh[T any](c echo.Context, v T) error {
	body, err := encode(v)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, contentJSON, body)
}
