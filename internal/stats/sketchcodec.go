package stats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// sketchVersion is the first byte of an encoded sketch. A change of the bins or
// of the layout takes the next number.
const sketchVersion = 1

var errSketchShort = errors.New("stats: encoded sketch ends early")

// MarshalBinary encodes the sketch: a version byte, the first bin in use, the number
// of bins and their counts, as varints. Sketches that saw the same values encode to
// the same bytes, however they were merged. The error is always nil.
func (s *Sketch) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// AppendBinary appends the encoding of [Sketch.MarshalBinary] to b.
func (s *Sketch) AppendBinary(b []byte) ([]byte, error) {
	lo, hi := 0, len(s.bins)
	for lo < hi && s.bins[lo] == 0 {
		lo++
	}
	for lo < hi && s.bins[hi-1] == 0 {
		hi--
	}
	b = append(b, sketchVersion)
	if lo == hi {
		return append(b, 0, 0), nil
	}
	b = binary.AppendUvarint(b, uint64(s.base+lo))
	b = binary.AppendUvarint(b, uint64(hi-lo))
	for _, c := range s.bins[lo:hi] {
		b = binary.AppendUvarint(b, uint64(c))
	}
	return b, nil
}

// UnmarshalBinary replaces the sketch by the one encoded in data. On error the
// sketch is left as it was. It never allocates more than a full sketch.
func (s *Sketch) UnmarshalBinary(data []byte) error {
	if len(data) == 0 {
		return errSketchShort
	}
	if data[0] != sketchVersion {
		return fmt.Errorf("stats: encoded sketch has version %d, want %d", data[0], sketchVersion)
	}
	data = data[1:]
	next := func() (uint64, error) {
		v, n := binary.Uvarint(data)
		if n <= 0 {
			return 0, errSketchShort
		}
		data = data[n:]
		return v, nil
	}
	first, err := next()
	if err != nil {
		return err
	}
	size, err := next()
	if err != nil {
		return err
	}
	if first >= sketchBins || size > sketchBins-first {
		return fmt.Errorf("stats: encoded sketch has bins %d+%d, want at most %d", first, size, sketchBins)
	}
	var read Sketch
	if size > 0 {
		read.cover(int(first), int(first+size)-1)
	}
	for i := range int(size) {
		c, err := next()
		if err != nil {
			return err
		}
		if c > math.MaxUint32 {
			return fmt.Errorf("stats: encoded sketch counts %d in bin %d, want at most %d", c, int(first)+i, uint32(math.MaxUint32))
		}
		read.bins[int(first)-read.base+i] = uint32(c)
	}
	if len(data) != 0 {
		return fmt.Errorf("stats: encoded sketch is followed by %d bytes", len(data))
	}
	*s = read
	return nil
}
