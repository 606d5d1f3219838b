// The operations of a moment, the strangest first; and one operation, with why it was
// flagged or why it was not.

import { useMemo, useRef, useState } from "preact/hooks";
import type { OperationPage, OperationPeer, OperationSummary, OperationView, ServiceStatus } from "../api.gen";
import { part, query, useResource } from "../fetch";
import { count, ms, none, plain, rate, share } from "../format";
import { useIncidents } from "../live";
import { Charts, type Moment } from "../parts/chart";
import { Critical } from "../parts/critical";
import { Family, isWorse, Shift, ZHead } from "../parts/marks";
import { Moments } from "../parts/moment";
import { Warnings } from "../parts/quality";
import { Seasons } from "../parts/season";
import { Empty, Loaded } from "../parts/state";
import { Name, Said, Time, Where } from "../parts/text";
import { TraceLink } from "../parts/tracelink";
import { WorkflowOf } from "../parts/workflow";
import { requery, toOperation, toTopology } from "../route";

export function OperationsView({ query: q, status }: { query: URLSearchParams; status: ServiceStatus | undefined }) {
  const service = q.get("service") ?? "";
  const operation = q.get("operation") ?? "";
  const at = q.get("at") ?? "";
  if (service && operation) return <One key={`${service}\n${operation}`} service={service} operation={operation} at={at} status={status} />;
  return <List service={service} find={q.get("find") ?? ""} at={at} status={status} />;
}

/** How many operations are listed at first, and how many at most. */
const most = 200;
const mostEver = 500;

function List({ service, find, at, status }: { service: string; find: string; at: string; status: ServiceStatus | undefined }) {
  const [limit, setLimit] = useState(most);
  const page = useResource<OperationPage>(`/api/v1/operations${query({ service, find, at, limit })}`, at ? 0 : 10_000);
  const kept = useRef<OperationPage | undefined>(undefined);
  if (page.data) kept.current = page.data;
  const shown = page.data ?? (page.error ? undefined : kept.current);
  return (
    <>
      <div class="title-line">
        <h1>{service ? <>Operations of <Name text={service} /></> : "Operations"}</h1>
        <form class="filters" role="search" aria-label="Find operations" onSubmit={(e) => e.preventDefault()}>
          <label>
            <span class="hidden">Find</span>
            <input type="search" data-find placeholder="find" value={find} onInput={(e) => requery({ find: e.currentTarget.value })} />
          </label>
          {service ? <button type="button" onClick={() => requery({ service: undefined })}>All services</button> : null}
        </form>
      </div>
      <Moments at={at} retained={status?.retained ?? null} window={page.data} />
      <Loaded of={{ ...page, data: shown }} what="operations">
        {(p) =>
          p.operations.length === 0 ? (
            <Empty>
              <p>{find || service ? "No operation of this moment fits." : "No operation was seen in this window."}</p>
            </Empty>
          ) : (
            <>
              <p class="soft">
                The strangest first, as they were judged then{p.threshold == null ? ": too few traces or healthy windows for a verdict" : ""}.{" "}
                {p.total > p.operations.length ? `${count(p.operations.length)} of ${count(p.total)} are shown.` : `${count(p.total)} operations.`}
              </p>
              <div class="scroll" tabIndex={0} role="region" aria-label="Operations">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Operation</th>
                      <th scope="col" class="num">strangest</th>
                      <ZHead />
                      <th scope="col" class="num">flagged from</th>
                      <th scope="col" class="num">own time usually</th>
                      <th scope="col" class="num">now</th>
                      <th scope="col" class="num">errors usually</th>
                      <th scope="col" class="num">now</th>
                      <th scope="col" class="num">calls</th>
                    </tr>
                  </thead>
                  <tbody>{p.operations.map((o) => <Line key={`${o.service}\n${o.operation}`} o={o} at={at} />)}</tbody>
                </table>
              </div>
              {p.total > p.operations.length ? (
                <p>
                  {limit < mostEver ? (
                    <button type="button" onClick={() => setLimit(mostEver)}>
                      Show {count(Math.min(mostEver, p.total) - p.operations.length)} more of {count(p.total - p.operations.length)}
                    </button>
                  ) : (
                    <span class="soft">The other {count(p.total - p.operations.length)} are nearer to usual: find them by name.</span>
                  )}
                </p>
              ) : null}
            </>
          )
        }
      </Loaded>
    </>
  );
}

function Line({ o, at }: { o: OperationSummary; at: string }) {
  return (
    <tr class={o.flagged ? "holds" : ""}>
      <td>
        <a href={toOperation(o.service, o.operation, at || undefined)} data-row>
          <Where service={o.service} operation={o.operation} />
        </a>
        {o.flagged ? <span class="tag">flagged</span> : null}
      </td>
      <td class="num">{o.z == null ? none : <Family of={o.family} />}</td>
      <td class={`num${o.flagged ? " worse" : ""}`}>{o.z == null ? none : plain(o.z)}</td>
      <td class="num">{o.threshold == null ? none : `±${plain(o.threshold)}`}</td>
      <td class="num">{ms(o.usual_own_p50_ms)}</td>
      <td class="num">{ms(o.own_p50_ms)}</td>
      <td class="num">{share(o.usual_error_rate)}</td>
      <td class="num">{share(o.error_rate)}</td>
      <td class="num">{rate(o.per_second)}</td>
    </tr>
  );
}

function One({ service, operation, at, status }: { service: string; operation: string; at: string; status: ServiceStatus | undefined }) {
  const view = useResource<OperationView>(`/api/v1/operations/${part(service)}/${part(operation)}${query({ at })}`, at ? 0 : 10_000);
  useIncidents(() => view.reload());
  return (
    <>
      <p class="soft crumbs">
        <a href={toOperation(service, undefined, at || undefined)}>Operations of <Name text={service} /></a>
      </p>
      <h1>
        <Where service={service} operation={operation} />
      </h1>
      <Moments at={at} retained={status?.retained ?? null} window={view.data} />
      <Loaded of={view} what="the operation">
        {(v) => <Body v={v} at={at} />}
      </Loaded>
    </>
  );
}

function Body({ v, at }: { v: OperationView; at: string }) {
  const moments = useMemo((): Moment[] => [{ at: v.from, what: "this window", kind: "here" }], [v.from]);
  const stretch = at ? { from: v.from, to: v.to } : {}; // without a moment: the newest windows
  return (
    <>
      <p class={`note why${v.flagged ? " flagged" : ""}`}>
        <strong>{v.flagged ? "Flagged" : "Not flagged"}</strong> from <Time at={v.from} /> to <Time at={v.to} beside={v.from} zoned />: <Said text={v.why.replace(/^(not )?flagged: /, "")} />.
      </p>
      <section aria-labelledby="numbers">
        <h2 id="numbers">Normal and now</h2>
        <Numbers v={v} />
      </section>
      <section aria-labelledby="course">
        <h2 id="course">Window by window</h2>
        <Charts charts={v.charts} moments={moments} focus={{ at: v.from }} />
      </section>
      <section aria-labelledby="tests">
        <h2 id="tests">What was tested</h2>
        <Tests v={v} />
      </section>
      <div class="columns">
        <section aria-labelledby="callers">
          <h2 id="callers">Called by</h2>
          <Peers peers={v.callers} at={at} nobody="Nobody calls it in the sampled traces: it is an entry point." />
        </section>
        <section aria-labelledby="callees">
          <h2 id="callees">Calls</h2>
          <Peers peers={v.callees} at={at} nobody="It calls nobody in the sampled traces." />
        </section>
      </div>
      <section aria-labelledby="week">
        <h2 id="week">Its week</h2>
        <Seasons seasons={v.seasons} at={v.from} />
      </section>
      <section aria-labelledby="time">
        <h2 id="time">Where the time goes</h2>
        <Critical service={v.service} operation={v.operation} entry={v.callers.length === 0} {...stretch} at={at} />
      </section>
      <section aria-labelledby="workflow">
        <h2 id="workflow">How its runs travel</h2>
        <WorkflowOf service={v.service} operation={v.operation} {...stretch} />
      </section>
      {v.instances.length > 1 ? (
        <section aria-labelledby="instances">
          <h2 id="instances">Instances</h2>
          <Instances v={v} />
        </section>
      ) : null}
      {v.exemplars.length > 0 ? (
        <p class="soft">
          Traces of this window: {v.exemplars.map((e, n) => [n > 0 ? ", " : "", <TraceLink key={e} trace={e} links={v.links} />])}. <a href={toTopology(at || undefined, v.service)}>In the topology</a>
        </p>
      ) : null}
      <Warnings warnings={v.warnings} />
    </>
  );
}

function Numbers({ v }: { v: OperationView }) {
  const row = (name: string, of: (n: NonNullable<OperationView["now"]>) => string) => (
    <tr>
      <th scope="row">{name}</th>
      <td class="num">{v.normal ? of(v.normal) : none}</td>
      <td class="num">{v.now ? of(v.now) : none}</td>
    </tr>
  );
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Normal and now">
      <table class="narrow">
        <thead>
          <tr>
            <th scope="col" />
            <th scope="col" class="num">normal{v.normal ? `, ${count(v.normal.windows)} windows` : ""}</th>
            <th scope="col" class="num">now</th>
          </tr>
        </thead>
        <tbody>
          {row("own time, median", (n) => ms(n.own_p50_ms))}
          {row("own time, slowest 5 %", (n) => ms(n.own_p95_ms))}
          {row("with its callees, median", (n) => ms(n.p50_ms))}
          {row("with its callees, slowest 5 %", (n) => ms(n.p95_ms))}
          {row("failed", (n) => share(n.error_rate))}
          {row("calls", (n) => rate(n.per_second))}
        </tbody>
      </table>
    </div>
  );
}

function Tests({ v }: { v: OperationView }) {
  if (v.tests.length === 0) return <p class="soft">Nothing: too few traces in this window, or in the healthy ones.</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Tests">
      <table>
        <thead>
          <tr>
            <th scope="col">Quantity</th>
            <th scope="col">normal → now</th>
            <ZHead />
            <th scope="col" class="num">flagged from</th>
            <th scope="col" class="num">windows</th>
            <th scope="col" class="num">traces</th>
            <th scope="col" class="num">normally</th>
          </tr>
        </thead>
        <tbody>
          {v.tests.map((t, n) => (
            <tr key={n} class={t.flagged ? "holds" : ""}>
              <td>
                <Family of={t.family} />
                {t.callee ? <span class="soft"> to <Name text={t.callee} most={60} /></span> : null}
                {t.flagged ? <span class="tag">flagged</span> : null}
              </td>
              <td>
                <Shift e={t} chance={!t.flagged} />
              </td>
              <td class={`num${t.flagged && isWorse(t) ? " worse" : ""}`}>{t.z == null ? none : plain(t.z)}</td>
              <td class="num">{t.threshold == null ? none : `±${plain(t.threshold)}`}</td>
              <td class="num">{count(t.windows)}</td>
              <td class="num">{count(t.samples)}</td>
              <td class="num">{count(t.baseline)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Peers({ peers, at, nobody }: { peers: OperationPeer[]; at: string; nobody: string }) {
  if (peers.length === 0) return <p class="soft">{nobody}</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Neighbours">
      <table>
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col" class="num">calls a run, normally</th>
            <th scope="col" class="num">now</th>
            <th scope="col" class="num">median</th>
            <th scope="col" class="num">failed</th>
          </tr>
        </thead>
        <tbody>
          {peers.slice(0, 50).map((p) => (
            <tr key={`${p.service}\n${p.operation ?? ""}`}>
              <td>
                <a href={toOperation(p.service, p.operation, at || undefined)}>
                  <Where service={p.service} operation={p.operation} />
                </a>
              </td>
              <td class="num">{p.normal_calls_per_trace == null ? none : plain(p.normal_calls_per_trace)}</td>
              <td class="num">{p.now_calls_per_trace == null ? none : plain(p.now_calls_per_trace)}</td>
              <td class="num">{p.calls > 0 ? ms(p.p50_ms) : none}</td>
              <td class="num">{p.calls > 0 ? share(p.errors / p.calls) : none}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Instances({ v }: { v: OperationView }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Instances">
      <table>
        <thead>
          <tr>
            <th scope="col">Instance</th>
            <th scope="col" class="num">calls</th>
            <th scope="col" class="num">failed</th>
            <th scope="col" class="num">own time normally</th>
            <th scope="col" class="num">now</th>
            <th scope="col" class="num">z against the others</th>
          </tr>
        </thead>
        <tbody>
          {v.instances.slice(0, 100).map((x) => (
            <tr key={x.instance} class={x.deviating ? "holds" : ""}>
              <td>
                <Name text={x.instance} />
                {x.deviating ? <span class="tag">differs</span> : null}
              </td>
              <td class="num">{count(x.requests)}</td>
              <td class="num">{count(x.errors)}</td>
              <td class="num">{ms(x.normal_own_ms)}</td>
              <td class="num">{ms(x.now_own_ms)}</td>
              <td class="num">{x.z == null ? none : plain(x.z)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
