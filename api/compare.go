package api

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"culprit/api/gen"
	"culprit/model"
)

// place waits for a place among the answers that assemble traces anew. done gives it back.
func (h handlers) place(c echo.Context) (ctx context.Context, done func(), err error) {
	ctx, cancel := context.WithTimeout(c.Request().Context(), h.cfg.RankingTimeout)
	select {
	case h.rankings <- struct{}{}:
		return ctx, func() { <-h.rankings; cancel() }, nil
	case <-ctx.Done():
		cancel()
		return ctx, func() {}, busy("every place for rankings, comparisons and workflows is taken")
	}
}

// GetComparison serves what changed from one stretch to another.
func (h handlers) GetComparison(c echo.Context, params gen.GetComparisonParams) error {
	if err := stretch("to", params.From, params.To); err != nil {
		return err
	}
	if err := stretch("baseline_to", params.BaselineFrom, params.BaselineTo); err != nil {
		return err
	}
	return tell(h, c, costly(h, c, func(ctx context.Context) (model.Comparison, error) {
		return h.engine.Compare(ctx, [2]time.Time{params.BaselineFrom, params.BaselineTo}, [2]time.Time{params.From, params.To})
	}))
}

// GetCorrelation serves what sets some requests apart.
func (h handlers) GetCorrelation(c echo.Context, params gen.GetCorrelationParams) error {
	if err := openStretch("to", params.From, params.To); err != nil {
		return err
	}
	if err := openStretch("until", params.Since, params.Until); err != nil {
		return err
	}
	const longest = 36e5 * 24 // a day: what is longer chooses nothing
	if !(params.SlowerThanMs >= 0 && params.SlowerThanMs <= longest) {
		return badParameter("slower_than_ms", fmt.Sprintf("slower_than_ms must be 0 to %d", int64(longest)))
	}
	chosen := Chosen{SlowerThan: time.Duration(params.SlowerThanMs * float64(time.Millisecond)), Failing: params.Failing, Since: params.Since, Until: params.Until}
	return tell(h, c, costly(h, c, func(ctx context.Context) (model.Correlation, error) {
		return h.engine.Correlate(ctx, params.Service, params.Operation, params.From, params.To, chosen)
	}))
}

// GetCriticalPaths serves what requests spend their time in.
func (h handlers) GetCriticalPaths(c echo.Context, params gen.GetCriticalPathsParams) error {
	if params.Operation != "" && params.Service == "" {
		return badParameter("operation", "an operation needs its service")
	}
	if err := openStretch("to", params.From, params.To); err != nil {
		return err
	}
	faster, err := fasterFrom(params.Faster)
	if err != nil {
		return err
	}
	return tell(h, c, costly(h, c, func(ctx context.Context) (model.CriticalPaths, error) {
		return h.engine.CriticalPaths(ctx, params.Service, params.Operation, params.From, params.To, faster)
	}))
}

// openStretch checks a stretch whose ends may be open.
func openStretch(name string, from, to time.Time) error {
	if from.IsZero() || to.IsZero() {
		return nil
	}
	return stretch(name, from, to)
}

// maxFaster is the most predictions of an answer, as the OpenAPI file says.
const maxFaster = 16

// fasterFrom reads "service operation=share".
func fasterFrom(texts []string) ([]Faster, error) {
	if len(texts) > maxFaster {
		return nil, badParameter("faster", fmt.Sprintf("at most %d can be given, there are %d", maxFaster, len(texts)))
	}
	var out []Faster
	for _, text := range texts {
		i := strings.LastIndex(text, "=")
		by, err := strconv.ParseFloat(text[i+1:], 64)
		if i < 1 || err != nil || !(by > -100 && by <= 1) {
			return nil, badParameter("faster", fmt.Sprintf("faster must be NAME=SHARE with a share of at most 1, such as mysql SELECT=0.2, is %q", clip(text)))
		}
		out = append(out, Faster{text[:i], by})
	}
	return out, nil
}
