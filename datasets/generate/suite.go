package generate

import "slices"

// Split says what a recording may be used for.
type Split string

// The splits. Whoever has looked at a final recording while changing a constant has
// made it a dev one.
const (
	Dev   Split = "dev"   // to develop on
	Final Split = "final" // for the table that is published, and for nothing else
)

// Case is a scenario of a suite: [Named] makes it.
type Case struct {
	Name  string
	Seed  uint64
	Split Split
}

// firstFinal is the first seed of the final split; those below it are dev. It was 1000, then
// 2000 and 3000, each until those recordings had been scored and what they showed was mended.
const firstFinal = 4000

// SplitOf says which split a seed belongs to, for every scenario.
func SplitOf(seed uint64) Split {
	if seed < firstFinal {
		return Dev
	}
	return Final
}

// twice are the classes that the suite holds twice in each split: the commonest faults,
// and the hardest.
var twice = []string{
	"slow-operation", "slow-instance", "errors", "network-delay", "db-slow", "tenant", "exception", "lost-call",
}

// Suite lists short recordings with one fault each, of every class but the later ones and
// some through a dirty tracing system, and some with two; the same number for each split. No
// two have the same seed, so each is of another system.
func Suite() []Case {
	var names []string
	for _, c := range Classes() {
		if !slices.Contains(later, c) {
			names = append(names, faultFamily+c)
		}
	}
	for _, c := range twice {
		names = append(names, faultFamily+c)
	}
	names = append(names, "two-faults", "two-faults", dirtyFamily+"slow-operation", dirtyFamily+"network-delay", dirtyFamily+"errors", dirtyFamily+"lost-call")
	return inBothSplits(names, 100)
}

// Calm lists short recordings without a fault, one for each temptation and split.
func Calm() []Case {
	var names []string
	for _, c := range Temptations() {
		names = append(names, calmFamily+c)
	}
	return inBothSplits(append(names, "dirty", "tiny"), 200)
}

// Days lists so many days without a fault for each split.
func Days(n int) []Case {
	names := make([]string, n)
	for i := range names {
		names[i] = "day"
	}
	return inBothSplits(names, 300)
}

func inBothSplits(names []string, first uint64) []Case {
	var cases []Case
	for _, from := range []uint64{first, firstFinal + first} {
		for i, n := range names {
			seed := from + uint64(i)
			cases = append(cases, Case{n, seed, SplitOf(seed)})
		}
	}
	return cases
}
