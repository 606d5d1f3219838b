package engine

import (
	"culprit/detector/rootcause"
	"culprit/model"
)

// fault is what one incident is about.
type fault struct {
	causes []rootcause.Cause  // the likeliest first
	others map[model.Sym]bool // services that other faults of the window begin at
}

// faults groups the causes of a window by fault, as the ranking parted them, the gravest first.
// The first fault keeps all causes as suspects, the others those that they explain.
func faults(causes []rootcause.Cause) []fault {
	firsts := rootcause.Faults(causes)
	out := make([]fault, firsts)
	for n := range out {
		f := &out[n]
		f.causes, f.others = append(f.causes, causes[n]), map[model.Sym]bool{}
		for i, c := range causes {
			switch {
			case i == n:
			case i < firsts:
				f.others[c.Site.Service] = true
				if n == 0 {
					f.causes = append(f.causes, c)
				}
			case n == 0 || c.Fault == n:
				f.causes = append(f.causes, c)
			}
		}
	}
	return out
}
