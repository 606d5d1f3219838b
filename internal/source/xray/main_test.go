package xray

import (
	"testing"

	"go.uber.org/goleak"
)

// No test leaves a goroutine behind: not a connection, not a worker.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
