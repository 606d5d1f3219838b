package app

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"culprit/model"
)

func TestLinksLeadToTheExemplarsOnce(t *testing.T) {
	in := model.Incident{Links: []model.Link{}, Suspects: []model.Suspect{{Exemplars: []string{"a", "b"}}, {Exemplars: []string{"b", "c"}}}}
	want := []model.Link{{Trace: "a", URL: "http://j/trace/a?x=a"}, {Trace: "b", URL: "http://j/trace/b?x=b"}, {Trace: "c", URL: "http://j/trace/c?x=c"}}
	if diff := cmp.Diff(want, link(in, "http://j/trace/{trace_id}?x={trace_id}").Links); diff != "" {
		t.Error(diff)
	}
	if got := link(in, ""); len(got.Links) != 0 {
		t.Errorf("links without a URL: %v", got.Links)
	}
	for i := range 30 {
		in.Suspects = append(in.Suspects, model.Suspect{Exemplars: []string{fmt.Sprint(i)}})
	}
	if n := len(link(in, "x").Links); n != maxLinks {
		t.Errorf("%d links, want %d", n, maxLinks)
	}
}
