package detector

// Looks counts by family the quantities that were compared.
type Looks [families]int

func (l *Looks) all() (n int) {
	for _, x := range l {
		n += x
	}
	return n
}

// Among is by how much the chance of one quantity is to be multiplied for that of the surest
// of its family, as one of all families that were looked at. A fault is as likely to be
// of one kind as of another, however many calls and however few queues there are, so each
// kind has the same share of what may happen by chance (a weighted Bonferroni correction).
func (l *Looks) Among(f Family) int {
	n := 0
	for _, x := range l {
		if x > 0 {
			n++
		}
	}
	return max(n*l[f], 1)
}
