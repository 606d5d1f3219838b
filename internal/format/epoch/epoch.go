// Package epoch reads times that are written as decimal numbers of some unit since
// 1970, without losing digits on the way through floating point.
package epoch

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

var errNumber = errors.New("it is no such number")

// Nanos reads a decimal number of units as nanoseconds; digits below one are cut off.
// Numbers with an exponent are rounded to microseconds, which is what floating point
// holds of a time today.
func Nanos(s string, unit time.Duration) (int64, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || strings.Trim(fraction, "0123456789") != "" {
		x, err := strconv.ParseFloat(s, 64)
		x = math.Round(x * float64(unit) / float64(time.Microsecond))
		if err != nil || !(math.Abs(x) < math.MaxInt64/float64(time.Microsecond)) {
			return 0, errNumber
		}
		return int64(x) * int64(time.Microsecond), nil
	}
	if n > math.MaxInt64/int64(unit)-1 || n < math.MinInt64/int64(unit)+1 {
		return 0, errNumber
	}
	n *= int64(unit)
	sign := int64(1)
	if strings.HasPrefix(whole, "-") {
		sign = -1
	}
	for place := int64(unit) / 10; place > 0 && fraction != ""; place /= 10 {
		n += sign * place * int64(fraction[0]-'0')
		fraction = fraction[1:]
	}
	return n, nil
}

// Guess reads a time whose unit, seconds to nanoseconds, only its size tells: the
// coarsest that does not lead beyond the year 5000.
func Guess(s string) (int64, error) {
	const year5000 = 95_617_584_000 // s
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, errNumber
	}
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond, time.Nanosecond} {
		if x*unit.Seconds() < year5000 {
			return Nanos(s, unit)
		}
	}
	return 0, errNumber
}

// Name is what a unit is called.
func Name(unit time.Duration) string {
	switch unit {
	case time.Second:
		return "seconds"
	case time.Millisecond:
		return "milliseconds"
	case time.Microsecond:
		return "microseconds"
	case time.Nanosecond:
		return "nanoseconds"
	}
	return fmt.Sprintf("units of %s", unit)
}
