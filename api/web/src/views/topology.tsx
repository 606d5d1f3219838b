// Who calls whom, at any moment in memory.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { IncidentPage, ServiceStatus, Topology, TopologyEdge, TopologyNode } from "../api.gen";
import { deviation, difference, rankOf, type Step } from "../deviation";
import { query, useResource } from "../fetch";
import { count, ms, none, rate, share } from "../format";
import { useIncidents } from "../live";
import { type Map, map } from "../parts/map";
import { Moments } from "../parts/moment";
import { Scale } from "../parts/pathgraph";
import { Empty, Loaded } from "../parts/state";
import { Name, Where } from "../parts/text";
import { requery, toOperation } from "../route";
import { onTheme } from "../settings";

export function TopologyView({ query: q, status }: { query: URLSearchParams; status: ServiceStatus | undefined }) {
  const at = q.get("at") ?? "";
  const service = q.get("service") ?? undefined;
  const [find, setFind] = useState("");
  const topology = useResource<Topology>(`/api/v1/topology${query({ at })}`, at ? 0 : 10_000);
  useIncidents(() => topology.reload());
  const kept = useRef<Topology | undefined>(undefined);
  if (topology.data) kept.current = topology.data;
  const then = topology.data ?? (topology.error ? undefined : kept.current);
  const causes = useCauses(at, then);
  const shown = useMemo(() => then && blamed(then, causes), [then, causes]);
  return (
    <>
      <div class="title-line">
        <h1>Topology</h1>
        <form class="filters" role="search" aria-label="Find services" onSubmit={(e) => e.preventDefault()}>
          <label>
            <span class="hidden">Find</span>
            <input type="search" data-find placeholder="find a service" value={find} onInput={(e) => setFind(e.currentTarget.value)} />
          </label>
        </form>
      </div>
      <Moments at={at} retained={status?.retained ?? null} window={shown} />
      {shown ? <Body t={shown} service={service} find={find} at={at} /> : <Loaded of={topology} what="the topology">{() => null}</Loaded>}
    </>
  );
}

/** The first suspects of the incidents of a moment that has passed; of the newest one the service knows itself. */
function useCauses(at: string, t: Topology | undefined): string {
  const asked = at && t ? `/api/v1/incidents${query({ view: "brief", since: t.from, until: t.to, limit: 500 })}` : null;
  const page = useResource<IncidentPage>(asked);
  return (page.data?.incidents ?? []).flatMap((i) => i.suspects[0]?.service ?? []).join("\n");
}

function blamed(t: Topology, causes: string): Topology {
  const names = new Set(causes.split("\n"));
  if (!t.nodes.some((n) => names.has(n.service) && !n.suspect)) return t;
  return { ...t, nodes: t.nodes.map((n) => (names.has(n.service) ? { ...n, suspect: true } : n)) };
}

function Body({ t, service, find, at }: { t: Topology; service: string | undefined; find: string; at: string }) {
  if (t.nodes.length === 0) {
    return (
      <Empty>
        <p>No service was seen in this window.</p>
      </Empty>
    );
  }
  const picked = t.nodes.find((n) => n.service === service);
  return (
    <>
      <div class="atlas">
        <Atlas t={t} service={service} find={find} />
        {picked ? <Panel t={t} n={picked} at={at} /> : null}
      </div>
      <Scale />
      <Services t={t} find={find} at={at} />
    </>
  );
}

/** More services than these are not seen well all at once: the picked one is moved to. */
const few = 20;

function Atlas({ t, service, find }: { t: Topology; service: string | undefined; find: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [atlas, setAtlas] = useState<Map>();
  useEffect(() => {
    let made: Map | undefined;
    let gone = false;
    if (box.current) {
      void map(box.current, (s) => requery({ service: s })).then((m) => {
        if (gone || !m) return m?.destroy();
        made = m;
        setAtlas(m);
      });
    }
    const off = onTheme(() => made?.paint());
    return () => {
      gone = true;
      off();
      made?.destroy();
    };
  }, []);
  useEffect(() => {
    if (!atlas) return;
    void atlas.show(t).then(() => {
      const first = !box.current?.hasAttribute("data-drawn");
      atlas.mark(service, first && t.nodes.length > few);
      box.current?.setAttribute("data-drawn", String(t.nodes.length));
    });
  }, [atlas, t]);
  useEffect(() => atlas?.mark(service, service !== undefined), [atlas, service]);
  useEffect(() => {
    const timer = setTimeout(() => atlas?.find(find), 150);
    return () => clearTimeout(timer);
  }, [atlas, find]);
  const zoom = (key: string, words: string, factor?: number) => (
    <button type="button" data-zoom={key} aria-label={words} title={`${words} (${key})`} onClick={() => atlas?.zoom(factor)}>
      {key === "0" ? "all" : key === "-" ? "−" : "+"}
    </button>
  );
  return (
    <div class="mapbox">
      <div class="map" ref={box} role="img" aria-label={`Map of ${t.nodes.length} services and ${t.edges.length} calls; the table below has the same`} />
      <div class="zoom">
        {zoom("+", "Nearer", 1.4)}
        {zoom("-", "Further", 1 / 1.4)}
        {zoom("0", "All of the map")}
      </div>
    </div>
  );
}

const secondsOf = (t: Topology) => Math.max(1, (Date.parse(t.to) - Date.parse(t.from)) / 1000);

/** What is known of the service that was picked. */
function Panel({ t, n, at }: { t: Topology; n: TopologyNode; at: string }) {
  const seconds = secondsOf(t);
  const into = t.edges.filter((e) => e.callee === n.service && e.caller !== n.service);
  const out = t.edges.filter((e) => e.caller === n.service && e.callee !== n.service);
  return (
    <aside class="panel" aria-label="The picked service">
      <h2>
        <Name text={n.service} most={60} />
        {n.suspect ? <span class="tag">cause of an incident</span> : null}
      </h2>
      <p class="soft">
        {n.type}
        {n.opaque ? ", seen by its callers only" : ""}
        {n.instances.length > 0 ? `, ${count(n.instances.length)} ${n.instances.length === 1 ? "instance" : "instances"}` : ""}
      </p>
      <dl class="figures small">
        <Figure name="calls" now={rate(n.requests / seconds)} usual={rate(n.usual?.per_second)} />
        <Figure name="failed" now={share(n.requests > 0 ? n.errors / n.requests : null)} usual={share(n.usual?.error_rate)} />
        <Figure name="median" now={ms(n.p50_ms)} usual={ms(n.usual?.p50_ms)} />
        <Figure name="slowest 5 %" now={ms(n.p95_ms)} usual={ms(n.usual?.p95_ms)} />
      </dl>
      <h3>Operations</h3>
      <ul class="plain">
        {n.operations.slice(0, 12).map((o) => (
          <li key={o}>
            <a href={toOperation(n.service, o, at || undefined)}>
              <Name text={o} most={60} />
            </a>
          </li>
        ))}
        {n.operations.length > 12 ? (
          <li>
            <a href={toOperation(n.service, undefined, at || undefined)}>all {count(n.operations.length)}</a>
          </li>
        ) : null}
      </ul>
      <Calls title="Called by" edges={into} other={(e) => e.caller} seconds={seconds} />
      <Calls title="Calls" edges={out} other={(e) => e.callee} seconds={seconds} />
      <button type="button" onClick={() => requery({ service: undefined })}>
        Close
      </button>
    </aside>
  );
}

function Figure({ name, now, usual }: { name: string; now: string; usual: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {now} <span class="soft">usually {usual}</span>
      </dd>
    </div>
  );
}

function Calls({ title, edges, other, seconds }: { title: string; edges: TopologyEdge[]; other: (e: TopologyEdge) => string; seconds: number }) {
  if (edges.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="plain">
        {edges.slice(0, 20).map((e) => (
          <li key={`${other(e)}${e.async}`}>
            <button type="button" class="plain" onClick={() => requery({ service: other(e) })}>
              <Name text={other(e)} most={40} />
            </button>{" "}
            <span class="soft">{difference({ ...e, requests: e.calls }, seconds)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** How many services the table shows at first. */
const most = 100;

/** The same as the map, for reading: the furthest from usual first. */
function Services({ t, find, at }: { t: Topology; find: string; at: string }) {
  const [all, showAll] = useState(false);
  const seconds = secondsOf(t);
  const rows = t.nodes
    .filter((n) => n.service.toLowerCase().includes(find.toLowerCase()))
    .map((n): [TopologyNode, Step] => [n, deviation(n)])
    .sort(([a, x], [b, y]) => Number(b.suspect) - Number(a.suspect) || rankOf(y) - rankOf(x) || b.requests - a.requests);
  return (
    <section aria-labelledby="services">
      <h2 id="services">
        {count(rows.length)} services
        <span class="soft"> the furthest from usual first</span>
      </h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Services">
        <table>
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col" class="num">calls usually</th>
              <th scope="col" class="num">now</th>
              <th scope="col" class="num">failed usually</th>
              <th scope="col" class="num">now</th>
              <th scope="col" class="num">median usually</th>
              <th scope="col" class="num">now</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, all ? rows.length : most).map(([n, step]) => (
              <tr key={n.service}>
                <td>
                  <i class={`key ${step}`} aria-hidden="true" />{" "}
                  <a href={toOperation(n.service, undefined, at || undefined)} data-row>
                    <Where service={n.service} />
                  </a>
                  {n.suspect ? <span class="tag">cause</span> : null}
                  {step !== "usual" ? <span class="hidden">, {step}</span> : null}
                </td>
                <td class="num">{n.usual ? rate(n.usual.per_second) : none}</td>
                <td class="num">{rate(n.requests / seconds)}</td>
                <td class="num">{n.usual ? share(n.usual.error_rate) : none}</td>
                <td class="num">{share(n.requests > 0 ? n.errors / n.requests : null)}</td>
                <td class="num">{n.usual ? ms(n.usual.p50_ms) : none}</td>
                <td class="num">{ms(n.p50_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {!all && rows.length > most ? (
        <p>
          <button type="button" onClick={() => showAll(true)}>
            Show {count(rows.length - most)} more
          </button>
        </p>
      ) : null}
    </section>
  );
}
