package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"culprit/api/gen"
)

// queryOf gives the names of the query parameters, sorted, and refuses a query that
// cannot be read, which the standard library would leave out in silence.
func queryOf(r *http.Request) ([]string, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badParameter("", "the query cannot be read: "+err.Error())
	}
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// words checks a repeated parameter against its enumeration.
func words[T interface {
	~string
	Valid() bool
}](name string, given []T, known ...T) ([]string, error) {
	var out []string
	for _, w := range given {
		if !w.Valid() {
			return nil, badParameter(name, fmt.Sprintf("%s must be one of %s, is %q", name, join(known), clip(string(w))))
		}
		out = append(out, string(w))
	}
	return out, nil
}

func join[T ~string](ws []T) string {
	var s []string
	for _, w := range ws {
		s = append(s, string(w))
	}
	return strings.Join(s, ", ")
}

// maxServices bounds the service filter, as the OpenAPI file says.
const maxServices = 100

func queryFrom(params gen.ListIncidentsParams) (query, error) {
	var q query
	var err error
	if q.states, err = words("state", params.State, gen.Open, gen.Resolved, gen.Expired); err != nil {
		return q, err
	}
	if q.severities, err = words("severity", params.Severity, gen.Critical, gen.Major, gen.Minor); err != nil {
		return q, err
	}
	if len(params.Service) > maxServices {
		return q, badParameter("service", fmt.Sprintf("at most %d services can be asked for, there are %d", maxServices, len(params.Service)))
	}
	q.services = params.Service
	q.since, q.until = params.Since, params.Until
	if !q.since.IsZero() && !q.until.IsZero() && !q.since.Before(q.until) {
		return q, badParameter("until", fmt.Sprintf("until must be after since %s, is %s", stamp(q.since), stamp(q.until)))
	}
	return q, nil
}

// The limits of a page, as the OpenAPI file says.
const (
	defaultLimit = 50
	maxLimit     = 500
)

func limitFrom(limit *int) (int, error) {
	if limit == nil {
		return defaultLimit, nil
	}
	if *limit < 1 || *limit > maxLimit {
		return 0, badParameter("limit", fmt.Sprintf("limit must be 1 to %d, is %d", maxLimit, *limit))
	}
	return *limit, nil
}

// maxBaseline is the most baseline stretches of a ranking, as the OpenAPI file says.
const maxBaseline = 64

func baselineFrom(params gen.GetRankingParams) ([][2]time.Time, error) {
	if err := stretch("to", params.From, params.To); err != nil {
		return nil, err
	}
	froms, tos := params.BaselineFrom, params.BaselineTo
	if len(froms) != len(tos) {
		return nil, badParameter("baseline_to", fmt.Sprintf("each baseline_from needs its baseline_to: there are %d and %d", len(froms), len(tos)))
	}
	if len(froms) > maxBaseline {
		return nil, badParameter("baseline_from", fmt.Sprintf("at most %d baseline stretches can be given, there are %d", maxBaseline, len(froms)))
	}
	var out [][2]time.Time
	for i := range froms {
		if err := stretch("baseline_to", froms[i], tos[i]); err != nil {
			return nil, err
		}
		out = append(out, [2]time.Time{froms[i], tos[i]})
	}
	return out, nil
}

func stretch(name string, from, to time.Time) error {
	if !from.Before(to) {
		return badParameter(name, fmt.Sprintf("%s must be after the begin %s, is %s", name, stamp(from), stamp(to)))
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
