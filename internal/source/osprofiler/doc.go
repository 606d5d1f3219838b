// Package osprofiler reads the traces that OpenStack's osprofiler keeps in Redis or
// Elasticsearch, stretch by stretch. Meet [Source] first: [New] makes one from a
// [Config].
//
// What the stores hold is osprofiler's own drivers' doing, and is read as they wrote it:
//
//   - Redis, since osprofiler 3.0: a list osprofiler_opt:<base_id> for each trace, the
//     newest notification first; before: a string for each notification, under
//     osprofiler:<base_id>_<trace_id>_<timestamp>. There is no index of time: every key is
//     looked through for each stretch, and of those that are new the oldest
//     notification says when the trace began.
//   - Redis behind a Sentinel: the same.
//   - Elasticsearch: documents of the index osprofiler-notifications, one for each
//     notification. Their timestamps say which traces a stretch may hold; those are read
//     whole.
//
// The keys and the index of errors (osprofiler_error:, osprofiler-notifications-error)
// repeat what is in the traces and are not read. Nothing is ever written or deleted. How
// notifications become spans is package internal/format/osprofiler's business; when stretches
// are read, again and again after trouble, is [source.Poller]'s.
package osprofiler
