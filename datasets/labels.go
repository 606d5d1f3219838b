package datasets

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"time"

	"culprit/model"
)

// LabelsFile is the name of a recording's labels, beside its trace files.
const LabelsFile = "faults.json"

// Labels say what was wrong in a recording, and when.
type Labels struct {
	System   string    `json:"system"`
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Baseline []Stretch `json:"baseline"` // in health
	Faults   []Fault   `json:"faults"`   // none: every incident is a false one
}

// Stretch is [From, To).
type Stretch struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Fault is one thing that was wrong.
type Fault struct {
	ID string `json:"id"`
	Stretch
	Type string `json:"type"`
	// RootCauses are the places that it can be seen from; naming one is right.
	RootCauses []RootCause `json:"root_causes"`
	Visible    bool        `json:"visible"` // false: the recording cannot show it
	Note       string      `json:"note"`
}

// RootCause is where a fault was, as deep as the label knows.
type RootCause struct {
	Service   string           `json:"service"`
	Operation string           `json:"operation,omitempty"`
	Instance  string           `json:"instance,omitempty"`
	Attribute *model.Attribute `json:"attribute,omitempty"`
}

// ReadLabels reads the labels in a directory of fsys.
func ReadLabels(fsys fs.FS, dir string) (Labels, error) {
	name := dir + "/" + LabelsFile
	if dir == "." || dir == "" {
		name = LabelsFile
	}
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return Labels{}, fmt.Errorf("labels: %w", err)
	}
	var l Labels
	if err := json.Unmarshal(b, &l); err != nil {
		return Labels{}, fmt.Errorf("labels %s: %w", name, err)
	}
	for i, f := range l.Faults {
		if !f.To.After(f.From) {
			return Labels{}, fmt.Errorf("labels %s: fault %d (%s) ends at %s, which is not after its beginning %s",
				name, i+1, f.ID, f.To.Format(time.RFC3339), f.From.Format(time.RFC3339))
		}
	}
	return l, nil
}

// Names reports whether a suspect names a root cause of the fault, at the level of services.
func (f *Fault) Names(s model.Suspect) bool {
	for _, c := range f.RootCauses {
		if s.Service != "" && s.Service == c.Service {
			return true
		}
	}
	return false
}
