package generate

// pool is a number of equal things that acts wait for in line: workers, cores,
// connections, slots of a database.
type pool struct {
	size, busy int
	line       []act // the front is at head
	head       int
}

// take plans the act at once if something is free, else puts it in line.
func (p *pool) take(s *simulation, w act) {
	if p.busy < p.size {
		p.busy++
		s.plan(s.now, w)
		return
	}
	p.line = append(p.line, w)
}

// give returns one thing, to the first in line if the pool has not shrunk.
func (p *pool) give(s *simulation) {
	p.busy--
	p.serve(s)
}

// resize changes how many there are. What is in use above the new size is not taken
// away, but not lent again either.
func (p *pool) resize(s *simulation, size int) {
	p.size = size
	p.serve(s)
}

func (p *pool) serve(s *simulation) {
	for p.busy < p.size && p.head < len(p.line) {
		w := p.line[p.head]
		p.line[p.head] = act{}
		p.head++
		p.busy++
		s.plan(s.now, w)
	}
	if p.head > 64 && 2*p.head > len(p.line) {
		n := copy(p.line, p.line[p.head:])
		clear(p.line[n:])
		p.line, p.head = p.line[:n], 0
	}
}
