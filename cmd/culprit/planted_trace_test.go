package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Columns of a Nezha trace file.
const (
	colTrace = iota
	colSpan
	colParent
	colPod
	colOperation
	colStart
	colEnd
	colDuration
)

// planting is what is known of a system that flaws are planted in.
type planting struct {
	recording string
	gateway   string                          // its entry, if that hands answers on as they are
	errorPage string                          // the span of a framework that handles what an operation throws, if it leaves one
	body      func(*plantedSpan) *plantedSpan // the span below which an operation that enters a service makes its calls, nil if it makes none
	before    time.Duration                   // flaws are planted so long before each fault, and the fault is left out; 0: in its place, if it shows nothing itself
}

var trainTicket = planting{
	recording: "nezha-trainticket-20230129-early",
	gateway:   "ts-gateway-service",
	errorPage: "BasicErrorController.error",
	body: func(s *plantedSpan) *plantedSpan { // its controller
		if len(s.kids) == 0 {
			return nil
		}
		return s.kids[0]
	},
}

var onlineBoutique = planting{
	recording: "nezha-onlineboutique-20220823",
	body:      func(s *plantedSpan) *plantedSpan { return s },
	before:    30 * time.Second,
}

// planted is a trace that can be changed: spans hold what lies between their calls, so that
// they become shorter with what is taken out of them.
type planted struct{ roots []*plantedSpan }

type plantedSpan struct {
	row                []string
	service, operation string
	start, end         int64 // ns
	parent             *plantedSpan
	kids               []*plantedSpan
	before             []int64 // from the end of the last call, or the start, to each call, ns
	after              int64   // from the last call to the end, ns
}

func parsePlanted(t *testing.T, rows [][]string) *planted {
	t.Helper()
	spans := map[string]*plantedSpan{}
	var order []*plantedSpan
	for _, row := range rows {
		s := &plantedSpan{row: row, operation: row[colOperation]}
		parts := strings.Split(row[colPod], "-")
		s.service = strings.Join(parts[:len(parts)-2], "-")
		var err1, err2 error
		s.start, err1 = strconv.ParseInt(row[colStart], 10, 64)
		s.end, err2 = strconv.ParseInt(row[colEnd], 10, 64)
		if err1 != nil || err2 != nil {
			t.Fatalf("times of %v: %v, %v", row, err1, err2)
		}
		spans[row[colSpan]] = s
		order = append(order, s)
	}
	slices.SortStableFunc(order, func(a, b *plantedSpan) int { return int(a.start - b.start) })
	tr := &planted{}
	for _, s := range order {
		if s.parent = spans[s.row[colParent]]; s.parent == nil {
			tr.roots = append(tr.roots, s)
		} else {
			s.parent.kids = append(s.parent.kids, s)
		}
	}
	for _, s := range order {
		last := s.start
		for _, k := range s.kids {
			s.before = append(s.before, k.start-last)
			last = k.end
		}
		s.after = s.end - last
	}
	return tr
}

// each visits the spans that are still there, parents first.
func (tr *planted) each(visit func(*plantedSpan)) {
	var walk func(s *plantedSpan)
	walk = func(s *plantedSpan) {
		visit(s)
		for _, k := range slices.Clone(s.kids) {
			walk(k)
		}
	}
	for _, r := range tr.roots {
		walk(r)
	}
}

// rows are the rows of what is left, with their new times.
func (tr *planted) rows() [][]string {
	var out [][]string
	for _, r := range tr.roots {
		r.lay(r.start)
	}
	tr.each(func(s *plantedSpan) {
		row := slices.Clone(s.row)
		row[colStart], row[colEnd] = strconv.FormatInt(s.start, 10), strconv.FormatInt(s.end, 10)
		row[colDuration] = strconv.FormatInt((s.end-s.start)/1000, 10)
		out = append(out, row)
	})
	return out
}

func (s *plantedSpan) lay(start int64) {
	s.start = start
	for i, k := range s.kids {
		k.lay(start + s.before[i])
		start = k.end
	}
	s.end = max(start+s.after, s.start+1000)
}

// entersService reports whether a span is the front door of its service.
func (s *plantedSpan) entersService() bool { return s.parent != nil && s.parent.service != s.service }

// keep leaves the first n calls of a span.
func (s *plantedSpan) keep(n int) {
	if n < len(s.kids) {
		s.kids, s.before = s.kids[:n], s.before[:n]
		s.after = min(max(s.after, 2e5), 3e5)
	}
}

// fails adds what the framework does when an operation throws.
func (s *plantedSpan) fails(p *planting, rng *rand.Rand) {
	if p.errorPage == "" || slices.ContainsFunc(s.kids, func(k *plantedSpan) bool { return k.operation == p.errorPage }) {
		return
	}
	k := &plantedSpan{row: slices.Clone(s.row), service: s.service, operation: p.errorPage, parent: s, after: 6e5 + rng.Int64N(19e5)}
	k.row[colSpan], k.row[colParent], k.row[colOperation] = fmt.Sprintf("%016x", rng.Uint64()), s.row[colSpan], p.errorPage
	s.kids, s.before = append(s.kids, k), append(s.before, 4e5)
}

// stopsCaller ends whoever asked s after that, and returns its front door; nil if it is the
// gateway, or has been ended before.
func (s *plantedSpan) stopsCaller(p *planting) *plantedSpan {
	for call, by := s, s.parent; by != nil && by.service != p.gateway; call, by = by, by.parent {
		i := slices.Index(by.kids, call)
		if i < 0 {
			return nil
		}
		by.keep(i + 1)
		if by.entersService() {
			return by
		}
	}
	return nil
}

// spoil has a flaw happen wherever its operation runs.
func (tr *planted) spoil(p *planting, f flaw, rng *rand.Rand) {
	var at []*plantedSpan
	tr.each(func(s *plantedSpan) {
		if s.service == f.service && s.operation == f.operation && s.entersService() {
			at = append(at, s)
		}
	})
	for _, s := range at {
		if rng.Float64() > f.share {
			continue
		}
		if body := p.body(s); f.kind != misleads && body != nil {
			body.keep(f.keeps)
		}
		if f.kind == throws || f.kind == caught {
			s.fails(p, rng)
		}
		switch f.kind {
		case throws:
			for by := s.stopsCaller(p); by != nil; by = by.stopsCaller(p) {
				by.fails(p, rng)
			}
		case gaveUp, misleads:
			s.stopsCaller(p)
		}
	}
}
