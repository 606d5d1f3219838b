package detector

import (
	"encoding/binary"
	"fmt"
)

// savedSeasons are the seasons in a snapshot, and the hour at hand as far as it was seen.
type savedSeasons struct {
	Hour    int32
	Seconds float64
	Keys    []savedKey
	Weeks   [][]savedWeek
	NowKeys []savedKey
	Now     []gathering
}

// savedWeek is a week: eight bytes an hour, little-endian, in the order of [hour].
type savedWeek struct {
	Number int32
	Hours  []byte
}

const hourBytes = 8

func (w *names) seasons(s *seasons) savedSeasons {
	out := savedSeasons{Hour: s.hour, Seconds: s.seconds}
	for _, k := range sortKeys(NamesOf(w.table), s.known) {
		out.Keys = append(out.Keys, w.key(k))
		var weeks []savedWeek
		for _, x := range s.known[k].weeks {
			if x == nil {
				continue
			}
			data := make([]byte, 0, weekHours*hourBytes)
			for _, h := range x.hours {
				for _, v := range [...]uint16{uint16(h.mean), uint16(h.low), uint16(h.high), h.n} {
					data = binary.LittleEndian.AppendUint16(data, v)
				}
			}
			weeks = append(weeks, savedWeek{x.number, data})
		}
		out.Weeks = append(out.Weeks, weeks)
	}
	for _, k := range sortKeys(NamesOf(w.table), s.now) {
		out.NowKeys = append(out.NowKeys, w.key(k))
		out.Now = append(out.Now, *s.now[k])
	}
	return out
}

func (r *reader) seasons(in savedSeasons) (*seasons, error) {
	if len(in.Keys) != len(in.Weeks) || len(in.NowKeys) != len(in.Now) {
		return nil, fmt.Errorf("loading the baseline: seasons of %d quantities for %d, and %d for %d", len(in.Weeks), len(in.Keys), len(in.Now), len(in.NowKeys))
	}
	s := newSeasons()
	s.hour, s.seconds = in.Hour, in.Seconds
	for i, k := range in.Keys {
		x := &season{}
		for _, from := range in.Weeks[i] {
			if len(from.Hours) != weekHours*hourBytes {
				return nil, fmt.Errorf("loading the baseline: a week of %d bytes, want %d", len(from.Hours), weekHours*hourBytes)
			}
			w := &week{number: from.Number}
			for i := range w.hours {
				at := func(n int) uint16 { return binary.LittleEndian.Uint16(from.Hours[i*hourBytes+2*n:]) }
				w.hours[i] = hour{int16(at(0)), int16(at(1)), int16(at(2)), at(3)}
			}
			x.weeks[slot(from.Number)] = w
		}
		s.known[r.key(k)] = x
	}
	for i, k := range in.NowKeys {
		g := in.Now[i]
		s.now[r.key(k)] = &g
	}
	return s, nil
}
