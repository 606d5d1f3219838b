// Package alerts plays recorded outages through culprit and looks at what arrives: in a
// real Alertmanager and the webhook behind it, in a receiver of signed webhooks that shares
// no code with culprit, and in a real Prometheus.
package alerts
