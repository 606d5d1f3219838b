// Package api serves what is known over REST.
//
// In come incidents, revision by revision, from the incident log ([Projection.Apply]),
// and questions about the present and the retained past, which it passes on to an
// [Engine]. Out go JSON, server-sent events and problem documents (RFC 9457), as
// openapi.yaml beside this file says; api/gen is generated from it, and so is
// the typed client in api/client.
//
//  1. [Projection] holds the newest incidents as a list with filters, bounded in
//     number and in bytes. It is a projection: the log is the truth, and a new one is
//     filled by reading the log from its beginning.
//  2. [Engine] is what the service must be able to answer.
//  3. [Server] ties both to HTTP: limits, security headers, metrics, events.
//
// The echo framework and the generated types stay behind this door. The package
// decides nothing about incidents, keeps nothing on disk and knows no broker. What people say
// (feedback, mutes, changes) is checked here and kept by the Engine; the projection shows
// it beside the incidents.
package api
