package jsonrec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Cursor walks through one record without building anything. It is made for
// documents of known shape, where almost all time goes into names and strings:
//
//	for ok := c.Object(); ok; ok = c.Next() {
//		switch string(c.Key()) {
//		case "name":
//			name = c.Text()
//		default:
//			c.Skip()
//		}
//	}
//	return c.Err()
//
// Every Key is followed by exactly one of Object, Array, Text, Int, Scalar, Raw and Skip.
// Object and Array skip a value of another type, which then has no members. After an
// error all of them return nothing, so that loops end by themselves. What is skipped
// is checked for its brackets only.
type Cursor struct {
	b   []byte
	i   int
	err error
}

// NewCursor returns a cursor on a record.
func NewCursor(record []byte) Cursor { return Cursor{b: record} }

// Err is why the record could not be read to its end.
func (c *Cursor) Err() error { return c.err }

// Kind is the first byte of the next value: one of {["tfn-0123456789, or 0 at the end.
func (c *Cursor) Kind() byte {
	for ; c.i < len(c.b); c.i++ {
		switch k := c.b[c.i]; k {
		case ' ', '\t', '\r', '\n':
		default:
			return k
		}
	}
	return 0
}

// Object enters an object and reports whether it has a member.
func (c *Cursor) Object() bool { return c.enter('{', '}') }

// Array enters an array and reports whether it has an element.
func (c *Cursor) Array() bool { return c.enter('[', ']') }

func (c *Cursor) enter(open, end byte) bool {
	if c.err != nil {
		return false
	}
	if c.Kind() != open {
		c.Skip()
		return false
	}
	c.i++
	if c.Kind() == end {
		c.i++
		return false
	}
	return true
}

// Next goes on behind a value, and reports whether there is another one in this
// object or array.
func (c *Cursor) Next() bool {
	if c.err != nil {
		return false
	}
	switch k := c.Kind(); k {
	case ',':
		c.i++
		return true
	case '}', ']':
		c.i++
		return false
	default:
		c.fail("want a comma or the end of a list", k)
		return false
	}
}

// Key reads the name of a member. It is valid as long as the record is.
func (c *Cursor) Key() []byte {
	if c.err != nil {
		return nil
	}
	if k := c.Kind(); k != '"' {
		c.fail("want a key in quotes", k)
		return nil
	}
	key := c.str()
	if k := c.Kind(); k != ':' {
		c.fail("want a colon", k)
		return nil
	}
	c.i++
	return key
}

// Text reads a string; a value of another type is skipped and gives nil. It is valid
// as long as the record is.
func (c *Cursor) Text() []byte {
	if c.err != nil {
		return nil
	}
	if c.Kind() != '"' {
		c.Skip()
		return nil
	}
	return c.str()
}

// Scalar reads a string without its quotes, or any other value as it stands.
func (c *Cursor) Scalar() []byte {
	if c.err == nil && c.Kind() == '"' {
		return c.str()
	}
	return c.Raw()
}

// Int reads a whole number, which some writers put in quotes or write as 1.5e15. The
// error is for a value that is none; the cursor is behind it and goes on.
func (c *Cursor) Int() (int64, error) {
	b := c.Scalar()
	if n, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		return n, nil
	}
	x, err := strconv.ParseFloat(string(b), 64)
	if err != nil || !(math.Abs(x) < math.MaxInt64) {
		return 0, fmt.Errorf("%.40q is no whole number", b)
	}
	return int64(x), nil
}

// Raw reads a value as it stands.
func (c *Cursor) Raw() []byte {
	if c.err != nil {
		return nil
	}
	c.Kind()
	start := c.i
	c.Skip()
	return c.b[start:c.i]
}

// Skip passes over a value.
func (c *Cursor) Skip() {
	if c.err != nil {
		return
	}
	switch k := c.Kind(); k {
	case '"':
		c.pass()
	case '{', '[':
		for depth := 0; c.i < len(c.b); {
			switch c.b[c.i] {
			case '"':
				if c.pass(); c.err != nil {
					return
				}
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			c.i++
			if depth == 0 {
				return
			}
		}
		c.err = io.ErrUnexpectedEOF
	default:
		n := 0
		for ; c.i+n < len(c.b); n++ {
			switch c.b[c.i+n] {
			case ',', ']', '}', ':', ' ', '\t', '\r', '\n', '"', '{', '[':
				if n == 0 {
					c.fail("want a value", k)
				}
				c.i += n
				return
			}
		}
		if c.i += n; n == 0 {
			c.err = io.ErrUnexpectedEOF
		}
	}
}

// pass goes behind a string and returns where its content ends.
func (c *Cursor) pass() int {
	for i := c.i + 1; i < len(c.b); {
		end := bytes.IndexByte(c.b[i:], '"')
		if end < 0 {
			break
		}
		i += end
		slashes := 0
		for c.b[i-1-slashes] == '\\' { // ends at the opening quote
			slashes++
		}
		if slashes%2 == 0 {
			c.i = i + 1
			return i
		}
		i++
	}
	c.err = io.ErrUnexpectedEOF
	c.i = len(c.b)
	return c.i
}

// str reads a string.
func (c *Cursor) str() []byte {
	start := c.i
	end := c.pass()
	if c.err != nil {
		return nil
	}
	s := c.b[start+1 : end]
	if bytes.IndexByte(s, '\\') < 0 {
		return s
	}
	var plain string
	if err := json.Unmarshal(c.b[start:end+1], &plain); err != nil {
		c.err = fmt.Errorf("at byte %d: %w", start, err)
		return nil
	}
	return []byte(plain)
}

func (c *Cursor) fail(want string, have byte) {
	if have == 0 {
		c.err = io.ErrUnexpectedEOF
		return
	}
	c.err = fmt.Errorf("at byte %d: %s, have %q", c.i, want, have)
}
