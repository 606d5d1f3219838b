// All incidents: what is open first, then what was.

import { useEffect, useState } from "preact/hooks";
import type { Incident, IncidentPage, ServiceStatus } from "../api.gen";
import { get, query, useResource } from "../fetch";
import { count, known, share, span } from "../format";
import { useIncidents } from "../live";
import { SeverityMark, StateMark } from "../parts/marks";
import { Empty, Loaded } from "../parts/state";
import { Name, Said, Time } from "../parts/text";
import { requery, toIncident } from "../route";

const hours: Record<string, number> = { "1h": 1, "6h": 6, "24h": 24, "7d": 168 };
const perPage = 50;

export function IncidentsView({ query: q, status }: { query: URLSearchParams; status: ServiceStatus | undefined }) {
  const severity = q.getAll("severity");
  const service = q.get("service") ?? "";
  const since = q.get("since") ?? "";
  const at = status && known(status.watermark) ? status.watermark : undefined;
  const from = hours[since] !== undefined && at ? new Date(Date.parse(at) - hours[since] * 3_600_000).toISOString() : undefined;
  const filters = { view: "brief", severity, service, since: from };
  const open = useResource<IncidentPage>(`/api/v1/incidents${query({ ...filters, state: "open", limit: 500 })}`);
  const past = useResource<IncidentPage>(`/api/v1/incidents${query({ ...filters, state: ["resolved", "expired"], limit: perPage })}`);
  useIncidents(() => {
    open.reload();
    past.reload();
  });
  const filtered = severity.length > 0 || service !== "" || since !== "";
  return (
    <>
      <div class="title-line">
        <h1>Incidents</h1>
        <Filters severity={severity} service={service} since={since} />
      </div>
      <section aria-labelledby="open-title">
        <h2 id="open-title">Open</h2>
        <Loaded of={open} what="open incidents">
          {(page) =>
            page.incidents.length > 0 ? (
              <List incidents={page.incidents} until={at} />
            ) : (
              <Empty>
                <p>
                  <strong>{filtered ? "No open incident fits these filters." : "Nothing is open."}</strong> <Watching status={status} />
                </p>
              </Empty>
            )
          }
        </Loaded>
      </section>
      <section aria-labelledby="past-title">
        <h2 id="past-title">Earlier</h2>
        <Loaded of={past} what="earlier incidents">
          {(page) =>
            page.incidents.length > 0 ? (
              <Further key={page.log_sequence + page.incidents[0]!.id} first={page} of={{ ...filters, state: ["resolved", "expired"] }} until={at} />
            ) : (
              <Empty>
                <p>{filtered ? "No earlier incident fits these filters." : "There was none since the log begins."}</p>
              </Empty>
            )
          }
        </Loaded>
      </section>
    </>
  );
}

/** What is being watched while nothing is wrong. */
function Watching({ status }: { status: ServiceStatus | undefined }) {
  if (!status || !known(status.watermark)) return <>No traces have been judged yet.</>;
  return (
    <>
      {count(status.operations)} operations of {count(status.services)} services are judged each {status.window} against {count(status.healthy_windows)} healthy windows, last up to{" "}
      <Time at={status.watermark} zoned />.{status.provisional ? " There are less than some five hours of history yet: verdicts are provisional." : ""}
    </>
  );
}

function Filters({ severity, service, since }: { severity: string[]; service: string; since: string }) {
  const [typed, type] = useState(service); // or news that arrive while somebody types would put back what was there
  useEffect(() => type(service), [service]);
  const toggle = (s: string) => {
    const p = new URLSearchParams(location.search);
    const next = severity.includes(s) ? severity.filter((x) => x !== s) : [...severity, s];
    p.delete("severity");
    for (const n of next) p.append("severity", n);
    requery({ severity: undefined });
    history.replaceState(null, "", `${location.pathname}?${p}`);
    requery({});
  };
  return (
    <form class="filters" role="search" aria-label="Filter incidents" onSubmit={(e) => e.preventDefault()}>
      <fieldset>
        <legend class="hidden">Severity</legend>
        {["critical", "major", "minor"].map((s) => (
          <button type="button" key={s} aria-pressed={severity.includes(s)} onClick={() => toggle(s)}>
            {s}
          </button>
        ))}
      </fieldset>
      <label>
        <span class="hidden">Service</span>
        <input
          type="search"
          data-find
          placeholder="service, exact name"
          value={typed}
          onInput={(e) => type(e.currentTarget.value)}
          onChange={(e) => requery({ service: e.currentTarget.value.trim() })}
          onKeyDown={(e) => e.key === "Enter" && requery({ service: e.currentTarget.value.trim() })}
        />
      </label>
      <label>
        <span class="hidden">Since</span>
        <select value={since} onChange={(e) => requery({ since: e.currentTarget.value })}>
          <option value="">all times</option>
          <option value="1h">last hour</option>
          <option value="6h">last 6 hours</option>
          <option value="24h">last day</option>
          <option value="7d">last 7 days</option>
        </select>
      </label>
    </form>
  );
}

/** A first page, and the ones that were asked for behind it. */
function Further({ first, of, until }: { first: IncidentPage; of: Record<string, string | string[] | undefined>; until: string | undefined }) {
  const [more, setMore] = useState<IncidentPage[]>([]);
  const [trouble, setTrouble] = useState("");
  const last = more[more.length - 1] ?? first;
  const shown = [first, ...more].flatMap((p) => p.incidents);
  const load = async () => {
    try {
      const page = await get<IncidentPage>(`/api/v1/incidents${query({ ...of, limit: perPage, cursor: last.next_cursor ?? undefined })}`);
      setMore([...more, page]);
      setTrouble("");
    } catch (e) {
      setTrouble(e instanceof Error ? e.message : String(e));
    }
  };
  return (
    <>
      <List incidents={shown} until={until} />
      {last.next_cursor !== null ? (
        <p>
          <button type="button" onClick={() => void load()}>
            Show {Math.min(perPage, first.total - shown.length)} more of {count(first.total - shown.length)}
          </button>{" "}
          {trouble}
        </p>
      ) : null}
    </>
  );
}

function List({ incidents, until }: { incidents: Incident[]; until: string | undefined }) {
  return (
    <ol class="incidents">
      {incidents.map((i) => (
        <li key={i.id}>
          <Row incident={i} until={until} />
        </li>
      ))}
    </ol>
  );
}

function Row({ incident: i, until }: { incident: Incident; until: string | undefined }) {
  const first = i.suspects[0];
  const end = i.resolved_at ?? (i.state === "open" ? until : undefined) ?? i.updated_at;
  const others = i.affected.filter((s) => s !== first?.service);
  return (
    <a class={`row ${i.state}`} href={toIncident(i.id)} data-row data-incident={i.id}>
      <span class="cell-severity">
        <SeverityMark severity={i.severity} />
        {i.state === "expired" ? <StateMark incident={i} /> : null}
      </span>
      <span class="cell-cause">
        <span class="cause">
          <Name text={i.title} most={200} />
        </span>
        <span class="soft reason">
          <Said text={first?.reason ?? i.summary} />
          {others.length > 0 ? (
            <>
              {"; felt by "}
              {others.slice(0, 4).map((s, n) => [n > 0 ? ", " : "", <Name text={s} most={40} />])}
              {others.length > 4 ? ` and ${others.length - 4} more` : ""}
            </>
          ) : null}
        </span>
      </span>
      <span class="cell-impact num">
        <strong>{share(i.impact.share)}</strong> of requests
        <span class="soft">
          {count(i.impact.affected)} of {count(i.impact.requests)}
        </span>
      </span>
      <span class="cell-time num">
        <Time at={i.started_at} {...(until ? { beside: until } : {})} />
        <span class="soft">{i.state === "open" ? `for ${span(Date.parse(end) - Date.parse(i.started_at))}` : `lasted ${span(Date.parse(end) - Date.parse(i.started_at))}`}</span>
      </span>
    </a>
  );
}
