package rig

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// The processes of HotROD. Six services come out of them: mysql lives in the
// customer process, redis in the driver process.
const (
	Frontend = "frontend"
	Customer = "customer"
	Driver   = "driver"
	Route    = "route"
)

var parts = []string{Customer, Driver, Route, Frontend}

// exportDelay is longer than a HotROD process keeps finished spans: its batcher sends
// each second. It loses them when it ends, so a change without loss waits that long
// after the last request.
const exportDelay = 1300 * time.Millisecond

// Knobs are HotROD's flags for what can go wrong.
type Knobs struct {
	QueryDelay string // -D: mean time of a mysql query
	OneConn    bool   // without -M: a mutex guards the only database connection
	RoutePool  int    // -W: workers of the frontend that call route
}

// Normal is HotROD in health.
var Normal = Knobs{QueryDelay: "100ms", RoutePool: 100}

func (k Knobs) args() []string {
	a := []string{"-D", k.QueryDelay, "-W", strconv.Itoa(k.RoutePool)}
	if !k.OneConn {
		a = append(a, "-M")
	}
	return a
}

// HotROD is the four processes of Jaeger's demonstration application.
type HotROD struct {
	URL string // base URL of the frontend

	program, dir string
	env          []string
	ports        map[string]int
	procs        map[string]*Process
}

// StartHotROD starts all four on the given ports (frontend, customer, driver,
// route) in health, sending spans to the OTLP/HTTP base URL otlp. It returns when
// each answers.
func StartHotROD(ctx context.Context, program, dir, otlp string, ports [4]int) (*HotROD, error) {
	h := &HotROD{
		URL:     fmt.Sprintf("http://127.0.0.1:%d", ports[0]),
		program: program, dir: dir,
		env:   []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + otlp},
		ports: map[string]int{Frontend: ports[0], Customer: ports[1], Driver: ports[2], Route: ports[3]},
		procs: map[string]*Process{},
	}
	for _, part := range parts {
		if err := h.StartPart(ctx, part, Normal); err != nil {
			h.Stop()
			return nil, err
		}
	}
	return h, nil
}

// StartPart starts one process with the given knobs and waits until it answers.
func (h *HotROD) StartPart(ctx context.Context, part string, k Knobs) error {
	args := slices.Concat([]string{part}, k.args(), []string{"--jaeger-ui", "http://127.0.0.1:16686"})
	for _, name := range parts {
		args = append(args,
			fmt.Sprintf("--%s-service-hostname", name), "127.0.0.1",
			fmt.Sprintf("--%s-service-port", name), strconv.Itoa(h.ports[name]))
	}
	p, err := StartProcess("hotrod-"+part, h.dir, h.program, h.env, args...)
	if err != nil {
		return err
	}
	// A connection is enough of an answer, and unlike a request it makes no span.
	if err := p.listens(ctx, h.ports[part]); err != nil {
		p.Stop()
		return err
	}
	h.procs[part] = p
	return nil
}

// StopPart kills one process, as a crash would: spans that it has not sent are lost.
func (h *HotROD) StopPart(part string) {
	if p := h.procs[part]; p != nil {
		p.Kill()
		delete(h.procs, part)
	}
}

// Stop ends what still runs.
func (h *HotROD) Stop() {
	for _, part := range parts {
		h.StopPart(part)
	}
}

// UsualPorts are HotROD's own: frontend, customer, driver, route. Recordings use
// them, because they stand in the spans.
var UsualPorts = [4]int{8080, 8081, 8082, 8083}

// AwaitExport waits until the spans of answered rides have left HotROD.
func AwaitExport() { time.Sleep(exportDelay) }
