"""Emits the story through AWS's X-Ray SDK for Python: over UDP, to the address in
AWS_XRAY_DAEMON_ADDRESS, or to the API at XRAY_ENDPOINT by PutTraceSegments.

What is asked of a service has no name of its own in X-Ray. As programs do, requests
have an HTTP block and functions are subsegments of their own."""

import os
import time

from aws_xray_sdk.core.emitters.udp_emitter import UDPEmitter
from aws_xray_sdk.core.models.segment import Segment
from aws_xray_sdk.core.models.subsegment import Subsegment
from aws_xray_sdk.core.models.traceid import TraceId

import story


def put_http(entity, span):
    """Describes a request if the span's name is one."""
    method, _, path = span.name.partition(" ")
    if path.startswith("/"):
        entity.put_http_meta("method", method)
        entity.put_http_meta("url", "http://" + span.service + path)
        return True
    return False


def subsegment(span, parent, segment):
    """Adds a span of the same service to the segment."""
    name, namespace = span.name, "local"
    if span.kind == "client":
        namespace = "remote"
        name = span.attributes.get("peer.service") or span.name.split()[0]
    sub = Subsegment(name, namespace, segment)
    parent.add_subsegment(sub)
    if span.attributes.get("db.system") == "postgresql":
        sub.set_sql({"sanitized_query": span.name, "database_type": "PostgreSQL"})
    sub.start_time = span.start / 1e9
    return sub


def segments(trace):
    """The segments of a trace, with all below them."""
    trace_id = TraceId().to_id()
    made, entities, inner = [], [], []
    for span in trace:
        parent = entities[span.parent] if span.parent >= 0 else None
        if span.kind == "server":
            segment = Segment(span.service, traceid=trace_id, parent_id=parent.id if parent else None)
            segment.start_time = span.start / 1e9
            segment.set_service({"version": "1"})
            segment.set_aws({"eks": {"pod": span.instance}})
            made.append(segment)
            entity = segment
            if not put_http(segment, span):
                entity = subsegment(span, segment, segment)
        else:
            segment = inner[span.parent]
            entity = subsegment(span, parent, segment)
        entities.append(entity)
        inner.append(segment)
    for span, entity, segment in reversed(list(zip(trace, entities, inner))):
        entity.close(span.end / 1e9)
        if segment.in_progress and entity.parent_id == segment.id and span.kind == "server":
            segment.close(span.end / 1e9)
    return made


endpoint = os.environ.get("XRAY_ENDPOINT")
if endpoint:
    import boto3

    api = boto3.client("xray", endpoint_url=endpoint, region_name="eu-west-1")

    waiting, last = [], time.monotonic()

    def flush():
        while waiting:  # the API takes fifty at a time
            answer = api.put_trace_segments(TraceSegmentDocuments=waiting[:50])
            assert not answer["UnprocessedTraceSegments"], answer
            del waiting[:50]

    def send(trace):
        global last
        waiting.extend(s.serialize() for s in trace)
        if len(waiting) >= 50 or time.monotonic() > last + 0.5:
            flush()
            last = time.monotonic()
else:
    emitter = UDPEmitter(os.environ["AWS_XRAY_DAEMON_ADDRESS"])

    def flush():
        pass

    def send(trace):
        for s in trace:
            emitter.send_entity(s)


for line in story.read():
    send(segments(line))
flush()
