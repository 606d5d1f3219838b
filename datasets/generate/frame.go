package generate

// frame is an operation at work for one caller, or one branch of it.
type frame struct {
	trace  *trace
	op     *operation
	inst   *instance
	server *span // nil for a branch
	span   *span // innermost open span
	up     *frame
	topic  *topic // of a consumer
	lent   *pool  // worker to give back
	reply  *call  // who waits for the answer

	stack  []cursor
	few    [3]cursor
	from   uint64 // parent of the server span
	cause  *span
	root   bool
	burst  int64
	fate   outcome
	fateAt int32 // at this step of its program it ends as fate says; -1: never

	pending  int // branches at work
	broken   outcome
	branches []*frame
	waiting  *call
	gone     bool // nobody waits for it any more
	over     bool
}

// cursor is a place in a program.
type cursor struct {
	prog  program
	pc    int
	left  int // further rounds
	again bool
	span  *span // ends with the program
	outer *span
}

func (f *frame) push(c cursor) {
	if f.stack == nil {
		f.stack = f.few[:0]
	}
	f.stack = append(f.stack, c)
}

// accept is a request that reaches its instance, or a message its topic.
func (s *simulation) accept(f *frame) {
	if f.topic != nil {
		f.lent = &f.topic.workers
	} else {
		f.lent = &f.inst.workers
		if f.inst.service.acceptsFirst {
			s.openServer(f)
		}
	}
	f.lent.take(s, act{kind: actWork, frame: f})
}

func (s *simulation) openServer(f *frame) {
	kind := spanServer
	if f.topic != nil {
		kind = spanConsumer
	}
	f.server = s.openSpan(f.trace, kind, f.inst, f.from)
	f.server.op, f.server.root, f.server.cause = f.op, f.root, f.cause
	if f.op.after != "" {
		f.server.number = s.ids.Uint64()
	}
	f.span = f.server
}

// work starts the operation on the worker that it waited for.
func (s *simulation) work(f *frame) {
	if f.topic != nil {
		f.inst = s.pick(f.op.service)
		if f.inst == nil { // none is left: the message is lost
			f.lent.give(s)
			f.over = true
			return
		}
	}
	if f.server == nil {
		s.openServer(f)
	}
	f.push(cursor{prog: f.op.prog})
	s.decideFate(f)
	s.run(f)
}

// decideFate draws how the operation is going to end if nothing else happens to it.
func (s *simulation) decideFate(f *frame) {
	f.fateAt = -1
	r := s.chance.Float64()
	errs := f.op.errs + f.inst.errs + f.inst.service.versions[f.inst.version].errs
	switch {
	case r < errs:
		f.fate, f.fateAt = failed, int32(1+s.chance.IntN(len(f.op.prog)))
	case r < errs+f.op.missing:
		f.fate, f.fateAt = notFound, 1
	case r < errs+f.op.missing+f.op.early:
		f.fate, f.fateAt = fine, 1
	}
}

// run goes on with a frame until it has to wait for something.
func (s *simulation) run(f *frame) {
	if f.over {
		return
	}
	if f.gone {
		s.end(f, cancelled)
		return
	}
	if f.broken != fine {
		s.end(f, f.broken)
		return
	}
	for {
		c := &f.stack[len(f.stack)-1]
		if len(f.stack) == 1 && f.up == nil && f.fateAt >= 0 && c.pc >= int(f.fateAt) {
			s.end(f, f.fate)
			return
		}
		if c.pc == len(c.prog) {
			if c.left > 0 {
				c.left--
				c.pc = 0
				continue
			}
			if c.span != nil {
				s.closeSpan(c.span, fine)
				f.span = c.outer
			}
			f.stack = f.stack[:len(f.stack)-1]
			if len(f.stack) == 0 {
				s.end(f, fine)
				return
			}
			continue
		}
		st := &c.prog[c.pc]
		if st.repeat > 0 && !c.again {
			one := c.prog[c.pc : c.pc+1]
			c.pc++
			f.push(cursor{prog: one, left: st.repeat, again: true})
			continue
		}
		c.pc++
		if !st.off && s.do(f, st) {
			return
		}
	}
}

// do starts a step and reports whether the frame has to wait for its end.
func (s *simulation) do(f *frame, st *step) (waits bool) {
	switch st.kind {
	case stepWork:
		f.burst = micros(float64(st.time.draw(s.chance))*s.slowness(f)) + f.inst.stalls.wait(s.now)
		f.inst.cores.take(s, act{kind: actBurst, frame: f})
		return true
	case stepWait:
		s.plan(s.now+st.time.draw(s.chance), act{kind: actRun, frame: f})
		return true
	case stepMaybe:
		if chance(s.chance, st.prob) {
			f.push(cursor{prog: st.body})
		}
	case stepTimes:
		if st.times > 0 {
			f.push(cursor{prog: st.body, left: st.times - 1})
		}
	case stepSpan:
		sp := s.openSpan(f.trace, spanInternal, f.inst, f.span.shown(s.world.dialect))
		sp.step = st
		f.push(cursor{prog: st.body, span: sp, outer: f.span})
		f.span = sp
	case stepAll:
		f.pending = len(st.branches)
		f.branches = f.branches[:0]
		for _, prog := range st.branches {
			b := &frame{trace: f.trace, op: f.op, inst: f.inst, span: f.span, up: f, fateAt: -1}
			b.push(cursor{prog: prog})
			f.branches = append(f.branches, b)
			s.plan(s.now, act{kind: actRun, frame: b})
		}
		return true
	case stepCache:
		if hit := chance(s.chance, st.prob); !hit || st.base != nil && st.base.down {
			f.push(cursor{prog: st.body})
		}
		if st.base == nil {
			return false
		}
		s.startCall(f, st)
		return true
	case stepCall, stepQuery, stepSend:
		s.startCall(f, st)
		return true
	}
	return false
}

// slowness is the factor on the frame's own time.
func (s *simulation) slowness(f *frame) float64 {
	sv := f.inst.service
	k := f.op.slow * sv.slow * f.inst.slow * f.inst.host.slow
	if sv.versions != nil {
		if v, ok := sv.versions[f.inst.version]; ok && v.slow > 0 {
			k *= v.slow
		}
	}
	if f.op.slowFor != nil && f.op.slowFor.meets(f.trace) {
		k *= f.op.slowFor.factor
	}
	if f.inst.since > 0 {
		k *= coldness(s.now - f.inst.since)
	}
	return k
}

func (w *slowFor) meets(t *trace) bool {
	return w.tenant != "" && w.tenant == t.tenant || w.flag && t.flags
}

// end is a frame that is done, well or badly.
func (s *simulation) end(f *frame, o outcome) {
	f.over = true
	for i := len(f.stack) - 1; i >= 0; i-- {
		if sp := f.stack[i].span; sp != nil {
			s.closeSpan(sp, o)
		}
	}
	f.stack = nil
	if up := f.up; up != nil {
		if o.bad() {
			up.broken = o
		}
		if up.pending--; up.pending == 0 {
			s.plan(s.now, act{kind: actRun, frame: up})
		}
		return
	}
	s.closeSpan(f.server, o)
	f.lent.give(s)
	if c := f.reply; c != nil {
		c.result = o
		way := s.transit(f.inst.service, c.frame.inst.service) + s.detained(f.inst, false) + s.detained(c.frame.inst, false)
		s.plan(s.now+way, act{kind: actReply, call: c})
	}
}

// cancel tells a frame that its caller has gone. What it computes it computes to the
// end; what it waits for it leaves.
func (s *simulation) cancel(f *frame) {
	if f.over || f.gone {
		return
	}
	f.gone = true
	for _, b := range f.branches {
		s.cancel(b)
	}
	if c := f.waiting; c != nil && !c.done {
		s.leave(c, cancelled)
		s.end(f, cancelled)
	}
}
