package datasets

import (
	"strings"
	"testing"
	"testing/fstest"

	"culprit/model"
)

func TestLabels(t *testing.T) {
	fsys := fstest.MapFS{
		"pack/faults.json": {Data: []byte(`{"system": "shop", "start": "2026-01-02T12:00:00Z", "end": "2026-01-02T13:00:00Z",
			"baseline": [{"from": "2026-01-02T12:00:00Z", "to": "2026-01-02T12:04:00Z"}],
			"faults": [{"id": "f01", "from": "2026-01-02T12:04:00Z", "to": "2026-01-02T12:06:00Z", "type": "delay",
			  "root_causes": [{"service": "mysql"}, {"service": "customer", "operation": "GET"}], "visible": true, "note": ""}]}`)},
		"broken/faults.json": {Data: []byte(`{"faults": [{"id": "f01", "from": "2026-01-02T12:04:00Z", "to": "2026-01-02T12:04:00Z"}]}`)},
	}
	l, err := ReadLabels(fsys, "pack")
	if err != nil || len(l.Faults) != 1 || l.Faults[0].To.Minute() != 6 || len(l.Baseline) != 1 {
		t.Fatalf("%v %+v", err, l)
	}
	for service, want := range map[string]bool{"mysql": true, "customer": true, "web": false, "": false} {
		if got := l.Faults[0].Names(model.Suspect{Service: service}); got != want {
			t.Errorf("%q named: %v", service, got)
		}
	}
	if _, err := ReadLabels(fsys, "broken"); err == nil || !strings.Contains(err.Error(), "fault 1 (f01) ends at") {
		t.Errorf("a fault without length: %v", err)
	}
	if _, err := ReadLabels(fsys, "absent"); err == nil {
		t.Error("absent labels were read")
	}
}
