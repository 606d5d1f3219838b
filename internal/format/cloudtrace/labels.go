package cloudtrace

import "strings"

// serviceLabels name the service, best first.
var serviceLabels = []string{
	"service.name",
	"g.co/r/cloud_run_revision/service_name",
	"g.co/r/cloud_function/function_name",
	"g.co/gae/app/module",
	"g.co/r/gae_app/module_id",
	"g.co/r/generic_task/job",
	"g.co/r/cloud_run_job/job_name",
	"g.co/r/k8s_container/container_name",
}

// resourceLabels say who sent a span, by what OpenTelemetry calls them.
var resourceLabels = map[string]string{
	"service.instance.id":                          "service.instance.id",
	"service.version":                              "service.version",
	"service.namespace":                            "service.namespace",
	"k8s.pod.name":                                 "k8s.pod.name",
	"k8s.namespace.name":                           "k8s.namespace.name",
	"k8s.cluster.name":                             "k8s.cluster.name",
	"k8s.node.name":                                "k8s.node.name",
	"host.name":                                    "host.name",
	"host.id":                                      "host.id",
	"deployment.environment":                       "deployment.environment",
	"deployment.environment.name":                  "deployment.environment.name",
	"cloud.region":                                 "cloud.region",
	"telemetry.sdk.language":                       "telemetry.sdk.language",
	"telemetry.sdk.name":                           "telemetry.sdk.name",
	"telemetry.sdk.version":                        "telemetry.sdk.version",
	"g.co/agent":                                   "telemetry.sdk.name",
	"/agent":                                       "telemetry.sdk.name",
	"g.co/gae/app/version":                         "service.version",
	"g.co/gae/app/module_version":                  "service.version",
	"g.co/r/gae_app/version_id":                    "service.version",
	"g.co/r/cloud_run_revision/revision_name":      "service.version",
	"g.co/r/generic_task/task_id":                  "service.instance.id",
	"g.co/r/generic_node/node_id":                  "service.instance.id",
	"g.co/r/gce_instance/instance_id":              "host.id",
	"g.co/gce/instanceid":                          "host.id",
	"g.co/gce/hostname":                            "host.name",
	"g.co/r/k8s_container/pod_name":                "k8s.pod.name",
	"g.co/r/k8s_container/namespace_name":          "k8s.namespace.name",
	"g.co/r/k8s_container/namespace":               "k8s.namespace.name",
	"g.co/r/k8s_container/cluster_name":            "k8s.cluster.name",
	"g.co/r/k8s_container/location":                "cloud.region",
	"g.co/r/cloud_run_revision/location":           "cloud.region",
	"g.co/r/cloud_function/region":                 "cloud.region",
	"g.co/r/generic_task/location":                 "cloud.region",
	"g.co/r/gce_instance/zone":                     "cloud.availability_zone",
	"g.co/r/cloud_run_revision/configuration_name": "",
}

// attributeLabels are what OpenTelemetry calls the labels of Google's own agents.
var attributeLabels = map[string]string{
	"/http/method":          "http.request.method",
	"/http/url":             "url.full",
	"/http/path":            "url.path",
	"/http/route":           "http.route",
	"/http/host":            "http.host",
	"/http/user_agent":      "user_agent.original",
	"/http/client_protocol": "network.protocol.version",
	"/http/request/size":    "http.request.body.size",
	"/http/response/size":   "http.response.body.size",
	"/component":            "component",
	"/error/name":           "error.type",
	"/error/message":        "error.message",
	"/pid":                  "process.pid",
	"/tid":                  "thread.id",
	"/stacktrace":           "exception.stacktrace",
}

// ofResource reports whether a label says who sent the span, and how OpenTelemetry
// calls it: "" for nothing that matters.
func ofResource(label string) (name string, ok bool) {
	if name, ok = resourceLabels[label]; ok {
		return name, true
	}
	for _, s := range serviceLabels {
		if label == s {
			return "", true
		}
	}
	return "", strings.HasPrefix(label, "g.co/r/") || strings.HasPrefix(label, "g.co/gae/") || strings.HasPrefix(label, "g.co/gce/")
}
