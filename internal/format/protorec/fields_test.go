package protorec

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

func message() []byte {
	var b []byte
	b = protowire.AppendTag(b, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, 1<<64-1)
	b = protowire.AppendTag(b, 2, protowire.BytesType)
	b = protowire.AppendString(b, "shop")
	b = protowire.AppendTag(b, 3, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, 0x3ff8000000000000)
	b = protowire.AppendTag(b, 4, protowire.Fixed32Type)
	b = protowire.AppendFixed32(b, 7)
	b = protowire.AppendTag(b, 5, protowire.StartGroupType)
	b = protowire.AppendTag(b, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, 3)
	b = protowire.AppendTag(b, 5, protowire.EndGroupType)
	b = protowire.AppendTag(b, 6, protowire.VarintType)
	return protowire.AppendVarint(b, 1)
}

func TestEach(t *testing.T) {
	var got []string
	err := Each(message(), func(f Field) error {
		got = append(got, fmt.Sprintf("%d: %d %q %v %v", f.Number, f.Int(), f.Text(), f.Double(), f.Bool()))
		return nil
	})
	want := []string{`1: -1 "" 0 true`, `2: 0 "shop" 0 false`, `3: 4609434218613702656 "" 1.5 true`, `4: 7 "" 0 true`, `6: 1 "" 0 true`}
	if !slices.Equal(got, want) || err != nil {
		t.Errorf("%q, %v\nwant %q", got, err, want)
	}
}

func TestDamageIsNamedWithItsPlace(t *testing.T) {
	whole := message()
	for _, c := range []struct {
		name    string
		message []byte
		want    string
	}{
		{"a text longer than the message", append(whole[:11:11], 0x12, 0x7f, 'x'), "at byte 11: unexpected EOF"},
		{"a field number of zero", []byte{0}, "at byte 0: malformed field"},
		{"an end without its group", []byte{5<<3 | 4}, "at byte 0: malformed field"},
	} {
		if err := Each(c.message, func(Field) error { return nil }); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	stop := errors.New("stop")
	if err := Each(whole, func(Field) error { return stop }); err != stop {
		t.Errorf("%v, want the reader's own error", err)
	}
}
