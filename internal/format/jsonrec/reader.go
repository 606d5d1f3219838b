package jsonrec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxValue is the largest record, 256 MiB: a trace of 200,000 Jaeger spans.
const MaxValue = 256 << 20

const firstBuffer = 64 << 10

// ErrBroken is a record that stops before its brackets are closed although the
// stream goes on. [Reader.NextLine] is the way to go on.
var ErrBroken = errors.New("record is cut off")

// errTooLong ends the reading: nobody knows where such a record stops.
var errTooLong = fmt.Errorf("record is larger than %d MiB", MaxValue>>20)

// Reader reads JSON values from a stream. It belongs to one goroutine.
type Reader struct {
	// Starts are the beginnings of records at the start of a line. A value that is
	// still open where a line begins so is broken: its own end is missing.
	Starts []string

	src  io.Reader
	buf  []byte
	head int // buf[head:] is unread
	err  error
	line int // of buf[head], from 1
	last int // line on which the last value began
}

// New returns a reader of src.
func New(src io.Reader) *Reader {
	return &Reader{src: src, buf: make([]byte, 0, firstBuffer), line: 1, last: 1}
}

// Line is the line on which the last value or peeked byte stands, from 1.
func (r *Reader) Line() int { return r.last }

// Peek returns the next byte that is no white space and leaves it there.
func (r *Reader) Peek() (byte, error) {
	for {
		for ; r.head < len(r.buf); r.head++ {
			switch c := r.buf[r.head]; c {
			case '\n':
				r.line++
			case ' ', '\t', '\r', 0xef, 0xbb, 0xbf: // with the byte order mark
			default:
				r.last = r.line
				return c, nil
			}
		}
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
}

// expect consumes c.
func (r *Reader) expect(c byte) error {
	got, err := r.Peek()
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	if got != c {
		return fmt.Errorf("want %q, have %q", c, got)
	}
	r.head++
	return nil
}

// Object reads an object and calls field for each key; field reads the value with
// Value, Array or Object.
func (r *Reader) Object(field func(key string) error) error {
	if err := r.expect('{'); err != nil {
		return err
	}
	return r.list('}', func() error {
		key, err := r.Value()
		if err != nil {
			return err
		}
		if len(key) < 2 || key[0] != '"' {
			return errors.New("want a key in quotes")
		}
		name := string(key[1 : len(key)-1])
		if err := r.expect(':'); err != nil {
			return err
		}
		return field(name)
	})
}

// Array reads an array and calls item before each element; item reads it with
// Value, Array or Object.
func (r *Reader) Array(item func() error) error {
	if err := r.expect('['); err != nil {
		return err
	}
	return r.list(']', item)
}

// list reads what stands between brackets, separated by commas.
func (r *Reader) list(end byte, item func() error) error {
	for first := true; ; first = false {
		c, err := r.Peek()
		switch {
		case err == io.EOF:
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		case c == end:
			r.head++
			return nil
		case !first:
			if err := r.expect(','); err != nil {
				return err
			}
		}
		if err := item(); err != nil {
			return err
		}
	}
}

// Value returns the next value as it stands, valid until the next call.
//
// Special cases:
//
//	io.EOF                if there is none
//	io.ErrUnexpectedEOF   if the stream ends inside it
//	ErrBroken             with Starts: if another record begins inside it, or a string spans lines
func (r *Reader) Value() ([]byte, error) {
	c, err := r.Peek()
	if err != nil {
		return nil, err
	}
	switch c {
	case '{', '[':
		return r.brackets()
	case '"':
		n, err := r.str(0)
		if err != nil {
			return nil, err
		}
		return r.take(n), nil
	}
	for n := 0; ; n++ {
		if r.head+n >= len(r.buf) {
			if err := r.fill(); err == io.EOF && n > 0 {
				return r.take(n), nil
			} else if err != nil {
				return nil, r.inside(err)
			}
		}
		switch r.buf[r.head+n] {
		case ',', ']', '}', ':', ' ', '\t', '\r', '\n', '"', '{', '[':
			if n == 0 {
				return nil, fmt.Errorf("want a value, have %q", c)
			}
			return r.take(n), nil
		}
	}
}

// brackets measures an object or array by counting.
func (r *Reader) brackets() ([]byte, error) {
	depth := 0
	for n := 0; ; {
		if r.head+n >= len(r.buf) {
			if err := r.fill(); err != nil {
				return nil, r.inside(err)
			}
		}
		window := r.buf[r.head:]
		for ; n < len(window); n++ {
			switch window[n] {
			case '{', '[':
				depth++
				continue
			case '}', ']':
				if depth--; depth == 0 {
					return r.take(n + 1), nil
				}
				continue
			case '\n':
				if len(r.Starts) == 0 {
					continue
				}
				if r.startsAt(n + 1) {
					r.skip(n)
					return nil, ErrBroken
				}
				window = r.buf[r.head:]
				continue
			case '"':
				// Most strings lie in the buffer whole and escape nothing at their end.
				end := bytes.IndexByte(window[n+1:], '"')
				if end >= 0 && window[n+end] != '\\' && len(r.Starts) == 0 {
					n += end + 1
					continue
				}
			default:
				continue
			}
			size, err := r.str(n)
			if err != nil {
				return nil, err
			}
			n += size
			break // the buffer may have moved
		}
	}
}

// str measures the string that begins n bytes ahead.
func (r *Reader) str(n int) (int, error) {
	for i := n + 1; ; {
		for r.head+i >= len(r.buf) {
			if err := r.fill(); err != nil {
				return 0, r.inside(err)
			}
		}
		rest := r.buf[r.head+i:]
		end := bytes.IndexByte(rest, '"')
		if end >= 0 {
			rest = rest[:end]
		}
		if len(r.Starts) > 0 {
			if nl := bytes.IndexByte(rest, '\n'); nl >= 0 {
				r.skip(i + nl)
				return 0, ErrBroken
			}
		}
		i += len(rest)
		if end < 0 {
			continue
		}
		slashes := 0
		for i-1-slashes > n && r.buf[r.head+i-1-slashes] == '\\' {
			slashes++
		}
		i++
		if slashes%2 == 0 {
			return i - n, nil
		}
	}
}

// startsAt reports whether a record begins n bytes ahead.
func (r *Reader) startsAt(n int) bool {
	longest := 0
	for _, s := range r.Starts {
		longest = max(longest, len(s))
	}
	for len(r.buf)-r.head < n+longest && r.fill() == nil {
	}
	rest := r.buf[min(r.head+n, len(r.buf)):]
	for _, s := range r.Starts {
		if bytes.HasPrefix(rest, []byte(s)) {
			return true
		}
	}
	return false
}

// Each calls item with every value at the top of the stream, and with every element
// of a list there. It returns nil at the end of the stream, else why it stopped.
func (r *Reader) Each(item func(raw []byte) error) error {
	one := func() error {
		raw, err := r.Value()
		if err != nil {
			return err
		}
		return item(raw)
	}
	for {
		c, err := r.Peek()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case c == '[':
			err = r.Array(one)
		default:
			err = one()
		}
		if err != nil {
			return err
		}
	}
}

// NextLine skips the rest of the line.
func (r *Reader) NextLine() error {
	for {
		if nl := bytes.IndexByte(r.buf[r.head:], '\n'); nl >= 0 {
			r.skip(nl + 1)
			return nil
		}
		r.head = len(r.buf)
		if err := r.fill(); err != nil {
			return err
		}
	}
}

// take consumes n bytes and returns them.
func (r *Reader) take(n int) []byte {
	v := r.buf[r.head : r.head+n]
	r.skip(n)
	return v
}

func (r *Reader) skip(n int) {
	r.line += bytes.Count(r.buf[r.head:r.head+n], []byte{'\n'})
	r.head += n
}

// fill reads more behind what is unread, which keeps its distance from r.head.
func (r *Reader) fill() error {
	if r.err != nil {
		return r.err
	}
	if r.head > 0 {
		r.buf = r.buf[:copy(r.buf, r.buf[r.head:])]
		r.head = 0
	}
	if len(r.buf) == cap(r.buf) {
		if len(r.buf) >= MaxValue {
			r.err = errTooLong
			return r.err
		}
		r.buf = append(make([]byte, 0, 2*cap(r.buf)), r.buf...)
	}
	for range 100 {
		n, err := r.src.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		r.err = err
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// inside is an end of the stream where a value has begun.
func (r *Reader) inside(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
