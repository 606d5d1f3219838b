package generate

import (
	"strconv"
	"strings"
)

// replace puts a new instance in the place of one, as a deployment does: what the old
// one is working on it finishes.
func (s *simulation) replace(sv *service, i int, version, set string) *instance {
	old := sv.instances[i]
	in := &instance{
		service: sv, version: version, host: old.host, slow: 1, dials: old.dials,
		name:    sv.name + "-" + set + "-" + letters(s.arrivals, 5),
		workers: pool{size: old.workers.size}, cores: pool{size: old.cores.size},
	}
	sv.instances[i] = in
	return in
}

// nextVersion adds one to the middle of a version of three numbers.
func nextVersion(v string) string {
	parts := strings.Split(v, ".")
	minor, err := strconv.Atoi(parts[1])
	if err != nil {
		panic("generate: version " + v)
	}
	parts[1], parts[2] = strconv.Itoa(minor+1), "0"
	return strings.Join(parts, ".")
}
