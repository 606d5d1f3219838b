package api

import (
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"culprit/model"
)

// query is which incidents are asked for; empty fields ask for all.
type query struct {
	states, severities, services []string
	since, until                 time.Time
}

func (q *query) match(r *record) bool {
	return (len(q.states) == 0 || slices.Contains(q.states, r.state)) &&
		(len(q.severities) == 0 || slices.Contains(q.severities, r.severity)) &&
		(q.since.IsZero() || r.open() || r.over.After(q.since)) &&
		(q.until.IsZero() || r.started.Before(q.until)) &&
		(len(q.services) == 0 || slices.ContainsFunc(q.services, r.concerns))
}

func (r *record) concerns(service string) bool {
	_, found := slices.BinarySearch(r.services, service)
	return found
}

// hash tells queries apart, whatever the order of their words.
func (q *query) hash() uint64 {
	var b strings.Builder
	for _, words := range [][]string{q.states, q.severities, q.services} {
		words = slices.Clone(words)
		slices.Sort(words)
		for _, w := range slices.Compact(words) {
			b.WriteString(strconv.Quote(w))
		}
		b.WriteByte('|')
	}
	b.WriteString(q.since.UTC().Format(time.RFC3339Nano))
	b.WriteByte('|')
	b.WriteString(q.until.UTC().Format(time.RFC3339Nano))
	return model.HashString(b.String())
}

// place is where a page ended: the last incident on it.
type place struct {
	opened time.Time
	id     string
}

// cursor writes a place as clients carry it, bound to the query that it belongs to.
func (q *query) cursor(at place) string { return cursorOf(q.hash(), at) }

// parseCursor reads what cursor wrote.
func (q *query) parseCursor(text string) (place, error) { return placeOf(q.hash(), text) }

func cursorOf(query uint64, at place) string {
	raw := strings.Join([]string{
		"1",
		strconv.FormatUint(query, 36),
		strconv.FormatInt(at.opened.Unix(), 36),
		strconv.FormatInt(int64(at.opened.Nanosecond()), 36),
		at.id,
	}, " ")
	return base64.RawURLEncoding.EncodeToString([]byte(raw))
}

var (
	errCursor      = errors.New("not a cursor of this list: take next_cursor of the page before, or leave it out to begin")
	errOtherCursor = errors.New("this cursor belongs to other filters: begin again without it")
)

func placeOf(query uint64, text string) (place, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return place{}, errCursor
	}
	parts := strings.SplitN(string(raw), " ", 5)
	if len(parts) != 5 || parts[0] != "1" {
		return place{}, errCursor
	}
	hash, err1 := strconv.ParseUint(parts[1], 36, 64)
	sec, err2 := strconv.ParseInt(parts[2], 36, 64)
	nsec, err3 := strconv.ParseInt(parts[3], 36, 64)
	if err := errors.Join(err1, err2, err3); err != nil {
		return place{}, errCursor
	}
	if hash != query {
		return place{}, errOtherCursor
	}
	return place{time.Unix(sec, nsec).UTC(), parts[4]}, nil
}

// page is part of a list.
type page struct {
	records []*record
	marks   []*model.Marks // of each; nil: none
	next    *place         // nil: the last page
	total   int            // on all pages
	seq     uint64
	tag     string
}

// list gives up to limit incidents behind a place (nil: from the newest on).
func (p *Projection) list(q query, after *place, limit int) page {
	p.mu.RLock()
	defer p.mu.RUnlock()
	out := page{seq: p.seq, tag: p.tag()}
	begin := len(p.order)
	if after != nil {
		begin, _ = slices.BinarySearchFunc(p.order, &entry{id: after.id, opened: after.opened}, compareEntries)
	}
	for i := len(p.order) - 1; i >= 0; i-- {
		e := p.order[i]
		if !q.match(e.newest()) {
			continue
		}
		out.total++
		switch {
		case i >= begin || out.next != nil:
		case len(out.records) == limit:
			last := out.records[limit-1]
			out.next = &place{p.byID[last.id].opened, last.id}
		default:
			out.records = append(out.records, e.newest())
			out.marks = append(out.marks, p.marks(e))
		}
	}
	return out
}
