package api

import (
	"bytes"
	"context"
	"fmt"

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
	ask := costly(h, c, func(ctx context.Context) (model.Workflow, error) {
		return h.engine.Workflow(ctx, service, operation, params.From, params.To, trace)
	})
	if format.Name == "json" {
		return tell(h, c, ask)
	}
	const policy = "Content-Security-Policy"
	header := c.Response().Header()
	strict := header.Get(policy)
	if format.Policy != "" { // a page and a drawing may use their own style and nothing else
		header.Set(policy, format.Policy+"; frame-ancestors 'none'")
	}
	err = h.tell(c, format.Media, func(ctx context.Context) ([]byte, error) {
		w, err := ask(ctx)
		if err != nil {
			return nil, err
		}
		var body bytes.Buffer
		err = format.Write(&body, &w)
		return body.Bytes(), err
	})
	if err != nil {
		header.Set(policy, strict)
	}
	return err
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
