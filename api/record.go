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
	full     []byte    // compressed
	brief    []byte    // compressed
}

// recordOverhead is roughly what a record takes beside its JSON and names.
const recordOverhead = 512

func newRecord(seq uint64, in model.Incident) (*record, error) {
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
		full:     s2.EncodeBetter(nil, full),
		brief:    s2.EncodeBetter(nil, brief),
	}
	r.full, r.brief = slices.Clip(slices.Clone(r.full)), slices.Clip(slices.Clone(r.brief))
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

func (r *record) open() bool { return r.state == model.StateOpen }

func (r *record) size() int64 {
	n := recordOverhead + len(r.id) + len(r.full) + len(r.brief)
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

// length is the length of the published JSON.
func (r *record) length(v view) (int, error) {
	n, err := s2.DecodedLen(r.packed(v))
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
	text, err := s2.Decode(b.AvailableBuffer(), r.packed(v))
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
type view bool

const (
	viewFull  view = false
	viewBrief view = true
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
