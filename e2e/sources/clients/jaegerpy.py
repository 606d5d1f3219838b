"""Emits the story through jaeger-client for Python, to an agent at the address in its
argument."""

import sys
import time

from jaeger_client import ConstSampler, Tracer
from jaeger_client.local_agent_net import LocalAgentSender
from jaeger_client.reporter import Reporter

import story

host, port = sys.argv[1].rsplit(":", 1)
tracers = {}


def tracer(span):
    found = tracers.get(span.instance)
    if found is None:
        agent = LocalAgentSender(host=host, sampling_port=0, reporting_port=int(port))
        reporter = Reporter(channel=agent, queue_capacity=10_000, batch_size=20, flush_interval=0.5)
        found = Tracer(span.service, reporter, ConstSampler(True), tags={"service.instance.id": span.instance})
        tracers[span.instance] = found
    return found


for trace in story.read():
    spans = []
    for s in trace:
        tags = dict(s.attributes)
        if s.kind != "internal":
            tags["span.kind"] = s.kind
        parent = spans[s.parent] if s.parent >= 0 else None
        spans.append(tracer(s).start_span(s.name, child_of=parent, tags=tags, start_time=s.start / 1e9, ignore_active_span=True))
    for s, span in zip(trace, spans):
        span.finish(finish_time=s.end / 1e9)

for t in tracers.values():
    t.close()
time.sleep(1)  # the tracers send their last spans in threads of their own
