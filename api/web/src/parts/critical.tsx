// What requests spend their time in: only what is on the critical path of a request makes
// it faster by being faster.

import type { CriticalPaths, EntryPaths, PathChange, PathOperation } from "../api.gen";
import { query, useResource } from "../fetch";
import { count, ms, none, plain, share } from "../format";
import { toOperation } from "../route";
import { Warnings } from "./quality";
import { Loaded } from "./state";
import { Where } from "./text";

type Which = { service: string; operation: string; entry: boolean; from?: string | undefined; to?: string | undefined; at: string };

const most = 15;
const barWidth = 160;

/**
 * An entry point: what its requests wait for. Any other operation: how much of whose
 * requests it is.
 */
export function Critical({ service, operation, entry, from, to, at }: Which) {
  const paths = useResource<CriticalPaths>(`/api/v1/criticalpath${query({ ...(entry ? { service, operation } : {}), from, to })}`);
  return (
    <Loaded of={paths} what="the critical paths">
      {(p) => (
        <>
          {entry ? p.entries.slice(0, 1).map((e) => <Entry key={e.operation} e={e} at={at} />) : <Shares p={p} service={service} operation={operation} at={at} />}
          {entry && p.entries.length === 0 ? <p class="soft">No sampled request began here.</p> : null}
          <Warnings warnings={p.warnings} />
        </>
      )}
    </Loaded>
  );
}

function Entry({ e, at }: { e: EntryPaths; at: string }) {
  return (
    <>
      <p class="soft">
        Of {ms(e.mean_ms)}, the mean of {count(e.sampled)} sampled requests{e.operations.length > most ? `; the first ${most} of ${count(e.operations.length)} operations` : ""}.
      </p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Critical time">
        <table>
          <Head first="Waiting for" />
          <tbody>
            {e.operations.slice(0, most).map((o) => (
              <Row key={`${o.service}\n${o.operation}\n${o.kind}`} service={o.service} operation={o.operation} o={o} at={at} />
            ))}
          </tbody>
        </table>
      </div>
      <Meaning />
      {e.predictions.length > 0 ? (
        <>
          <h3>What being faster would gain</h3>
          <ul class="plain">
            {e.predictions.slice(0, 5).map((p, n) => (
              <li key={n}>
                <Where service={p.service} operation={p.operation} /> {share(p.faster)} faster: median <Gain c={p.p50} />, slowest 1 % <Gain c={p.p99} />
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </>
  );
}

function Gain({ c }: { c: PathChange }) {
  return (
    <>
      {ms(c.before_ms)} → {ms(c.after_ms)}{" "}
      <span class="soft">
        (gains {ms(c.low_ms)} to {ms(c.high_ms)})
      </span>
    </>
  );
}

/** The requests of which an operation is a part, those with most of it first. */
function Shares({ p, service, operation, at }: { p: CriticalPaths; service: string; operation: string; at: string }) {
  const rows = p.entries
    .flatMap((e) => e.operations.filter((o) => o.service === service && o.operation === operation).map((o): [EntryPaths, PathOperation] => [e, o]))
    .sort(([, a], [, b]) => (b.ms ?? 0) - (a.ms ?? 0));
  if (rows.length === 0) return <p class="soft">No sampled request waited for it.</p>;
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Critical time">
        <table>
          <Head first="Requests that wait for it" />
          <tbody>
            {rows.slice(0, most).map(([e, o]) => (
              <Row key={`${e.service}\n${e.operation}\n${o.kind}`} service={e.service} operation={e.operation} o={o} at={at} />
            ))}
          </tbody>
        </table>
      </div>
      <Meaning />
    </>
  );
}

function Head({ first }: { first: string }) {
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        <th scope="col">share of a request</th>
        <th scope="col" class="num">time</th>
        <th scope="col" class="num">calls</th>
        <th scope="col" class="num">drag</th>
        <th scope="col" class="num">slack</th>
      </tr>
    </thead>
  );
}

function Row({ service, operation, o, at }: { service: string; operation: string; o: PathOperation; at: string }) {
  return (
    <tr>
      <td>
        <a href={toOperation(service, operation, at || undefined)}>
          <Where service={service} operation={operation} />
        </a>
        {o.kind !== "own" ? <span class="soft"> {o.kind}</span> : null}
      </td>
      <td class="bar-cell">
        <svg width={barWidth} height="11" aria-hidden="true">
          <rect class="bar rest" width={barWidth} height="11" />
          <rect class="bar path" width={Math.min(1, Math.max(0, o.share ?? 0)) * barWidth} height="11" />
        </svg>{" "}
        {share(o.share)}
      </td>
      <td class="num">{ms(o.ms)}</td>
      <td class="num">{o.calls == null ? none : plain(o.calls)}</td>
      <td class="num">{ms(o.drag_ms)}</td>
      <td class="num">{ms(o.slack_ms)}</td>
    </tr>
  );
}

function Meaning() {
  return <p class="soft">Drag: what a request would gain if it took no time. Slack: how much longer it could take unnoticed.</p>;
}
