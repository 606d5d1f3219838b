// Emits the story through OpenTelemetry's Node SDK over OTLP/HTTP in JSON, to the
// address in OTEL_EXPORTER_OTLP_ENDPOINT.
import { ROOT_CONTEXT, SpanKind, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

import { read } from "./story.js";

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };
const providers = new Map();

function tracer(span) {
  let provider = providers.get(span.instance);
  if (!provider) {
    provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ "service.name": span.service, "service.instance.id": span.instance }),
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter(), { scheduledDelayMillis: 500 })],
    });
    providers.set(span.instance, provider);
  }
  return provider.getTracer("story");
}

for await (const told of read()) {
  const spans = [];
  for (const s of told) {
    const parent = s.parent < 0 ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, spans[s.parent]);
    spans.push(tracer(s).startSpan(s.name, { kind: kinds[s.kind], startTime: s.start, attributes: s.attributes }, parent));
  }
  told.forEach((s, i) => spans[i].end(s.end));
}
await Promise.all([...providers.values()].map((p) => p.shutdown()));
