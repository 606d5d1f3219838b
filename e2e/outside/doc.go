// Package outside is a user of culprit's NATS subjects who is not culprit: a durable
// JetStream consumer of the incident log and a plain subscriber, in a process of
// their own, that stay through restarts of the server.
//
// A [Watch] notes everything that comes; [Watch.Check] says where that breaks what
// culprit promises: no revision lost or twice in the log, and nothing published to
// plain subscribers that the log does not hold.
package outside
