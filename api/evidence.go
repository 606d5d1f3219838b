package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"culprit/api/gen"
	"culprit/model"
)

// GetRanking ranks the causes in a stretch, a few at a time: it is the one answer
// that costs the processor something.
func (h handlers) GetRanking(c echo.Context, params gen.GetRankingParams) error {
	baseline, err := baselineFrom(params)
	if err != nil {
		return err
	}
	return tell(h, c, costly(h, c, func(ctx context.Context) (model.Ranking, error) {
		return h.engine.Rank(ctx, params.From, params.To, baseline)
	}))
}

// busy sends the client away for a moment.
func busy(detail string) error {
	return newProblem(http.StatusServiceUnavailable, "busy", detail+": come back in some seconds")
}

// GetTopology serves who called whom.
func (h handlers) GetTopology(c echo.Context, params gen.GetTopologyParams) error {
	return tell(h, c, func(context.Context) (model.Topology, error) { return h.engine.Topology(params.At) })
}

// ListOperations serves the operations of a moment.
func (h handlers) ListOperations(c echo.Context, params gen.ListOperationsParams) error {
	limit, err := limitFrom(params.Limit)
	if err != nil {
		return err
	}
	return tell(h, c, func(context.Context) (model.OperationPage, error) {
		return h.engine.Operations(params.At, params.Service, params.Find, limit)
	})
}

// GetOperation serves why an operation was flagged, or why not.
func (h handlers) GetOperation(c echo.Context, service, operation string, params gen.GetOperationParams) error {
	return tell(h, c, func(context.Context) (model.OperationView, error) {
		return h.engine.Operation(service, operation, params.At)
	})
}

// getSlashedOperation is GetOperation for a name whose slashes are written as they
// are, by hand or by a proxy that decodes: the generated route ends at the first.
func (h handlers) getSlashedOperation(c echo.Context) error {
	service, operation, err := slashed(c)
	if err != nil {
		return err
	}
	var params gen.GetOperationParams
	if params.At, err = timeParam(c, "at"); err != nil {
		return err
	}
	return h.GetOperation(c, service, operation, params)
}

// slashed reads the names of a path whose last one holds slashes.
func slashed(c echo.Context) (service, operation string, err error) {
	names := [2]string{c.Param("service"), c.Param("*")}
	if c.Request().URL.RawPath != "" {
		for i, escaped := range names {
			if names[i], err = url.PathUnescape(escaped); err != nil {
				return "", "", badParameter("operation", "the path cannot be read: "+err.Error())
			}
		}
	}
	return names[0], names[1], nil
}

// timeParam reads a time, zero if it is not given.
func timeParam(c echo.Context, name string) (time.Time, error) {
	text := c.QueryParam(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return t, badParameter(name, notATime(name, text))
	}
	return t, nil
}

// GetStatus serves how the service is doing.
func (h handlers) GetStatus(c echo.Context) error { return answerFresh(c, h.engine.Status()) }

// GetHealth says that the process is alive, which it is if it can say so.
func (h handlers) GetHealth(c echo.Context) error {
	return answerFresh(c, gen.Health{Status: gen.Ok})
}

// GetReadiness says whether the service does its work.
func (h handlers) GetReadiness(c echo.Context) error {
	if err := h.engine.Ready(); err != nil {
		return newProblem(http.StatusServiceUnavailable, "not-ready", err.Error())
	}
	return answerFresh(c, gen.Health{Status: gen.Ready})
}

// GetMetrics serves what the process counts, for Prometheus.
func (h handlers) GetMetrics(c echo.Context) error {
	h.scrape.ServeHTTP(c.Response(), c.Request())
	return nil
}
