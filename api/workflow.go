package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"culprit/api/gen"
	"culprit/internal/render/sequence"
	"culprit/model"
)

// GetWorkflow serves how the runs of an operation travel. It assembles traces anew, so it
// takes a place of the rankings.
func (h handlers) GetWorkflow(c echo.Context, service, operation string, params gen.GetWorkflowParams) error {
	format, err := workflowFormat(params.Format)
	if err != nil {
		return err
	}
	if !params.From.IsZero() && !params.To.IsZero() {
		if err := stretch("to", params.From, params.To); err != nil {
			return err
		}
	}
	var trace model.TraceID
	if params.Trace != "" {
		if trace, err = model.ParseTraceID(params.Trace); err != nil {
			return badParameter("trace", err.Error())
		}
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), h.cfg.RankingTimeout)
	defer cancel()
	select {
	case h.rankings <- struct{}{}:
		defer func() { <-h.rankings }()
	case <-ctx.Done():
		return busy(c, "every place for rankings and workflows is taken")
	}
	w, err := h.engine.Workflow(ctx, service, operation, params.From, params.To, trace)
	if err != nil {
		return err
	}
	if format.Name == "json" {
		return answer(c, w)
	}
	return drawn(c, format, &w)
}

// workflowFormat is the notation that was asked for.
func workflowFormat(name gen.WorkflowFormat) (sequence.Format, error) {
	if name == "" {
		name = gen.Json
	}
	f, ok := sequence.Named(string(name))
	if !ok {
		return f, badParameter("format", fmt.Sprintf("format must be one of the notations of the OpenAPI file, is %q", clip(string(name))))
	}
	return f, nil
}

// drawn sends a workflow in another notation. A page and a drawing may use their own
// style and nothing else.
func drawn(c echo.Context, format sequence.Format, w *model.Workflow) error {
	var body bytes.Buffer
	if err := format.Write(&body, w); err != nil {
		return err
	}
	if unchanged(c, bodyTag(body.Bytes())) {
		return nil
	}
	if format.Policy != "" {
		c.Response().Header().Set("Content-Security-Policy", format.Policy+"; frame-ancestors 'none'")
	}
	return c.Blob(http.StatusOK, format.Media, body.Bytes())
}

// getSlashedWorkflow is GetWorkflow for a name whose slashes are written as they are.
func (h handlers) getSlashedWorkflow(c echo.Context) error {
	service, operation, err := slashed(c)
	if err != nil {
		return err
	}
	params := gen.GetWorkflowParams{Trace: c.QueryParam("trace"), Format: gen.WorkflowFormat(c.QueryParam("format"))}
	if params.From, err = timeParam(c, "from"); err != nil {
		return err
	}
	if params.To, err = timeParam(c, "to"); err != nil {
		return err
	}
	return h.GetWorkflow(c, service, operation, params)
}
