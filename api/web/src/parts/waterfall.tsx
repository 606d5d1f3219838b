// A trace with the fault beside a healthy one, on one scale of time: what was waited
// for is drawn strong, what is beyond the healthy trace is marked.

import { useState } from "preact/hooks";
import type { Exhibit, ExhibitSpan, ExhibitTrace, Incident } from "../api.gen";
import { cut, ms, visible } from "../format";
import { Name, Time, Where } from "./text";
import { linksOf, TraceLink } from "./tracelink";

/** The share of a trace from which a span is shown at once. */
const worthIt = 0.01;
/** The share of the excess from which it is marked. */
const worthMarking = 0.05;

export function Traces({ exhibit, incident }: { exhibit: Exhibit; incident: Incident }) {
  const [all, setAll] = useState(false);
  const { trace, normal } = exhibit;
  if (!trace) return <p class="soft">No trace of the fault was among those that were kept whole.</p>;
  const scale = Math.max(Number(trace.duration_ms), Number(normal?.duration_ms ?? 0), 0.001);
  const hidden = trace.spans.length - chosen(trace, all).length;
  return (
    <>
      <Excess exhibit={exhibit} />
      <div class="traces">
        <Waterfall trace={trace} scale={scale} incident={incident} all={all} title="With the fault" />
        {normal ? <Waterfall trace={normal} scale={scale} incident={incident} all={all} title="Nearest healthy trace" /> : <p class="soft">No healthy trace of this entry point was in memory.</p>}
      </div>
      <p class="soft legend">
        <span class="worse">▶</span> the suspect, <span class="worse">✕</span> failed, <i class="key path" /> waited for <i class="key excess" /> beyond the healthy trace <i class="key beside" /> ran while the wait was for something else.{" "}
        {all || hidden > 0 ? (
          <button type="button" class="plain" onClick={() => setAll(!all)}>
            {all ? "Show only what was waited for" : `Show all spans (${hidden} more)`}
          </button>
        ) : null}
      </p>
    </>
  );
}

/** Where the extra time went, in words and numbers. */
function Excess({ exhibit }: { exhibit: Exhibit }) {
  const { trace, normal } = exhibit;
  if (!trace || !normal) return null;
  const diff = Number(trace.duration_ms) - Number(normal.duration_ms);
  const rows = exhibit.excess.filter((e) => Math.abs(gap(e)) >= worthMarking * Math.abs(diff)).slice(0, 5);
  return (
    <p>
      It took <strong class="num">{ms(trace.duration_ms)}</strong> instead of <strong class="num">{ms(normal.duration_ms)}</strong>
      {rows.length > 0 ? ". Waited for longer or shorter: " : "."}
      {rows.map((e, n) => (
        <span key={n}>
          {n > 0 ? ", " : ""}
          <Where service={e.service} operation={e.operation} />{" "}
          <strong class={`num ${gap(e) > 0 ? "worse" : "better"}`}>
            {gap(e) > 0 ? "+" : "−"}
            {ms(Math.abs(gap(e)))}
          </strong>
        </span>
      ))}
      {rows.length > 0 ? "." : ""}
    </p>
  );
}

const gap = (e: { now_ms: number | null; normal_ms: number | null }) => Number(e.now_ms) - Number(e.normal_ms);

/** The spans that are shown: all, or those that matter with what is above them. */
function chosen(t: ExhibitTrace, all: boolean): ExhibitSpan[] {
  if (all) return t.spans;
  const keep = new Set<number>();
  t.spans.forEach((s, i) => {
    if (i > 0 && !s.suspect && !s.failed && onPath(s) < worthIt * Number(t.duration_ms)) return;
    for (let k = i; k >= 0 && !keep.has(k); k = t.spans[k]?.parent ?? -1) keep.add(k);
  });
  return t.spans.filter((_, i) => keep.has(i));
}

const onPath = (s: ExhibitSpan) => s.path.reduce((sum, p) => sum + Number(p[1]) - Number(p[0]), 0);

function Waterfall({ trace, scale, incident, all, title }: { trace: ExhibitTrace; scale: number; incident: Incident; all: boolean; title: string }) {
  const spans = chosen(trace, all);
  const worst = Math.max(...trace.spans.map((s) => Number(s.excess_ms)), 0);
  return (
    <section class="waterfall" aria-label={title} data-trace={trace.id}>
      <h3>
        {title}: <span class="num">{ms(trace.duration_ms)}</span>{" "}
        <span class="soft">
          <TraceLink trace={trace.id} links={linksOf(incident)} />, <Time at={trace.start} beside={incident.started_at} />
        </span>
      </h3>
      <ol>
        {spans.map((s, i) => (
          <Row key={i} s={s} above={trace.spans[s.parent]?.service} scale={scale} marked={Number(s.excess_ms) > 0 && Number(s.excess_ms) >= worthMarking * worst} />
        ))}
      </ol>
      {trace.omitted > 0 ? <p class="soft">{trace.omitted} short spans were left out.</p> : null}
    </section>
  );
}

function Row({ s, above, scale, marked }: { s: ExhibitSpan; above: string | undefined; scale: number; marked: boolean }) {
  const at = (x: number) => `${(100 * Math.max(0, Math.min(x, scale))) / scale}%`;
  const wide = (x: number) => `max(1px, ${(100 * Math.max(0, x)) / scale}%)`;
  return (
    <li class={`${s.suspect ? "suspect" : ""}${s.failed ? " failed" : ""}`}>
      <span class="label" title={visible(cut(`${s.service} ${s.operation}${s.instance ? ` on ${s.instance}` : ""}`, 300))} style={{ paddingLeft: `${Math.min(s.depth, 12) * 0.7}rem` }}>
        {s.suspect ? <span class="worse" title="the suspect">▶<span class="hidden"> suspect: </span> </span> : null}
        {s.failed ? <span class="worse" title="failed">✕<span class="hidden"> failed: </span> </span> : null}
        {s.service === above ? <Name text={s.operation} /> : <Where service={s.service} operation={s.operation} />}
      </span>
      <span class="track" aria-hidden="true">
        <i class="beside" style={{ left: at(Number(s.start_ms)), width: wide(Math.min(Number(s.duration_ms), scale - Number(s.start_ms))) }} />
        {s.path.map((p, i) => (
          <i key={i} class={marked ? "excess" : "path"} style={{ left: at(Number(p[0])), width: wide(Number(p[1]) - Number(p[0])) }} />
        ))}
      </span>
      <span class="num time" title={`${ms(onPath(s))} of it was waited for${Number(s.excess_ms) > 0 ? `, ${ms(s.excess_ms)} beyond the healthy trace` : ""}`}>
        {ms(s.duration_ms)}
      </span>
    </li>
  );
}
