package model

import "time"

// Correlation says which attributes set some requests of an operation apart from the rest:
// the answer of `culprit correlate` and of GET /api/v1/correlate.
type Correlation struct {
	From       time.Time             `json:"from"`
	To         time.Time             `json:"to"`
	Service    string                `json:"service"`
	Operation  string                `json:"operation"`
	Chosen     string                `json:"chosen"`   // what sets the chosen requests apart, in words
	Selected   int                   `json:"selected"` // requests that were chosen
	Rest       int                   `json:"rest"`
	Tried      int                   `json:"tried"`      // values that were compared
	Attributes []CorrelatedAttribute `json:"attributes"` // the ones that tell most first
	Warnings   []Warning             `json:"warnings"`
}

// CorrelatedAttribute is a value that chosen requests have more often than the rest.
type CorrelatedAttribute struct {
	Rank          int         `json:"rank"`
	Where         string      `json:"where"`   // itself, above (a caller) or below (something it waited for)
	Service       string      `json:"service"` // whose span has it
	Key           string      `json:"key"`
	Value         string      `json:"value"`
	Selected      int         `json:"selected"` // chosen requests that have it
	Rest          int         `json:"rest"`     // others that have it
	SelectedShare Number      `json:"selected_share"`
	RestShare     Number      `json:"rest_share"`
	Lift          Number      `json:"lift"` // how many times as often requests with it are chosen as those without; null: none without is
	Phi           Number      `json:"phi"`  // correlation of having it and being chosen: 1 tells them apart exactly
	Q             Number      `json:"q"`    // of Fisher's exact test, after Benjamini and Hochberg over all that were tried
	Same          []Attribute `json:"same"` // further values of the same requests: nothing here tells them apart
}
