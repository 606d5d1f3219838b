// Package notify tells receivers of alerts what the incident log holds.
//
//  1. A [Config] lists the [Target]s: Alertmanagers, webhooks that take CloudEvents, and
//     chats that take Slack's or Teams' bodies; and the [Route]s that say which incident goes
//     where. [New] checks all of it, templates and files of secrets included.
//  2. Each receiver (each peer of an Alertmanager) is a reader of the [Log] of its own,
//     whose place the log remembers. It is told one revision after the other, in order.
//  3. A receiver that is away is asked again, longer and longer apart, until
//     Config.GiveUp is over; what comes later waits. A revision that it refuses, or that
//     took too long, becomes a dead letter, kept in [Letters], shown by [Notifier.Status]
//     and sent again by [Notifier.Resend].
//  4. Muted incidents are not told; when the mute ends while one lasts, it is told.
//
// # What is promised
//
// Each revision is sent at least once, and once unless the process dies between an
// answer and its acknowledgement in the log. For that moment every request carries a key of
// the incident and its revision (the ID of the CloudEvent, Idempotency-Key), by which a
// receiver can tell that it has seen it; to an Alertmanager the same alert twice is one.
//
// An Alertmanager forgets alerts that are not repeated, so open incidents are sent again
// every Target.Resend. Labels identify: they are those of the first revision, and the
// highest severity so far. When the severity rises, the alert with the old one ends in the
// same request.
//
// Names out of traces are foreign text. They are cut, stripped of control and direction
// characters, and escaped as each receiver asks; templates are the operator's own.
// Secrets come from files or the environment, are read when needed, and stand in no
// error, status or log.
//
// The package knows no broker and decides nothing about incidents.
package notify
