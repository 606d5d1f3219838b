// Package openstack has the test cloud (cloud.py and its modules) traced by the real
// osprofiler, breaks it, and asks culprit what is wrong: by what osprofiler keeps in a
// real Redis and in a real Elasticsearch, by what it sends as OTLP, and by what its own command shows of one trace.
package openstack
