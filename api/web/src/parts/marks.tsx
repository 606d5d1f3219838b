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
  silence: "answers",
  concurrency: "calls at once",
  tail: "slowest 5 %",
  traffic: "requests",
  queue: "wait in a queue",
};

/** Before and now, drawn to one scale. Longer is more; what is worse is orange. */
export function Shift({ e }: { e: Evidence }) {
  const before = Number(e.before ?? 0);
  const now = Number(e.now ?? 0);
  const most = Math.max(Math.abs(before), Math.abs(now), 1e-12);
  const worse = isWorse(e);
  const width = (x: number) => Math.max(1, (96 * Math.abs(x)) / most);
  return (
    <span class="shift">
      <svg width="100" height="16" viewBox="0 0 100 16" aria-hidden="true">
        <rect x="0" y="2" width={width(before)} height="4" class="bar before" />
        <rect x="0" y="9" width={width(now)} height="5" class={`bar ${worse ? "worse" : "better"}`} />
      </svg>
      <span class="num">
        {inUnit(e.before, e.unit)} <span class="arrow">→</span> <strong class={worse ? "worse" : "better"}>{inUnit(e.now, e.unit)}</strong>
      </span>
    </span>
  );
}

/** Whether a change is one for the worse: less of it is bad for answers and concurrency only. */
export function isWorse(e: Evidence): boolean {
  const more = Number(e.now ?? 0) >= Number(e.before ?? 0);
  return e.family === "concurrency" || e.family === "silence" || e.family === "structure" ? true : more;
}
