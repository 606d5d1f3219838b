// Package e2e tries culprit as a user would: the built command against a real Jaeger
// that real HotROD services send to, under load and with faults, watched from
// outside over NATS and REST.
//
// The tests take real minutes, because windows are real; `go test -short` skips
// them.
package e2e
