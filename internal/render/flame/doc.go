// Package flame writes stacks of calls with the time spent in each as flame graphs: folded
// text ([Graph.Folded], which speedscope and FlameGraph read), a pprof profile
// ([Graph.Profile]) and a drawing ([Graph.SVG]). A graph may hold two stretches; then it
// shows what changed from the first to the second.
package flame
