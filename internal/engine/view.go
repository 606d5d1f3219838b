package engine

import (
	"sync"
	"time"

	"culprit/model"
)

// View is what an engine had judged at one moment: the windows in memory, what is normal,
// and what was open. The engine goes on and a View stays, so that questions wait for
// nothing and nothing waits for them. It is safe for concurrent use; what it answers may
// be shared and is only read.
type View struct {
	past
	open   []model.Incident // oldest first
	status model.ServiceStatus

	usually func() *usually
}

// View copies what questions need. It costs some milliseconds for tens of thousands of
// quantities, since what was learned is shared and never written to again.
func (e *Engine) View() *View {
	v := &View{past: e.copied(), open: e.tracker.Open()}
	v.usually = sync.OnceValue(v.usual)
	st := model.ServiceStatus{
		Window:            e.cfg.Window.String(),
		Provisional:       e.alarm.young(),
		HealthyWindows:    e.baseline.Windows(),
		FalseBudgetPerDay: model.Number(e.cfg.FalseIncidentsPerDay),
		OpenIncidents:     len(v.open),
		Shards:            len(e.shards),
		Sources:           []model.SourceStatus{},
		Targets:           []model.TargetStatus{},
	}
	st.Feedback.ObservedDays = model.Number(float64(e.judged) * float64(e.cfg.Window) / float64(24*time.Hour))
	if e.watermark > 0 {
		st.Watermark = time.Unix(0, e.watermark).UTC()
	}
	if from, to, ok := e.Retained(); ok {
		st.Retained = &model.Retained{From: from, To: to}
	}
	st.Services, st.Operations = e.baseline.Known()
	st.Memory.Bounds = []model.MemoryBound{
		{What: "judged windows that can be asked about", Unit: "windows", Have: int64(len(e.retained)), Most: int64(e.cfg.Retain), Setting: "engine.retain"},
		{What: "healthy windows that make up what is normal", Unit: "windows", Have: int64(st.HealthyWindows), Most: int64(e.cfg.History), Setting: "engine.history"},
	}
	v.status = st
	return v
}

// Status is how the engine was doing. What comes in (see [Engine.Count]) and what only the
// shell knows is to be added.
func (v *View) Status() model.ServiceStatus { return v.status }

// Open lists the open incidents, oldest first.
func (v *View) Open() []model.Incident { return v.open }

// Counts are the spans that came in, and the names that are counted together.
type Counts struct {
	Seen, Dropped, Late, Pending int64
	Overflow                     []model.Warning
}

// Count adds up what the shards have counted. They must not be at work meanwhile.
func (e *Engine) Count() Counts {
	c := Counts{Overflow: e.table.Overflow()}
	for _, s := range e.shards {
		c.Seen += s.Seen
		c.Dropped += s.Dropped
		c.Late += s.Late
		c.Pending += int64(s.spans)
	}
	return c
}
