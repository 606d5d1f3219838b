// Package cloudtrace reads traces from Google Cloud Trace: ListTraces of its API v1,
// whole traces (the view COMPLETE), page by page. [source.Poller] says when; requests are
// spaced out by Config.RequestsPerSecond, since a project may make 300 a minute in all.
//
// Meet [Source] first. Credentials are Google's default ones (the environment, gcloud, the
// machine's service account) or a file. The conversion is internal/format/cloudtrace's.
package cloudtrace
