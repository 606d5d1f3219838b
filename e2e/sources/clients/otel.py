"""Emits the story through OpenTelemetry's Python SDK over OTLP/HTTP in protobuf,
to the address in OTEL_EXPORTER_OTLP_ENDPOINT."""

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, set_span_in_context

import story

KINDS = {"server": SpanKind.SERVER, "client": SpanKind.CLIENT, "internal": SpanKind.INTERNAL}
providers = {}


def tracer(span):
    provider = providers.get(span.instance)
    if provider is None:
        provider = TracerProvider(resource=Resource({"service.name": span.service, "service.instance.id": span.instance}))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(compression=Compression.Gzip), schedule_delay_millis=500))
        providers[span.instance] = provider
    return provider.get_tracer("story")


for trace in story.read():
    spans = []
    for s in trace:
        context = set_span_in_context(spans[s.parent]) if s.parent >= 0 else None
        spans.append(tracer(s).start_span(s.name, context=context, kind=KINDS[s.kind], attributes=s.attributes, start_time=s.start))
    for s, span in zip(trace, spans):
        span.end(end_time=s.end)

for provider in providers.values():
    provider.shutdown()
