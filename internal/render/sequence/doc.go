// Package sequence writes a workflow for people and for the tools that draw it: a table
// for the terminal ([Text]), sequence diagrams ([Mermaid], [PlantUML],
// [SequenceDiagramOrg], [SVG]), a graph ([DOT]), the published JSON ([JSON]) and a page of
// its own ([HTML]) that needs no network, no script and no leave of a content security
// policy.
//
// All diagrams are written from one script: who asks whom, in which order, in which
// blocks. What is not usual is marked in each. Names come from outside: they are cut,
// freed of what is no text, and escaped as each notation wants it.
package sequence
