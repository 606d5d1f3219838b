// Package bus keeps what the service must not lose, in NATS: the incident log, the
// snapshots of what was learned, and the lease of the one process that writes. It is
// the only importer of nats.go and nats-server, and none of their types leave it.
package bus
