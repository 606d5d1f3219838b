// Package topology draws who calls whom, or how that changed between two stretches: as DOT
// ([Graph.DOT]), Mermaid ([Graph.Mermaid]) and SVG ([Graph.SVG]). Meet [Of] and [Between]
// first.
//
// The drawing is layered, from the services that requests enter on the left to those that
// ask nobody on the right (Sugiyama, Tagawa and Toda, 1981): layers by the longest way from
// an entry, with calls back left out; in each layer an order with few crossings, found by
// barycentres; calls over several layers led between the services on their way.
//
// It says what was measured, not whether it is chance: that is `culprit compare`'s task.
package topology
