package engine

import "culprit/model"

// crowded reports whether a look from then on reaches into the windows in which too many
// requests came, while their incident is still open. A rare operation is judged over several
// windows at once, most of which may lie within the crowd when it is gone already: what they
// show is the crowd's.
func (e *Engine) crowded(from int64, open []model.Incident) bool {
	if from >= e.loaded {
		return false
	}
	for i := range open {
		if s := open[i].Suspects; len(s) > 0 && s[0].Kind == model.KindLoad {
			return true
		}
	}
	return false
}
