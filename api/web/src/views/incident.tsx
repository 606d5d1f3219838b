// One incident: the sentence first, then what it rests on.

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { IncidentHistory, Preceding, ServiceStatus } from "../api.gen";
import { part, useResource } from "../fetch";
import { count, cut, known, none, share, span, visible } from "../format";
import { useIncidents } from "../live";
import { Actions } from "../parts/actions";
import { Attributes } from "../parts/attributes";
import { Charts, type Moment } from "../parts/chart";
import { EntryPoints } from "../parts/impact";
import { SeverityMark, StateMark } from "../parts/marks";
import { PathGraph } from "../parts/pathgraph";
import { Quality } from "../parts/quality";
import { Loaded } from "../parts/state";
import { RuledOut, Suspects } from "../parts/suspects";
import { Name, Said, Time } from "../parts/text";
import { Timeline } from "../parts/timeline";
import { Traces } from "../parts/waterfall";
import { toCompare, toTopology } from "../route";

export function IncidentView({ id, status }: { id: string; status: ServiceStatus | undefined }) {
  const incident = useResource<IncidentHistory>(`/api/v1/incidents/${part(id)}`);
  useIncidents((changed) => {
    if (changed === undefined || changed.id === id) incident.reload();
  });
  return (
    <Loaded of={incident} what="the incident">
      {(i) => <Incident i={i} status={status} changed={incident.reload} />}
    </Loaded>
  );
}

function Incident({ i, status, changed }: { i: IncidentHistory; status: ServiceStatus | undefined; changed: () => void }) {
  const end = i.resolved_at ?? (i.state === "open" && status && known(status.watermark) ? status.watermark : i.updated_at);
  const cause = i.suspects[0];
  const x = i.exhibit;
  const moments = useMemo(() => momentsOf(i), [i]);
  const felt = i.affected.filter((s) => s !== cause?.service);
  return (
    <article class="incident" data-state={i.state}>
      <header class="verdict">
        <p class="marks">
          <SeverityMark severity={i.severity} /> <StateMark incident={i} />
          {i.provisional ? (
            <span class="state" title="Judged before there was enough history to keep the budget of false incidents">
              provisional
            </span>
          ) : null}
        </p>
        <h1>
          <Name text={i.title} most={300} />
        </h1>
        <p class="summary">
          <Said text={i.summary} />
        </p>
        <dl class="figures">
          <div>
            <dt>since</dt>
            <dd>
              <Time at={i.started_at} zoned />
            </dd>
          </div>
          <div>
            <dt>{i.state === "open" ? "for" : "lasted"}</dt>
            <dd>{span(Date.parse(end) - Date.parse(i.started_at))}</dd>
          </div>
          <div>
            <dt>{i.state === "open" ? "requests slow or failed since" : "requests slow or failed in that time"}</dt>
            <dd>
              {share(i.impact.share)}{" "}
              <span class="soft">
                {count(i.impact.affected)} of {count(i.impact.requests)}
              </span>
            </dd>
          </div>
          <div>
            <dt>felt by</dt>
            <dd>{felt.length > 0 ? felt.slice(0, mostFelt).map((s, n) => [n > 0 ? ", " : "", <a href={toTopology(i.opened_at, s)}><Name text={s} most={60} /></a>]) : none}{felt.length > mostFelt ? <span class="soft"> and {count(felt.length - mostFelt)} more</span> : null}</dd>
          </div>
        </dl>
        <Changes changes={i.changes ?? []} />
        <Actions incident={i} changed={changed} />
      </header>
      <section aria-labelledby="why">
        <h2 id="why">Why</h2>
        <Suspects incident={i} />
      </section>
      <Afterwards>
        <section aria-labelledby="trace">
          <h2 id="trace">A trace that shows it</h2>
          {x ? <Traces exhibit={x} incident={i} /> : <Missing />}
        </section>
        <section aria-labelledby="charts">
          <h2 id="charts">Before and now</h2>
          {x ? <Charts charts={x.charts} moments={moments} focus={{ worstSince: i.started_at }} /> : <Missing />}
          <Against i={i} status={status} />
        </section>
        {x?.topology ? (
          <section aria-labelledby="path">
            <h2 id="path">From symptoms to cause</h2>
            <PathGraph topology={x.topology} entries={i.impact.entry_points.map((e) => e.service)} />
          </section>
        ) : null}
        <section aria-labelledby="where">
          <h2 id="where">What the slow or failed calls have in common</h2>
          {x ? <Attributes splits={x.attributes} /> : <Missing />}
        </section>
        <RuledOut incident={i} />
        <section aria-labelledby="felt">
          <h2 id="felt">What users felt</h2>
          <EntryPoints impact={i.impact} at={i.opened_at} />
        </section>
        <section aria-labelledby="said">
          <h2 id="said">What happened when</h2>
          <Timeline incident={i} />
        </section>
        <section aria-labelledby="quality">
          <h2 id="quality">How good the input was</h2>
          <Quality incident={i} {...(cause ? { cause } : {})} />
        </section>
      </Afterwards>
    </article>
  );
}

/** Whether what comes afterwards has been shown since the page was loaded: then it comes at once, and going back finds its place. */
let shownBefore = false;

/** What is drawn once the screen shows what stands above it: cause, reasons and impact wait for nothing. */
function Afterwards({ children }: { children: ComponentChildren }) {
  const [now, show] = useState(shownBefore);
  useEffect(() => {
    if (now) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => {
        shownBefore = true;
        show(true);
      });
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [now]);
  return now ? <>{children}</> : <p class="waiting">Drawing …</p>;
}

/** An incident of before exhibits were kept, or too large for its message. */
function Missing() {
  return <p class="soft">This incident was published without what it is shown with.</p>;
}

/** The way to everything that changed, while both stretches are in memory. */
function Against({ i, status }: { i: IncidentHistory; status: ServiceStatus | undefined }) {
  const kept = status?.retained;
  if (!kept) return null;
  const start = Date.parse(i.started_at);
  const from = Math.max(start - longestBefore, Date.parse(kept.from));
  // Calm windows come before a resolution: what was seen ends with the last revision that was not one.
  const seen = i.state === "open" ? kept.to : i.revisions.filter((r) => r.state === "open").reduce((t, r) => (r.updated_at > t ? r.updated_at : t), i.opened_at);
  const to = Math.min(Date.parse(seen), Date.parse(kept.to));
  if (start - from < shortest || to - start < shortest) return <p class="soft">The windows before it are no longer in memory: only what was kept with the incident is shown.</p>;
  const iso = (t: number) => new Date(t).toISOString().replace(".000Z", "Z");
  return (
    <p>
      <a href={toCompare([iso(from), iso(start)], [iso(start), iso(to)])}>Everything that changed: before against now</a>
    </p>
  );
}

/** How many of the services that feel it are named. */
const mostFelt = 12;

const longestBefore = 10 * 60_000;
const shortest = 30_000;

/** What was done to the services concerned shortly before. */
function Changes({ changes }: { changes: Preceding[] }) {
  if (changes.length === 0) return null;
  return (
    <ul class="changes" aria-label="Changes shortly before">
      {changes.slice(0, 5).map((c) => (
        <li key={c.id}>
          <span class="tag">{c.kind}</span> <Said text={c.sentence} />
          {c.url && /^https?:\/\//.test(c.url) ? (
            <>
              {" "}
              <a href={c.url} target="_blank" rel="noreferrer">
                more ↗
              </a>
            </>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function momentsOf(i: IncidentHistory): Moment[] {
  const out: Moment[] = [{ at: i.started_at, what: "onset", kind: "onset" }];
  if (i.resolved_at) out.push({ at: i.resolved_at, what: "resolved", kind: "end" });
  for (const c of (i.changes ?? []).slice(0, 5)) out.push({ at: c.at, what: `${c.kind} ${visible(cut(c.service ?? c.what ?? "", 40))}`, kind: "change" });
  return out;
}
