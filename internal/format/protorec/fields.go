// Package protorec walks protobuf messages field by field, for formats whose
// generated code is no longer kept up or not worth a dependency.
//
// Nothing is copied and nothing allocated: a field is a view of the message, so a
// message costs no more than what its reader keeps of it, whatever its lengths
// claim. Groups and unknown fields are stepped over; a damaged message is an error
// that says at which byte.
package protorec

import (
	"errors"
	"fmt"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field is one field of a message.
type Field struct {
	Number int
	typ    protowire.Type
	number uint64
	bytes  []byte
}

// Bytes is a message, text or byte string; nil if the field is none.
func (f Field) Bytes() []byte { return f.bytes }

// Text is the field as a text of its own.
func (f Field) Text() string { return string(f.bytes) }

// Uint is a varint or a fixed number; 0 if the field is none.
func (f Field) Uint() uint64 { return f.number }

// Int is a varint or fixed number with a sign.
func (f Field) Int() int64 { return int64(f.number) }

// Bool is a flag.
func (f Field) Bool() bool { return f.number != 0 }

// Double is a number with a fraction; 0 if the field is none.
func (f Field) Double() float64 {
	if f.typ != protowire.Fixed64Type {
		return 0
	}
	return math.Float64frombits(f.number)
}

// Each calls visit for the fields of a message, in their order. It stops at the first
// error of visit, or where the message is damaged.
func Each(message []byte, visit func(Field) error) error {
	for b := message; len(b) > 0; {
		f, n, err := next(b)
		if err != nil {
			return fmt.Errorf("at byte %d: %w", len(message)-len(b), err)
		}
		b = b[n:]
		if f.typ == protowire.StartGroupType {
			continue
		}
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// next reads a field and returns how long it is.
func next(b []byte) (Field, int, error) {
	number, typ, head := protowire.ConsumeTag(b)
	if head < 0 {
		return Field{}, 0, reason(head)
	}
	f := Field{Number: int(number), typ: typ}
	var n int
	switch rest := b[head:]; typ {
	case protowire.VarintType:
		f.number, n = protowire.ConsumeVarint(rest)
	case protowire.Fixed64Type:
		f.number, n = protowire.ConsumeFixed64(rest)
	case protowire.Fixed32Type:
		var v uint32
		v, n = protowire.ConsumeFixed32(rest)
		f.number = uint64(v)
	case protowire.BytesType:
		f.bytes, n = protowire.ConsumeBytes(rest)
	default:
		n = protowire.ConsumeFieldValue(number, typ, rest)
	}
	if n < 0 {
		return Field{}, 0, reason(n)
	}
	return f, head + n, nil
}

// errDamaged is what stands where no field can.
var errDamaged = errors.New("malformed field")

// reason translates the library's error codes. Its own words change from build to build.
func reason(n int) error {
	if err := protowire.ParseError(n); errors.Is(err, io.ErrUnexpectedEOF) {
		return io.ErrUnexpectedEOF
	}
	return errDamaged
}
