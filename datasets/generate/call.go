package generate

// call is one attempt of a frame to get something from somebody else.
type call struct {
	frame  *frame
	step   *step
	try    int
	span   *span // nil where the caller does not record its calls, or not yet
	conn   *pool // connection that it waits for or holds
	holds  bool
	callee *frame
	result outcome
	done   bool // the caller does not wait for it any more
}

func (s *simulation) startCall(f *frame, st *step) {
	s.attempt(&call{frame: f, step: st})
}

// attempt asks for a connection; the caller's patience is counted from here.
func (s *simulation) attempt(c *call) {
	f, st := c.frame, c.step
	f.waiting = c
	if !f.inst.service.dialsFirst {
		s.openCall(c)
	}
	if st.timeout > 0 {
		s.plan(s.now+st.timeout, act{kind: actTimeout, call: c})
	}
	if f.inst.dials != nil {
		if c.conn = f.inst.dials[st.target()]; c.conn != nil {
			c.conn.take(s, act{kind: actConnect, call: c})
			return
		}
	}
	s.connect(c)
}

// target names whom a step asks.
func (st *step) target() string {
	switch {
	case st.callee != nil:
		return st.callee.service.name
	case st.base != nil:
		return st.base.name
	case st.topic != nil:
		return st.topic.name
	}
	return ""
}

func (s *simulation) openCall(c *call) {
	f := c.frame
	kind := spanClient
	if c.step.kind == stepSend {
		kind = spanProducer
	}
	if c.span != nil || c.step.kind == stepCall && !f.inst.service.clientSpans {
		return
	}
	c.span = s.openSpan(f.trace, kind, f.inst, f.span.shown(s.world.dialect))
	c.span.step = c.step
}

// connect sends the request, on the connection that it waited for.
func (s *simulation) connect(c *call) {
	if c.conn != nil {
		c.holds = true
		if c.done {
			c.release(s)
			return
		}
	}
	f, st := c.frame, c.step
	if st.callee != nil && st.callee.service.stopped && st.callee.service.mute {
		c.span = nil
		s.settle(c, fine)
		return
	}
	s.openCall(c)
	switch {
	case st.topic != nil:
		s.send(c)
	case st.base != nil:
		s.query(c)
	default:
		s.request(c, f, st)
	}
}

func (s *simulation) request(c *call, f *frame, st *step) {
	from, to := f.inst.service, st.callee.service
	way := s.transit(from, to)
	inst := s.pick(to)
	if inst == nil || s.unreachable(from, to) {
		c.result = refused
		s.plan(s.now+2*way, act{kind: actReply, call: c})
		return
	}
	g := &frame{trace: f.trace, op: st.callee, inst: inst, reply: c, from: f.span.shown(s.world.dialect)}
	if c.span != nil {
		g.from = c.span.id
	}
	c.callee = g
	way += s.detained(f.inst, false) + s.detained(inst, true)
	s.plan(s.now+way, act{kind: actAccept, frame: g})
}

// query asks a database, which has a number of slots and no spans.
func (s *simulation) query(c *call) {
	b, way := c.step.base, s.hop()
	switch {
	case b.hangs:
		if c.step.timeout == 0 { // the driver's own limit
			s.plan(s.now+hangLimit, act{kind: actTimeout, call: c})
		}
	case b.down:
		c.result = refused
		s.plan(s.now+2*way, act{kind: actReply, call: c})
	default:
		b.slots.take(s, act{kind: actServe, call: c})
	}
}

// hangLimit is when a driver gives up a database that says nothing.
const hangLimit = 3 * sec

func (s *simulation) serve(c *call) {
	b := c.step.base
	d := float64(b.time.draw(s.chance)) * b.slow
	if b.slowFor != nil && b.slowFor.meets(c.frame.trace) {
		d *= b.slowFor.factor
	}
	if b.locked != "" && b.locked == c.step.table {
		d += b.lock * s.chance.ExpFloat64()
	}
	s.plan(s.now+micros(d), act{kind: actServed, call: c})
}

func (s *simulation) served(c *call) {
	b := c.step.base
	b.slots.give(s)
	if chance(s.chance, b.errs) {
		c.result = failed
	}
	sv := c.frame.inst.service
	way := s.hop() + s.hop() + 2*micros(sv.delay) + s.resend(sv.loss) + s.resend(sv.loss)
	s.plan(s.now+way, act{kind: actReply, call: c})
}

// send hands a message to a topic; the producer waits for the broker only.
func (s *simulation) send(c *call) {
	f, t := c.frame, c.step.topic
	way := s.hop() + micros(f.inst.service.delay)
	g := &frame{trace: f.trace, op: t.op, topic: t, from: f.span.shown(s.world.dialect)}
	if c.span != nil {
		g.from = c.span.id
	}
	if s.world.linked && c.span != nil {
		own := *f.trace
		own.id, own.tenant = s.traceID(), "" // only the entry of a trace knows
		g.trace, g.cause, g.from = &own, c.span, 0
	}
	s.plan(s.now+way+t.poll.draw(s.chance), act{kind: actAccept, frame: g})
	s.plan(s.now+2*way, act{kind: actReply, call: c})
}

// settle is the end of an attempt: the caller tries again, goes on or fails.
func (s *simulation) settle(c *call, o outcome) {
	if c.done {
		return
	}
	f, st := c.frame, c.step
	s.leave(c, o)
	switch {
	case !o.bad():
		s.run(f)
	case c.try < st.retries && !f.gone:
		again := &call{frame: f, step: st, try: c.try + 1}
		pause := float64(st.backoff<<c.try) * between(s.chance, 0.8, 1.2)
		s.plan(s.now+micros(pause), act{kind: actRetry, call: again})
	case st.swallow || st.kind == stepCache:
		s.run(f)
	default:
		s.end(f, failed)
	}
}

// leave stops waiting for an attempt and ends its span.
func (s *simulation) leave(c *call, o outcome) {
	c.done = true
	c.frame.waiting = nil
	if c.span != nil {
		s.closeSpan(c.span, o)
	}
	c.release(s)
	if g := c.callee; g != nil && !g.over && g.op.service.cancels {
		s.plan(s.now+s.hop(), act{kind: actCancel, frame: g})
	}
}

// release gives the connection back, if it has one: who leaves the line is still in
// it and gives back what he is given.
func (c *call) release(s *simulation) {
	if c.holds {
		c.holds = false
		c.conn.give(s)
	}
}

func (s *simulation) retry(c *call) {
	if f := c.frame; f.gone || f.over {
		s.run(f)
		return
	}
	s.attempt(c)
}

// pick takes the next instance of a service that is up; nil if there is none.
func (s *simulation) pick(sv *service) *instance {
	if sv.stopped {
		return nil
	}
	for range sv.instances {
		inst := sv.instances[sv.turn%len(sv.instances)]
		sv.turn++
		if !inst.down {
			return inst
		}
	}
	return nil
}

// transit is how long a message between two services is on its way.
func (s *simulation) transit(a, b *service) int64 {
	d := s.hop()
	if extra := a.delay + b.delay; extra > 0 {
		d += micros(extra * between(s.chance, 0.8, 1.2))
	}
	return d + s.resend(a.loss) + s.resend(b.loss)
}

// hop is how long a message is on its way in a healthy network.
func (s *simulation) hop() int64 { return s.world.net.draw(s.chance) }

// resendAfter is the first retransmission timeout of TCP; it doubles.
const resendAfter = 200 * sec / 1000

func (s *simulation) resend(loss float64) int64 {
	var d int64
	for i := 0; i < 4 && chance(s.chance, loss); i++ {
		d += resendAfter << i
	}
	return d
}
