package api

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"culprit/api/gen"
	"culprit/model"
)

// changeQuery is which changes are asked for; empty fields ask for all.
type changeQuery struct {
	services, kinds []string
	since, until    time.Time
}

func (q *changeQuery) match(c *model.Change) bool {
	return (len(q.services) == 0 || slices.Contains(q.services, c.Service)) &&
		(len(q.kinds) == 0 || slices.Contains(q.kinds, c.Kind)) &&
		(q.since.IsZero() || !c.At.Before(q.since)) &&
		(q.until.IsZero() || c.At.Before(q.until))
}

func (q *changeQuery) hash() uint64 {
	list := query{states: q.kinds, services: q.services, since: q.since, until: q.until}
	return model.HashString("changes" + strconv.FormatUint(list.hash(), 36))
}

// changePage gives up to limit changes behind a place (nil: from the newest on).
func (p *Projection) changePage(q changeQuery, after *place, limit int) (out model.ChangePage) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	out.Changes = []model.Change{}
	all := p.notes.changes
	begin := len(all)
	if after != nil {
		begin, _ = slices.BinarySearchFunc(all, model.Change{At: after.opened, ID: after.id}, compareChanges)
	}
	for i := len(all) - 1; i >= 0; i-- {
		if !q.match(&all[i]) {
			continue
		}
		out.Total++
		switch {
		case i >= begin || out.NextCursor != nil:
		case len(out.Changes) == limit:
			last := out.Changes[limit-1]
			text := cursorOf(q.hash(), place{last.At, last.ID})
			out.NextCursor = &text
		default:
			out.Changes = append(out.Changes, all[i])
		}
	}
	return out
}

// ListChanges serves a page of changes, newest first.
func (h handlers) ListChanges(c echo.Context, params gen.ListChangesParams) error {
	q := changeQuery{services: params.Service, since: params.Since, until: params.Until}
	var err error
	if q.kinds, err = words("kind", params.Kind, gen.Deploy, gen.Flag, gen.Config, gen.Other, gen.Version); err != nil {
		return err
	}
	if len(q.services) > maxServices {
		return badParameter("service", fmt.Sprintf("at most %d services can be asked for, there are %d", maxServices, len(q.services)))
	}
	if !q.since.IsZero() && !q.until.IsZero() && !q.since.Before(q.until) {
		return badParameter("until", fmt.Sprintf("until must be after since %s, is %s", stamp(q.since), stamp(q.until)))
	}
	limit, err := limitFrom(params.Limit)
	if err != nil {
		return err
	}
	var after *place
	if params.Cursor != "" {
		at, err := placeOf(q.hash(), params.Cursor)
		if err != nil {
			return badParameter("cursor", err.Error())
		}
		after = &at
	}
	return answer(c, h.projection.changePage(q, after, limit))
}

// AddChange keeps a change that somebody made.
func (h handlers) AddChange(c echo.Context) error {
	b, err := body[model.ChangeRequest](c)
	if err != nil {
		return err
	}
	if err := trim(field{"kind", &b.Kind, maxLine}, field{"service", &b.Service, maxName}, field{"version", &b.Version, maxLine},
		field{"what", &b.What, maxText}, field{"by", &b.By, maxLine}, field{"url", &b.URL, maxText}); err != nil {
		return err
	}
	if b.Kind == "" {
		b.Kind = model.ChangeDeploy
	}
	told := []string{model.ChangeDeploy, model.ChangeFlag, model.ChangeConfig, model.ChangeOther}
	switch {
	case !slices.Contains(told, b.Kind):
		return badField("kind", "kind must be one of %s, is %q", strings.Join(told, ", "), clip(b.Kind))
	case b.Service == "" && b.What == "":
		return badField("service", "name the service that was changed, or say in what was done")
	}
	if b.URL != "" {
		u, err := url.Parse(b.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return badField("url", "url must begin with http:// or https:// and name a host, is %q", clip(b.URL))
		}
	}
	at := time.Now()
	if b.At != nil {
		at = *b.At
	}
	if at.Year() < 1970 || at.Year() > 9000 {
		return badField("at", "at is out of reach: %s", stamp(at))
	}
	return h.keep(c, model.Note{Kind: model.NoteChange, Change: &model.Change{
		Kind: b.Kind, Service: b.Service, Version: b.Version, At: at.UTC().Truncate(time.Millisecond), What: b.What, By: b.By, URL: b.URL,
	}})
}
