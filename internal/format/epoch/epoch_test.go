package epoch

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNanos(t *testing.T) {
	for _, c := range []struct {
		in   string
		unit time.Duration
		want string
	}{
		{"1478293361.271", time.Second, "1478293361271000000"},
		{"1478293361.123456789012", time.Second, "1478293361123456789"},
		{"1.478293361271E9", time.Second, "1478293361271000000"},
		{"1705353846000.0", time.Millisecond, "1705353846000000000"},
		{"-1.5", time.Second, "-1500000000"},
		{"-0.5", time.Second, "-500000000"},
		{"7", time.Nanosecond, "7"},
		{"7.9", time.Nanosecond, "7"},
		{"9223372036854775807", time.Second, "it is no such number"},
		{"1e300", time.Second, "it is no such number"},
		{"NaN", time.Second, "it is no such number"},
		{"", time.Second, "it is no such number"},
		{"1.-5", time.Second, "it is no such number"},
		{"soon", time.Second, "it is no such number"},
	} {
		n, err := Nanos(c.in, c.unit)
		got := fmt.Sprint(n)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s %s: %s, want %s", c.in, Name(c.unit), got, c.want)
		}
	}
}

// Whatever unit a time is written in, it is found by its size.
func TestGuess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Int64Range(1e17, 4e18).Draw(t, "ns") / 1e9 * 1e9
		for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond, time.Nanosecond} {
			got, err := Guess(fmt.Sprint(want / int64(unit)))
			if got != want || err != nil {
				t.Fatalf("%d in %s: %d, %v", want, Name(unit), got, err)
			}
		}
	})
	if _, err := Guess("1e300"); err == nil {
		t.Error("1e300 is a time")
	}
}

func FuzzNanos(f *testing.F) {
	for _, s := range []string{"1478293361.271", "1e9", "-0.5", "9223372036854775807"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, unit := range []time.Duration{time.Second, time.Nanosecond} {
			_, _ = Nanos(s, unit)
		}
		_, _ = Guess(s)
	})
}
