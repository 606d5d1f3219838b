package stats

// Conformal returns (1 + #{healthy >= score}) / (1 + len(healthy)): a p-value that
// holds whatever the distribution, as long as score and healthy could have come in
// any order. healthy need not be sorted and is left alone; what is NaN in it is not
// counted.
//
// Special cases: 1 if healthy is empty or score is NaN.
func Conformal(score float64, healthy []float64) float64 {
	above, n := 0, 0
	for _, h := range healthy {
		if h >= score {
			above++
		}
		if h == h {
			n++
		}
	}
	if score != score {
		return 1
	}
	return float64(1+above) / float64(1+n)
}
