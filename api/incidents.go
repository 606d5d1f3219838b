package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"culprit/api/gen"
	"culprit/internal/closest"
	"culprit/model"
)

// ListIncidents serves a page of the newest revisions.
func (h handlers) ListIncidents(c echo.Context, params gen.ListIncidentsParams) error {
	q, err := queryFrom(params)
	if err != nil {
		return err
	}
	limit, err := limitFrom(params.Limit)
	if err != nil {
		return err
	}
	v := viewFull
	switch params.View {
	case "", gen.Full:
	case gen.Brief:
		v = viewBrief
	default:
		return badParameter("view", fmt.Sprintf("view must be full or brief, is %q", clip(string(params.View))))
	}
	var after *place
	if params.Cursor != "" {
		at, err := q.parseCursor(params.Cursor)
		if err != nil {
			return badParameter("cursor", err.Error())
		}
		after = &at
	}

	p := h.projection.list(q, after, limit)
	if unchanged(c, p.tag) {
		return nil
	}
	var next *string
	if p.next != nil {
		text := q.cursor(*p.next)
		next = &text
		values := c.Request().URL.Query()
		values.Set("cursor", text)
		c.Response().Header().Set("Link", "<"+c.Request().URL.EscapedPath()+"?"+values.Encode()+`>; rel="next"`)
	}
	body, err := p.json(v, next)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, contentJSON, body)
}

// json writes a page around incidents that are JSON already.
func (p *page) json(v view, next *string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`{"incidents":`)
	if err := writeList(&b, p.records, p.marks, v); err != nil {
		return nil, err
	}
	cursor, err := json.Marshal(next)
	if err != nil {
		return nil, err
	}
	b.WriteString(`,"next_cursor":`)
	b.Write(cursor)
	b.WriteString(`,"total":` + strconv.Itoa(p.total))
	b.WriteString(`,"log_sequence":` + strconv.FormatUint(p.seq, 10) + "}")
	return b.Bytes(), nil
}

// GetIncident serves the newest revision with all revisions.
func (h handlers) GetIncident(c echo.Context, id string) error {
	known, ok := h.projection.history(id)
	if !ok {
		return h.unknownIncident(id)
	}
	body, err := known.json()
	if err != nil {
		return err
	}
	if unchanged(c, bodyTag(body)) {
		return nil
	}
	return c.Blob(http.StatusOK, contentJSON, body)
}

// unknownIncident says that an incident is not kept, and which IDs look like it.
func (h handlers) unknownIncident(id string) error {
	p := newProblem(http.StatusNotFound, "unknown-incident",
		fmt.Sprintf("no incident %q is kept: all open ones are, and the newest closed ones", clip(id)))
	if p.Closest = closest.Names(id, h.projection.ids()); len(p.Closest) > 0 {
		p.Detail += "; closest IDs are given"
	}
	return p
}

// json adds the revisions, and what was said, to the fields of the newest revision. The
// exhibit is put together from all of them and stands once.
func (h *history) json() ([]byte, error) {
	var b bytes.Buffer
	if err := h.revs[len(h.revs)-1].write(&b, viewPlain); err != nil {
		return nil, err
	}
	if err := addMarks(&b, h.marks); err != nil {
		return nil, err
	}
	b.Truncate(b.Len() - len("}")) // the object goes on
	exhibit, err := newestExhibit(h.revs)
	if err != nil {
		return nil, err
	}
	if exhibit != nil {
		b.WriteString(exhibitField)
		b.Write(exhibit)
	}
	b.WriteString(`,"revisions":`)
	if err := writeList(&b, h.revs, nil, viewPlain); err != nil {
		return nil, err
	}
	said, err := encode(h.said)
	if err != nil {
		return nil, err
	}
	b.WriteString(`,"notes":`)
	b.Write(said)
	b.WriteString(`,"revisions_omitted":` + strconv.Itoa(h.omitted) + "}")
	return b.Bytes(), nil
}

// addMarks adds marks, if there are any, to the object at the end of b.
func addMarks(b *bytes.Buffer, m *model.Marks) error {
	if m == nil {
		return nil
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	b.Truncate(b.Len() - len("}"))
	b.WriteString(`,"marks":`)
	b.Write(text)
	b.WriteByte('}')
	return nil
}

// writeList writes incidents, with the marks at the same places if there are marks.
func writeList(b *bytes.Buffer, rs []*record, marks []*model.Marks, v view) error {
	const around = 1024 // what else an answer holds
	all := around
	for _, r := range rs {
		n, err := r.length(v)
		if err != nil {
			return err
		}
		all += n + len(",")
	}
	b.Grow(all)
	b.WriteByte('[')
	for i, r := range rs {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := r.write(b, v); err != nil {
			return err
		}
		if marks == nil {
			continue
		}
		if err := addMarks(b, marks[i]); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}
