package stats

import (
	"cmp"
	"slices"
)

// BenjaminiHochberg turns p-values into q-values, in the order given: reporting all with
// q <= 0.05 lets 5 % of the reports be false on average (Benjamini and Hochberg, JRSS
// B 57, 1995). p is left alone.
//
// Special cases: NaN and what is above 1 count as 1, below 0 as 0; the result of
// nothing is empty.
func BenjaminiHochberg(p []float64) []float64 {
	order := make([]int, len(p))
	q := make([]float64, len(p))
	for i, x := range p {
		order[i] = i
		q[i] = 1
		if x <= 1 {
			q[i] = max(x, 0)
		}
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Or(cmp.Compare(q[i], q[j]), i-j) })
	least := 1.0
	for rank := len(order); rank > 0; rank-- {
		i := order[rank-1]
		least = min(least, q[i]*float64(len(p))/float64(rank))
		q[i] = least
	}
	return q
}
