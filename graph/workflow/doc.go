// Package workflow reconstructs how a request travels.
//
// [Stages] reads one trace as stages.
package workflow
