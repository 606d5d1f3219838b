// The part of the topology between those who feel an incident and its cause, as a
// drawing that can be read, selected and followed.

import { useEffect, useState } from "preact/hooks";
import type { Topology, TopologyEdge, TopologyNode } from "../api.gen";
import { deviation, difference, silent, steps } from "../deviation";
import { cut, ms, rate, visible } from "../format";
import { edgeKey, type Layout, layOut } from "../layout";
import { toTopology } from "../route";

const box = { width: 196, height: 46 };

export function PathGraph({ topology: t, entries }: { topology: Topology; entries: string[] }) {
  const [places, place] = useState<Layout>();
  useEffect(() => {
    let here = true;
    void layOut(t, box).then((l) => here && place(l));
    return () => {
      here = false;
    };
  }, [t]);
  if (!places) return <p class="waiting">Drawing …</p>;
  const seconds = (Date.parse(t.to) - Date.parse(t.from)) / 1000;
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Services between cause and symptoms">
        <svg class="graph" width={places.width} height={places.height} viewBox={`0 0 ${places.width} ${places.height}`} role="group" aria-label={inWords(t)}>
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto-start-reverse">
              <path d="M0 0 L8 4 L0 8 z" />
            </marker>
          </defs>
          {t.edges.map((e) => (
            <Edge key={edgeKey(e.caller, e.callee, e.async)} e={e} points={places.edges.get(edgeKey(e.caller, e.callee, e.async)) ?? []} seconds={seconds} />
          ))}
          {t.nodes.map((n) => (
            <Node key={n.service} n={n} at={places.nodes.get(n.service)} entry={entries.includes(n.service)} seconds={seconds} moment={t.from} />
          ))}
        </svg>
      </div>
      <Scale />
    </>
  );
}

function inWords(t: Topology): string {
  return t.edges.map((e) => `${visible(e.caller)} calls ${visible(e.callee)}, ${difference({ ...e, requests: e.calls }, 30)}`).join("; ");
}

function Edge({ e, points, seconds }: { e: TopologyEdge; points: { x: number; y: number }[]; seconds: number }) {
  if (points.length < 2) return null;
  const numbers = { ...e, requests: e.calls };
  return (
    <g class={`edge ${deviation(numbers)}${e.async ? " async" : ""}`}>
      <title>{`${visible(e.caller)} → ${visible(e.callee)}: ${difference(numbers, seconds)}`}</title>
      <path d={`M${points.map((p) => `${p.x.toFixed(1)} ${p.y.toFixed(1)}`).join(" L")}`} marker-end="url(#arrow)" />
    </g>
  );
}

function Node({ n, at, entry, seconds, moment }: { n: TopologyNode; at: { x: number; y: number } | undefined; entry: boolean; seconds: number; moment: string }) {
  if (!at) return null;
  const x = at.x - box.width / 2;
  const y = at.y - box.height / 2;
  return (
    <a href={toTopology(moment, n.service)}>
      <g class={`node ${deviation(n)}${n.suspect ? " cause" : ""}`} data-service={n.service} data-cause={n.suspect ? "" : undefined}>
        <title>{`${visible(cut(n.service, 300))}: ${difference(n, seconds)}`}</title>
        <rect x={x} y={y} width={box.width} height={box.height} rx={n.type === "service" ? 4 : 16} />
        <text x={x + 10} y={y + 19} class="service">
          {visible(cut(n.service, 23))}
        </text>
        <text x={x + 10} y={y + 36} class="numbers">
          {n.suspect ? "cause · " : entry ? "entry · " : ""}
          {silent(n) ? `no calls, not ${rate(n.usual?.per_second)}` : `${n.usual ? `${ms(n.usual.p50_ms)} → ` : "new "}${ms(n.p50_ms)}`}
        </text>
      </g>
    </a>
  );
}

/** What the colours mean. */
export function Scale() {
  return (
    <p class="soft legend">
      {steps.map(([step, means]) => (
        <span key={step}>
          <i class={`key ${step}`} /> {means}{" "}
        </span>
      ))}
    </p>
  );
}
