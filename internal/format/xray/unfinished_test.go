package xray

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a recording leaves in progress lasts until its trace was last heard of, and has
// failed if that is long ago by the end of the recording.
func TestWhatNeverEnded(t *testing.T) {
	const (
		running = `{"name":"web","id":"a1","trace_id":"` + trace + `","start_time":1000,"in_progress":true,"subsegments":[{"name":"inner","id":"a2","start_time":1000.01,"in_progress":true,"subsegments":[{"name":"innermost","id":"a3","start_time":1000.02,"in_progress":true}]}]}`
		ended   = `{"name":"web","id":"a1","trace_id":"` + trace + `","start_time":1000,"end_time":1000.03}`
		own     = `{"type":"subsegment","name":"step","id":"b1","parent_id":"a1","trace_id":"` + trace + `","start_time":1000.04,"end_time":1000.05}`
		later   = `{"name":"pay","id":"c1","trace_id":"1-5759e988-000000000000000000000001","start_time":1030.05,"end_time":1030.06}`
		mark    = ` map[xray.unfinished:true]`
	)
	inside := []string{
		`a2<00000000000000a1 web "inner" Internal 10-50` + mark,
		`a3<00000000000000a2 web "innermost" Internal 20-50` + mark,
	}
	pay := `c1< pay "pay" Server 30050-30060`
	step := `b1<00000000000000a1 web "step" Internal 40-50`
	for _, c := range []struct {
		rule string
		docs []string
		want []string
	}{
		{"it may still end", []string{running, own}, append([]string{`a1< web "web" Server 0-50` + mark, step}, inside...)},
		{"it has been silent for too long", []string{own, running, later}, []string{
			`a1< web "web" Server 0-50` + mark + ` Error ""`, inside[0] + ` Error ""`, inside[1] + ` Error ""`, step, pay,
		}},
		{"it has ended, and so did what was in it", []string{running, ended}, []string{`a1< web "web" Server 0-30`}},
		{"it had ended", []string{ended, running}, []string{`a1< web "web" Server 0-30`}},
		{"told twice", []string{running, running, ended}, []string{`a1< web "web" Server 0-30`}},
	} {
		got := decode(strings.Join(c.docs, "\n"))
		slices.Sort(got)
		slices.Sort(c.want)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.rule, d)
		}
	}
}
