package api

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/s2"

	"culprit/model"
)

// record is one revision of an incident as the projection keeps it: what filters
// ask for, and the published JSON, compressed. It is never changed.
type record struct {
	seq      uint64
	id       string
	revision int
	event    string
	state    string
	severity string
	started  time.Time
	over     time.Time // zero while open
	services []string  // blamed or affected, sorted
	full     []byte    // compressed, without its exhibit
	brief    []byte    // compressed
	exhibit  []byte    // compressed, nil if it has none
	note     []byte    // JSON: then it is no revision but what somebody said after it
}

// recordOverhead is roughly what a record takes beside its JSON and names.
const recordOverhead = 512

func newRecord(seq uint64, in model.Incident) (*record, error) {
	var exhibit []byte
	if in.Exhibit != nil {
		text, err := encode(in.Exhibit)
		if err != nil {
			return nil, err
		}
		exhibit = pack(text)
		in.Exhibit = nil
	}
	full, err := encode(in)
	if err != nil {
		return nil, err
	}
	brief, err := encode(briefly(in))
	if err != nil {
		return nil, err
	}
	r := &record{
		seq:      seq,
		id:       strings.Clone(in.ID),
		revision: in.Revision,
		event:    strings.Clone(in.Event),
		state:    strings.Clone(in.State),
		severity: strings.Clone(in.Severity),
		started:  in.StartedAt,
		full:     pack(full),
		brief:    pack(brief),
		exhibit:  exhibit,
	}
	if in.State != model.StateOpen {
		r.over = in.UpdatedAt
		if in.ResolvedAt != nil {
			r.over = *in.ResolvedAt
		}
	}
	for _, name := range append(slices.Clone(in.Affected), in.Service()) {
		if name != "" {
			r.services = append(r.services, strings.Clone(name))
		}
	}
	slices.Sort(r.services)
	r.services = slices.Compact(r.services)
	return r, nil
}

// pack compresses, in as many bytes as that takes.
func pack(text []byte) []byte { return slices.Clip(slices.Clone(s2.EncodeBetter(nil, text))) }

func (r *record) open() bool { return r.state == model.StateOpen }

func (r *record) size() int64 {
	n := recordOverhead + len(r.id) + len(r.full) + len(r.brief) + len(r.exhibit)
	for _, s := range r.services {
		n += len(s) + 16
	}
	return int64(n)
}

func (r *record) packed(v view) []byte {
	if v == viewBrief {
		return r.brief
	}
	return r.full
}

// exhibitField joins the exhibit to the fields before it: it is the last one.
const exhibitField = `,"exhibit":`

// length is the length of the published JSON.
func (r *record) length(v view) (int, error) {
	n, err := s2.DecodedLen(r.packed(v))
	if err == nil && v == viewFull && r.exhibit != nil {
		var more int
		more, err = s2.DecodedLen(r.exhibit)
		n += len(exhibitField) + more
	}
	if err != nil {
		return 0, r.unreadable(err)
	}
	return n, nil
}

// write adds the published JSON.
func (r *record) write(b *bytes.Buffer, v view) error {
	n, err := r.length(v)
	if err != nil {
		return err
	}
	b.Grow(n)
	if err := r.unpack(b, r.packed(v)); err != nil || v != viewFull || r.exhibit == nil {
		return err
	}
	b.Truncate(b.Len() - len("}")) // the object goes on
	b.WriteString(exhibitField)
	if err := r.unpack(b, r.exhibit); err != nil {
		return err
	}
	b.WriteByte('}')
	return nil
}

// unpack adds what was compressed.
func (r *record) unpack(b *bytes.Buffer, packed []byte) error {
	n, err := s2.DecodedLen(packed)
	if err != nil {
		return r.unreadable(err)
	}
	b.Grow(n)
	text, err := s2.Decode(b.AvailableBuffer()[:0:n], packed)
	if err != nil {
		return r.unreadable(err)
	}
	b.Write(text)
	return nil
}

func (r *record) unreadable(err error) error {
	return fmt.Errorf("incident %s revision %d as kept: %w", clip(r.id), r.revision, err)
}

// view is how much of an incident is told.
type view uint8

const (
	viewFull  view = iota // as it was published
	viewPlain             // without what it is shown with
	viewBrief             // what a list shows
)

// briefSuspects is how many suspects a brief incident names: who reads a list wants
// the cause and whether it is alone.
const briefSuspects = 3

// briefly leaves out of an incident what a list does not show.
func briefly(in model.Incident) model.Incident {
	in.Suspects = slices.Clone(in.Suspects[:min(briefSuspects, len(in.Suspects))])
	for i := range in.Suspects {
		in.Suspects[i].Evidence = nil
		in.Suspects[i].Exemplars = nil
	}
	in.Impact.EntryPoints = nil
	in.Links = nil
	in.Warnings = nil
	return in
}
