package rig

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Labels is a recording's faults.json.
type Labels struct {
	System   string    `json:"system"`
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Baseline []Stretch `json:"baseline"`
	Faults   []Label   `json:"faults"`
}

// Stretch is [From, To) in UTC.
type Stretch struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Label is one fault and when it was there.
type Label struct {
	ID         string    `json:"id"`
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	Type       string    `json:"type"`
	RootCauses []Cause   `json:"root_causes"`
	Visible    bool      `json:"visible"`
	Note       string    `json:"note"`
}

// Cause is a right answer, as deep as it is known.
type Cause struct {
	Service   string `json:"service"`
	Operation string `json:"operation,omitempty"`
}

// Write writes the labels to dir/faults.json.
func (l Labels) Write(dir string) error {
	data, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "faults.json"), append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing labels: %w", err)
	}
	return nil
}

// ReadLabels reads the labels of the recording in dir.
func ReadLabels(dir string) (Labels, error) {
	var l Labels
	data, err := os.ReadFile(filepath.Join(dir, "faults.json"))
	if err == nil {
		err = json.Unmarshal(data, &l)
	}
	if err != nil {
		return l, fmt.Errorf("reading labels: %w", err)
	}
	return l, nil
}
