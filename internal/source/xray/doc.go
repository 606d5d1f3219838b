// Package xray takes traces from AWS X-Ray, in either of two ways.
//
// [Reader] asks the API for what is stored there: GetTraceSummaries lists the traces of
// a stretch, page by page, and BatchGetTraces fetches them, five at a time.
// [source.Poller] says when. Requests are spaced out by Config.RequestsPerSecond, since
// the account's quota is shared with whoever looks at the console.
//
// [Daemon] is sent to: it speaks the UDP protocol of the X-Ray daemon, on its port, so
// that an SDK needs only AWS_XRAY_DAEMON_ADDRESS. It does not answer the SDKs' questions
// for sampling rules (TCP); they then sample by their local rules.
//
// Credentials come from the AWS SDK's own chain: environment, profile, web identity,
// container or instance role. The conversion is internal/format/xray's.
package xray
