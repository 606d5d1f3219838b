// One incident: the sentence first, then what it rests on.

import type { IncidentHistory, ServiceStatus } from "../api.gen";
import { part, useResource } from "../fetch";
import { count, known, none, share, span } from "../format";
import { useIncidents } from "../live";
import { EntryPoints } from "../parts/impact";
import { SeverityMark, StateMark } from "../parts/marks";
import { Quality } from "../parts/quality";
import { Loaded } from "../parts/state";
import { RuledOut, Suspects } from "../parts/suspects";
import { Name, Said, Time } from "../parts/text";
import { Timeline } from "../parts/timeline";
import { toTopology } from "../route";

export function IncidentView({ id, status }: { id: string; status: ServiceStatus | undefined }) {
  const incident = useResource<IncidentHistory>(`/api/v1/incidents/${part(id)}`);
  useIncidents((changed) => {
    if (changed === undefined || changed.id === id) incident.reload();
  });
  return (
    <Loaded of={incident} what="the incident">
      {(i) => <Incident i={i} status={status} />}
    </Loaded>
  );
}

function Incident({ i, status }: { i: IncidentHistory; status: ServiceStatus | undefined }) {
  const end = i.resolved_at ?? (i.state === "open" && status && known(status.watermark) ? status.watermark : i.updated_at);
  const cause = i.suspects[0];
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
            <dt>requests slow or failed</dt>
            <dd>
              {share(i.impact.share)}{" "}
              <span class="soft">
                {count(i.impact.affected)} of {count(i.impact.requests)}
              </span>
            </dd>
          </div>
          <div>
            <dt>felt by</dt>
            <dd>{i.affected.length > 0 ? i.affected.map((s, n) => [n > 0 ? ", " : "", <a href={toTopology(i.opened_at, s)}><Name text={s} most={60} /></a>]) : none}</dd>
          </div>
        </dl>
      </header>
      <section aria-labelledby="why">
        <h2 id="why">Why</h2>
        <Suspects incident={i} />
      </section>
      <RuledOut incident={i} />
      <section aria-labelledby="felt">
        <h2 id="felt">What users felt</h2>
        <EntryPoints impact={i.impact} at={i.opened_at} />
      </section>
      <section aria-labelledby="said">
        <h2 id="said">What was said when</h2>
        <Timeline incident={i} />
      </section>
      <section aria-labelledby="quality">
        <h2 id="quality">How good the input was</h2>
        <Quality incident={i} {...(cause ? { cause } : {})} />
      </section>
    </article>
  );
}
