package api

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// GetAlerts serves how the receivers of alerts are doing.
func (h handlers) GetAlerts(c echo.Context) error {
	st, err := h.engine.Alerts(c.Request().Context())
	if err != nil {
		return err
	}
	return answerFresh(c, st)
}

// ResendDeadLetter sends a dead letter once more.
func (h handlers) ResendDeadLetter(c echo.Context, id string) error {
	if err := h.engine.Resend(c.Request().Context(), id); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// DropDeadLetter throws a dead letter away.
func (h handlers) DropDeadLetter(c echo.Context, id string) error {
	if err := h.engine.Drop(c.Request().Context(), id); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
