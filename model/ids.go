package model

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// TraceID identifies a trace. Systems with 64-bit IDs fill the last eight bytes.
type TraceID [16]byte

// SpanID identifies a span within its trace.
type SpanID [8]byte

// String gives 32 lower-case hex digits, as OTLP and Jaeger write them.
func (t TraceID) String() string { return hex.EncodeToString(t[:]) }

// String gives 16 lower-case hex digits.
func (s SpanID) String() string { return hex.EncodeToString(s[:]) }

// IsZero reports whether the ID is missing.
func (t TraceID) IsZero() bool { return t == TraceID{} }

// IsZero reports whether the ID is missing; a zero parent marks a root.
func (s SpanID) IsZero() bool { return s == SpanID{} }

// Compare orders IDs by their bytes.
func (t TraceID) Compare(u TraceID) int { return bytes.Compare(t[:], u[:]) }

// Compare orders IDs by their bytes.
func (s SpanID) Compare(u SpanID) int { return bytes.Compare(s[:], u[:]) }

// Hash spreads the ID over 64 bits, the same on every machine. Shards, samples
// and exemplars choose by it, never by order of arrival.
func (t TraceID) Hash() uint64 {
	return mix(binary.BigEndian.Uint64(t[:8]) ^ mix(binary.BigEndian.Uint64(t[8:])))
}

// mix is the 64-bit finalizer of MurmurHash3 (Appleby, public domain).
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// ParseTraceID reads 1 to 32 hex digits; shorter ones are padded on the left.
func ParseTraceID(s string) (TraceID, error) {
	var t TraceID
	if err := parseHex(t[:], s); err != nil {
		return t, fmt.Errorf("trace ID %q: %w", clip(s), err)
	}
	return t, nil
}

// ParseSpanID reads 1 to 16 hex digits; shorter ones are padded on the left.
func ParseSpanID(s string) (SpanID, error) {
	var id SpanID
	if err := parseHex(id[:], s); err != nil {
		return id, fmt.Errorf("span ID %q: %w", clip(s), err)
	}
	return id, nil
}

func parseHex(dst []byte, s string) error {
	if s == "" || len(s) > 2*len(dst) {
		return fmt.Errorf("want 1 to %d hex digits, have %d characters", 2*len(dst), len(s))
	}
	for i, at := len(s)-1, 2*len(dst)-1; i >= 0; i, at = i-1, at-1 {
		d, ok := hexDigit(s[i])
		if !ok {
			return fmt.Errorf("%q is not a hex digit", s[i])
		}
		if at%2 == 1 {
			dst[at/2] |= d
		} else {
			dst[at/2] |= d << 4
		}
	}
	return nil
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// clip shortens foreign text for an error message.
func clip(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
