// Package lightstep receives traces as Lightstep's tracers send them to a satellite:
// reports in protobuf by POST /api/v2/reports. Everything that receivers share is in
// package receive; what a report holds is told by package internal/format/lightstep.
//
// Tracers bring an access token, in the report and in the header Lightstep-Access-Token.
// If a token is configured (token_file or token_env) it has to be that one; the header
// Authorization, which tracers cannot set, is not asked for.
package lightstep
