// Small signs that mean the same everywhere: severity, state, change.

import type { Evidence, Incident, Severity } from "../api.gen";
import { inUnit } from "../format";

const shapes: Record<Severity, string> = { critical: "●", major: "◐", minor: "○" };

/** How bad it is for users: by word and shape, not by colour alone. */
export function SeverityMark({ severity }: { severity: Severity }) {
  return (
    <span class={`severity ${severity}`}>
      <span aria-hidden="true">{shapes[severity] ?? "○"}</span> {severity}
    </span>
  );
}

export function StateMark({ incident }: { incident: Incident }) {
  return <span class={`state ${incident.state}`}>{incident.state}</span>;
}

/** What kinds of fault are called. */
export const kinds: Record<string, string> = {
  own_time: "slow by itself",
  network: "slow network",
  error: "fails",
  structure: "behaves differently",
  silence: "does not answer",
  concurrency: "lost concurrency",
  saturation: "saturated",
  load: "load",
};

/** What families of evidence are called. */
export const families: Record<string, string> = {
  own_time: "own time",
  edge: "time on the way",
  error: "errors that start here",
  structure: "calls made",
  silence: "calls answered",
  concurrency: "calls at once",
  tail: "unusually slow calls",
  traffic: "requests",
  queue_wait: "wait in a queue",
  entry_time: "time of requests",
  entry_error: "failed requests",
};

const meanings: Record<string, string> = {
  own_time: "What the operation spends itself, without waiting for what it calls",
  edge: "What the caller waits beyond the time of the callee: network and queueing before it",
  error: "Calls that fail with nothing failing below them",
  structure: "How many of its runs make a call, how often, or stop after it",
  silence: "How many of its calls another service answers",
  concurrency: "How many of its calls run at the same time",
  tail: "Calls that take longer than the usual slowest 5 %",
  traffic: "Requests a second of an entry point",
  queue_wait: "Time between sending a message and taking it up",
  entry_time: "What whole requests take, callees included",
  entry_error: "Requests that fail as a whole",
};

/** A family of evidence by its name, with what it means for who points at it. */
export function Family({ of }: { of: string }) {
  return meanings[of] ? <abbr title={meanings[of]}>{families[of]}</abbr> : <>{of}</>;
}

/** The head of the column of z. */
export function ZHead() {
  return (
    <th scope="col" class="num">
      <abbr title="How many standard errors now lies from the healthy windows, the differences among those included">z</abbr>
    </th>
  );
}

/** Before and now, drawn to one scale. Longer is more; what is worse is orange, unless it may be chance. */
export function Shift({ e, chance = false }: { e: Evidence; chance?: boolean }) {
  const before = Number(e.before ?? 0);
  const now = Number(e.now ?? 0);
  const most = Math.max(Math.abs(before), Math.abs(now), 1e-12);
  const tone = chance ? "" : isWorse(e) ? "worse" : "better";
  const width = (x: number) => Math.max(1, (96 * Math.abs(x)) / most);
  return (
    <span class="shift">
      <svg width="100" height="16" viewBox="0 0 100 16" aria-hidden="true">
        <rect x="0" y="2" width={width(before)} height="4" class="bar before" />
        <rect x="0" y="9" width={width(now)} height="5" class={`bar ${tone || "chance"}`} />
      </svg>
      <span class="num">
        {inUnit(e.before, e.unit)} <span class="arrow">→</span> {chance ? inUnit(e.now, e.unit) : <strong class={tone}>{inUnit(e.now, e.unit)}</strong>}
      </span>
    </span>
  );
}

/** Whether a change is one for the worse: less of it is bad for answers and concurrency only. */
export function isWorse(e: Evidence): boolean {
  const more = Number(e.now ?? 0) >= Number(e.before ?? 0);
  return e.family === "concurrency" || e.family === "silence" || e.family === "structure" ? true : more;
}
