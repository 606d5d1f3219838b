package notify

import (
	"slices"
	"strings"
)

// routed reports whether an incident that has come so far goes to a target.
func routed(routes []Route, target string, s *standing) bool {
	if len(routes) == 0 {
		return true
	}
	return slices.ContainsFunc(routes, func(r Route) bool {
		return slices.Contains(r.To, target) &&
			(len(r.Severities) == 0 || slices.Contains(r.Severities, s.severity)) &&
			(len(r.Services) == 0 || slices.ContainsFunc(s.services, r.names))
	})
}

// names reports whether a route is for a service.
func (r Route) names(service string) bool {
	return slices.ContainsFunc(r.Services, func(pattern string) bool {
		if head, any := strings.CutSuffix(pattern, "*"); any {
			return strings.HasPrefix(service, head)
		}
		return service == pattern
	})
}
