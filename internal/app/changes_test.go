package app

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"culprit/datasets"
	"culprit/internal/source"
	"culprit/model"
)

// versioned delivers what another source does, with a version of cart that changes with a window.
type versioned struct {
	*stepwise
	from int
}

func (v versioned) Run(ctx context.Context, from time.Time, deliver source.Deliver) error {
	return v.stepwise.Run(ctx, from, func(ctx context.Context, b source.Batch) error {
		version := "1.0"
		if v.stepwise.next >= v.from {
			version = "2.0"
		}
		for _, td := range b.Traces {
			for _, rs := range td.ResourceSpans().All() {
				if name, _ := rs.Resource().Attributes().Get("service.name"); name.Str() == "cart" {
					rs.Resource().Attributes().PutStr("service.version", version)
				}
			}
		}
		return deliver(ctx, b)
	})
}

// What was deployed, and a version that spans show for the first time, are quoted in the
// explanation of what began after them, with how long before that was: in what is published,
// in REST, after a restart, and in a replay of the recording.
func TestChangesBeforeAnIncidentAreQuoted(t *testing.T) {
	dir := t.TempDir()
	cfg := testConfig(dir)
	cfg.Record = filepath.Join(dir, "recording")
	slow := func(n int) bool { return n >= 12 }
	src := versioned{newStepwise(slow), 10}
	var told []model.Incident
	s, stop := runs(t, cfg, WithSource("shop", src), OnAppend(func(in model.Incident) { told = append(told, in) }))
	src.to(11)
	var change model.Note
	body := `{"service":"mysql","version":"8.1","at":"` + noon.Add(8*step).Format(time.RFC3339) + `","what":"<b>minor</b> upgrade","by":"ann"}`
	if code := post(t, s, "/api/v1/changes", body, &change); code != http.StatusCreated {
		t.Fatalf("status %d", code)
	}
	late := `{"service":"mysql","version":"8.2","at":"` + noon.Add(40*step).Format(time.RFC3339) + `"}`
	if code := post(t, s, "/api/v1/changes", late, &change); code != http.StatusCreated {
		t.Fatalf("status %d", code)
	}
	src.to(14)
	if len(told) == 0 || told[0].Event != model.EventOpened {
		t.Fatalf("told %v, want an opened incident", story(told))
	}
	check := func(what string, in *model.Incident) {
		t.Helper()
		if !in.StartedAt.Equal(noon.Add(12*step)) || len(in.Changes) != 2 {
			t.Fatalf("%s: since %s, changes %+v; want two before %s", what, in.StartedAt, in.Changes, noon.Add(12*step))
		}
		deploy, version := in.Changes[0], in.Changes[1]
		if deploy.Kind != model.ChangeDeploy || deploy.Before != 120 || deploy.Sentence != "mysql 8.1 was deployed 2 min before: <b>minor</b> upgrade" {
			t.Errorf("%s: deploy %+v", what, deploy)
		}
		if version.Kind != model.ChangeVersion || version.Service != "cart" || version.Previous != "1.0" || version.Before < 59 || version.Before > 60 ||
			!strings.HasPrefix(version.Sentence, "cart 2.0 was first seen 60 s before, after 1.0") {
			t.Errorf("%s: version %+v", what, version)
		}
		if !strings.HasSuffix(in.Summary, " Mysql 8.1 was deployed 2 min before: <b>minor</b> upgrade.") {
			t.Errorf("%s: summary %q", what, in.Summary)
		}
	}
	check("published", &told[0])
	inREST := func(s *Service) {
		t.Helper()
		eventually(t, func() bool { return get(t, s, "/api/v1/incidents/"+told[0].ID, nil) == http.StatusOK })
		var h model.IncidentHistory
		get(t, s, "/api/v1/incidents/"+told[0].ID, &h)
		check("REST", &h.Incident)
		var page model.ChangePage
		get(t, s, "/api/v1/changes", &page)
		if len(page.Changes) != 3 {
			t.Errorf("the list has %+v", page.Changes)
		}
	}
	inREST(s)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	again := versioned{newStepwise(slow), 10}
	s, stop = runs(t, cfg, WithSource("shop", again), OnAppend(func(in model.Incident) { told = append(told, in) }))
	again.to(18)
	inREST(s)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	rec, err := datasets.Open([]string{cfg.Record}, datasets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	replayed, _ := replayed(t, rec, ReplayOptions{Engine: engineConfig(1)})
	if len(replayed) == 0 {
		t.Fatal("the replay tells nothing")
	}
	check("replay", &replayed[0])
}
