// The way from a trace's ID into the tracing system.

import type { Incident, IncidentHistory, Link } from "../api.gen";

/** The pages of the traces that an incident names: what it is shown with may be of a revision before the newest. */
export function linksOf(incident: Incident | IncidentHistory): Link[] {
  return "revisions" in incident ? [...incident.links, ...incident.revisions.flatMap((r) => r.links)] : incident.links;
}

/** A trace by its ID: a link into the tracing system if that has a page for it. */
export function TraceLink({ trace, links }: { trace: string; links: Link[] }) {
  const url = links.find((l) => l.trace === trace)?.url;
  const text = <code>{trace.slice(0, 16)}{trace.length > 16 ? "…" : ""}</code>;
  if (url && /^https?:\/\//.test(url)) {
    return (
      <a href={url} target="_blank" rel="noreferrer" title={`Trace ${trace} in the tracing system`}>
        {text} ↗
      </a>
    );
  }
  return <span title={trace}>{text}</span>;
}
