package api

// feed is the newest events in a ring, revisions and notes. Every client of the event stream is a
// position in it and nothing else, so a client costs no buffer; one that the ring has
// overtaken has lost events and is told so. The projection's lock guards it.
type feed struct {
	ring    []*record
	first   uint64 // position of the oldest event that is kept
	next    uint64 // position of the event to come
	whole   bool   // the ring holds all that was ever applied
	changed chan struct{}
}

func newFeed(size int) feed {
	return feed{ring: make([]*record, size), whole: true, changed: make(chan struct{})}
}

func (f *feed) at(pos uint64) **record { return &f.ring[pos%uint64(len(f.ring))] }

func (f *feed) add(r *record) {
	if f.next-f.first == uint64(len(f.ring)) {
		f.first++
		f.whole = false
	}
	*f.at(f.next) = r
	f.next++
	close(f.changed)
	f.changed = make(chan struct{})
}

// forget drops all events: their sequences no longer mean what they meant.
func (f *feed) forget() {
	clear(f.ring)
	f.next++ // whoever was at the end has missed something too
	f.first = f.next
	f.whole = false
}

// follow is the position behind the revision with a log sequence, and before the notes that
// came after it: a note may come twice, and none that is
// kept is missed. It reports false if what came after
// that sequence is not known to be complete; the position then is the end.
func (p *Projection) follow(after uint64) (pos uint64, ok bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	f := &p.feed
	if after > p.seq {
		return f.next, false // of another log
	}
	for pos = f.next; pos > f.first; pos-- {
		if r := *f.at(pos - 1); r.note == nil && r.seq <= after {
			return pos, true
		}
	}
	if after == p.seq { // only notes are kept, if anything
		return f.first, true
	}
	if r := f.first; f.whole || r < f.next && (*f.at(r)).note == nil && (*f.at(r)).seq == after+1 {
		return r, true
	}
	return f.next, false
}

// end is the position of the event to come, with the sequence before it.
func (p *Projection) end() (pos, seq uint64) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.feed.next, p.seq
}

// events gives up to most events from a position on, and a channel that is closed
// when there are more. It reports false if the ring has overtaken the position.
func (p *Projection) events(pos uint64, most int) (rs []*record, changed <-chan struct{}, ok bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	f := &p.feed
	if pos < f.first {
		return nil, nil, false
	}
	for ; pos < f.next && len(rs) < most; pos++ {
		rs = append(rs, *f.at(pos))
	}
	return rs, f.changed, true
}
