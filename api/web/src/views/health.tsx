// How culprit itself is doing.

import type { AlertStatus, Memory, MuteList, ServiceStatus, SourceStatus } from "../api.gen";
import { useResource } from "../fetch";
import { Alerts } from "../parts/alerts";
import { Mutes } from "../parts/mutes";
import { bytes, count, known, none, plain, span } from "../format";
import { Warnings } from "../parts/quality";
import { Empty, Loaded } from "../parts/state";
import { Name, Said, Time } from "../parts/text";

export function HealthView() {
  const status = useResource<ServiceStatus>("/api/v1/status", 5000);
  const alerts = useResource<AlertStatus>("/api/v1/alerts", 10_000);
  const mutes = useResource<MuteList>("/api/v1/mutes", 10_000);
  return (
    <>
      <h1>Health of culprit</h1>
      <Loaded of={status} what="the state of the service">
        {(s) => <Health s={s} />}
      </Loaded>
      <h2>Alerts</h2>
      <Loaded of={alerts} what="the receivers of alerts">
        {(a) => <Alerts a={a} changed={alerts.reload} />}
      </Loaded>
      <h2>Mutes and maintenance windows</h2>
      <Loaded of={mutes} what="the mutes">
        {(m) => <Mutes m={m} changed={mutes.reload} />}
      </Loaded>
    </>
  );
}

function Health({ s }: { s: ServiceStatus }) {
  const measured = s.false_incidents_per_day_measured;
  const over = measured != null && s.false_incidents_per_day_budget != null && measured > s.false_incidents_per_day_budget;
  const interval = s.false_incidents_per_day_interval;
  return (
    <>
      <dl class="figures">
        <Figure name="read up to">{known(s.watermark) ? <Time at={s.watermark} zoned /> : "nothing yet"}</Figure>
        <Figure name="running">
          {span(Date.now() - Date.parse(s.started_at))} <span class="soft">culprit <Name text={s.version} most={60} /></span>
        </Figure>
        <Figure name="verdicts are" bad={s.provisional}>
          {s.provisional ? "provisional" : "settled"} <span class="soft">{count(s.healthy_windows)} healthy windows of {s.window}</span>
        </Figure>
        <Figure name="false incidents a day" bad={over}>
          {measured == null ? "not measured yet" : plain(measured)}{" "}
          <span class="soft">
            {interval.length === 2 ? `(${plain(interval[0] ?? 0)} to ${plain(interval[1] ?? 0)}, from feedback) ` : ""}budget {s.false_incidents_per_day_budget == null ? none : plain(s.false_incidents_per_day_budget)}
          </span>
        </Figure>
        <Figure name="known">
          {count(s.operations)} operations <span class="soft">of {count(s.services)} services</span>
        </Figure>
      </dl>
      <h2>Spans</h2>
      <dl class="figures small">
        <Figure name="seen">{count(s.spans_seen)}</Figure>
        <Figure name="waiting for their window">{count(s.spans_pending)}</Figure>
        <Figure name="came too late" bad={s.spans_late > 0.01 * s.spans_seen}>{count(s.spans_late)}</Figure>
        <Figure name="dropped, memory was full" bad={s.spans_dropped > 0}>{count(s.spans_dropped)}</Figure>
        <Figure name="observers side by side">{count(s.shards)}</Figure>
      </dl>
      <Held m={s.memory} />
      <h2>Sources</h2>
      {s.sources.length === 0 ? (
        <Empty>
          <p>No source is configured: culprit serve --jaeger http://127.0.0.1:16686 reads a Jaeger.</p>
        </Empty>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Sources">
          <table>
            <thead>
              <tr>
                <th scope="col">Source</th>
                <th scope="col">State</th>
                <th scope="col">Read up to</th>
                <th scope="col" class="num">spans received</th>
                <th scope="col" class="num">used</th>
                <th scope="col" class="num">answers maybe cut</th>
                <th scope="col" class="num">retries</th>
              </tr>
            </thead>
            <tbody>
              {s.sources.map((x) => (
                <Source key={x.name} x={x} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {s.warnings.length > 0 ? (
        <>
          <h2>Wrong with the input, and survived</h2>
          <Warnings warnings={s.warnings} />
        </>
      ) : null}
    </>
  );
}

/** What memory is used, beside what bounds it. */
function Held({ m }: { m: Memory }) {
  return (
    <>
      <h2>Memory</h2>
      <dl class="figures small">
        <Figure name="of the process">{bytes(m.resident_bytes ?? m.system_bytes)}</Figure>
        <Figure name="at its most">{bytes(m.peak_bytes)}</Figure>
        <Figure name="in use">{bytes(m.heap_bytes)}</Figure>
      </dl>
      {m.bounds.length > 0 ? (
        <div class="scroll" tabIndex={0} role="region" aria-label="Bounds of memory">
          <table class="narrow">
            <thead>
              <tr>
                <th scope="col">What is bounded</th>
                <th scope="col" class="num">now</th>
                <th scope="col" class="num">at most</th>
                <th scope="col">setting</th>
              </tr>
            </thead>
            <tbody>
              {m.bounds.map((b) => (
                <tr key={b.what}>
                  <td>{b.what}</td>
                  <td class={`num${b.have > 0.9 * b.most ? " worse" : ""}`}>{inWords(b.have, b.unit)}</td>
                  <td class="num">{inWords(b.most, b.unit)}</td>
                  <td>{b.setting ? <code>{b.setting}</code> : none}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </>
  );
}

const inWords = (x: number, unit: string) => (unit === "bytes" ? bytes(x) : `${count(x)} ${unit}`);

function Source({ x }: { x: SourceStatus }) {
  return (
    <>
      <tr>
        <td>
          <Name text={x.name} /> <span class="soft">{x.protocol}</span>
        </td>
        <td>
          <span class={x.healthy ? "better" : "worse"}>{x.healthy ? "well" : "unwell"}</span>
          {x.error ? (
            <span class="soft">
              {" "}
              <Said text={x.error} />
            </span>
          ) : null}
        </td>
        <td>{known(x.watermark) ? <Time at={x.watermark} /> : "nothing yet"}</td>
        <td class="num">{count(x.spans_received)}</td>
        <td class="num">{count(x.spans_used)}</td>
        <td class={`num${x.truncated > 0 ? " worse" : ""}`}>{count(x.truncated)}</td>
        <td class="num">{count(x.retries)}</td>
      </tr>
      {x.warnings.length > 0 ? (
        <tr>
          <td colSpan={7}>
            <Warnings warnings={x.warnings} />
          </td>
        </tr>
      ) : null}
    </>
  );
}

function Figure({ name, bad = false, children }: { name: string; bad?: boolean; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={bad ? "worse" : ""}>{children}</dd>
    </div>
  );
}
