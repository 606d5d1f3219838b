package generate

// act is something that happens to a frame or a call.
type act struct {
	kind  actKind
	frame *frame
	call  *call
	n     int32 // index of the effect, of the arrival process
}

type actKind uint8

const (
	actArrive  actKind = iota // a request comes from outside: n is the kind of request
	actFlush                  // a second is over: what was exported in it goes out
	actEffect                 // effect n of the scenario begins or ends
	actAccept                 // frame reaches its instance
	actWork                   // frame has a worker
	actBurst                  // frame has a core
	actBurnt                  // frame's work on the core is done
	actRun                    // frame goes on
	actConnect                // call has a connection
	actServe                  // call has a slot at its database
	actServed                 // the database is done with call
	actReply                  // the answer to call arrives
	actTimeout                // the caller's patience with call is over
	actRetry                  // the caller tries call again
	actCancel                 // frame learns that nobody waits for it
	actCron                   // a scheduled job starts: n is the kind of request
)

// event is an act at a time. seq keeps acts of one instant in the order in which they
// were planned.
type event struct {
	at  int64
	seq uint64
	act act
}

// agenda is what is going to happen, a heap of four children each.
type agenda struct {
	events []event
	seq    uint64
}

func (a *agenda) plan(at int64, w act) {
	a.seq++
	a.events = append(a.events, event{at, a.seq, w})
	i := len(a.events) - 1
	e := a.events[i]
	for i > 0 {
		p := (i - 1) / 4
		if !e.before(&a.events[p]) {
			break
		}
		a.events[i] = a.events[p]
		i = p
	}
	a.events[i] = e
}

// next takes the earliest event; there must be one.
func (a *agenda) next() event {
	top := a.events[0]
	last := len(a.events) - 1
	e := a.events[last]
	a.events[last] = event{}
	a.events = a.events[:last]
	if last == 0 {
		return top
	}
	i := 0
	for {
		k := 4*i + 1
		if k >= last {
			break
		}
		least := k
		for j := k + 1; j < min(k+4, last); j++ {
			if a.events[j].before(&a.events[least]) {
				least = j
			}
		}
		if !a.events[least].before(&e) {
			break
		}
		a.events[i] = a.events[least]
		i = least
	}
	a.events[i] = e
	return top
}

func (e *event) before(o *event) bool {
	return e.at < o.at || e.at == o.at && e.seq < o.seq
}
