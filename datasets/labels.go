package datasets

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
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
	Service   string           `json:"service,omitempty"`
	Operation string           `json:"operation,omitempty"`
	Instance  string           `json:"instance,omitempty"`
	Attribute *model.Attribute `json:"attribute,omitempty"`
}

// UnmarshalJSON takes a fault that does not say whether it is visible to be.
func (f *Fault) UnmarshalJSON(b []byte) error {
	type plain Fault
	p := plain{Visible: true}
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	*f = Fault(p)
	return nil
}

// LoadLabels reads the labels of the recording at path: a directory, or a trace file
// in one. The error is fs.ErrNotExist if there are none.
func LoadLabels(path string) (Labels, error) {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		path = filepath.Dir(path)
	}
	return ReadLabels(os.DirFS(path), ".")
}

// ReadLabels reads the labels in a directory of fsys.
func ReadLabels(fsys fs.FS, dir string) (Labels, error) {
	name := path.Join(dir, LabelsFile)
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return Labels{}, fmt.Errorf("labels: %w", err)
	}
	var l Labels
	if err := json.Unmarshal(b, &l); err != nil {
		return Labels{}, fmt.Errorf("labels %s: %w", name, err)
	}
	if err := l.check(); err != nil {
		return Labels{}, fmt.Errorf("labels %s: %w", name, err)
	}
	return l, nil
}

// check refuses labels by which nothing could be scored.
func (l *Labels) check() error {
	if l.End.Before(l.Start) {
		return fmt.Errorf("the recording ends at %s, before its start %s", l.End.Format(time.RFC3339), l.Start.Format(time.RFC3339))
	}
	for i, b := range l.Baseline {
		if !b.To.After(b.From) {
			return fmt.Errorf("baseline %d %s", i+1, b.backwards())
		}
	}
	seen := map[string]bool{}
	for i, f := range l.Faults {
		switch {
		case f.ID == "":
			return fmt.Errorf("fault %d has no id", i+1)
		case seen[f.ID]:
			return fmt.Errorf("two faults are called %s", f.ID)
		case !f.To.After(f.From):
			return fmt.Errorf("fault %d (%s) %s", i+1, f.ID, f.backwards())
		}
		seen[f.ID] = true
		for _, c := range f.RootCauses {
			if c.Service == "" && c.Instance == "" && c.Attribute == nil {
				return fmt.Errorf("fault %s has a root cause that names nothing", f.ID)
			}
		}
	}
	return nil
}

func (s Stretch) backwards() string {
	return fmt.Sprintf("ends at %s, which is not after its beginning %s", s.To.Format(time.RFC3339), s.From.Format(time.RFC3339))
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
