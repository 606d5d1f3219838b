// Two stretches held against each other: what changed, and what requests feel of it.

import { useMemo } from "preact/hooks";
import type { CompareSide, Comparison, EntryChange, ServiceStatus } from "../api.gen";
import { query, useResource } from "../fetch";
import { count, inUnit, ms, none, plain, share } from "../format";
import { Warnings } from "../parts/quality";
import { Empty, Loaded } from "../parts/state";
import { Name, Said, Time, Where } from "../parts/text";
import { requery, toCompare, toOperation } from "../route";

const names = ["baseline_from", "baseline_to", "from", "to"] as const;
type Stretches = Record<(typeof names)[number], string>;

export function CompareView({ query: q, status }: { query: URLSearchParams; status: ServiceStatus | undefined }) {
  const asked = Object.fromEntries(names.map((n) => [n, q.get(n) ?? ""])) as Stretches;
  const whole = names.every((n) => asked[n] !== "");
  const comparison = useResource<Comparison>(whole ? `/api/v1/compare${query(asked)}` : null);
  return (
    <>
      <h1>Before against now</h1>
      <Choose key={names.map((n) => asked[n]).join()} asked={asked} status={status} />
      {whole ? (
        <Loaded of={comparison} what="the comparison">
          {(c) => <Body c={c} />}
        </Loaded>
      ) : (
        <Empty>
          <p>
            Give the two stretches, or come here from an incident. <Halves status={status} />
          </p>
        </Empty>
      )}
    </>
  );
}

/** What is in memory, its first half against its second. */
function Halves({ status }: { status: ServiceStatus | undefined }) {
  const kept = status?.retained;
  if (!kept) return null;
  const [from, to] = [Date.parse(kept.from), Date.parse(kept.to)];
  const step = 30_000;
  const middle = from + Math.floor((to - from) / 2 / step) * step;
  if (middle <= from) return null;
  const iso = (t: number) => new Date(t).toISOString();
  return <a href={toCompare([iso(from), iso(middle)], [iso(middle), iso(to)])}>The first half of what is in memory against the second</a>;
}

function Choose({ asked, status }: { asked: Stretches; status: ServiceStatus | undefined }) {
  const submit = (e: SubmitEvent) => {
    e.preventDefault();
    const data = new FormData(e.currentTarget as HTMLFormElement);
    requery(Object.fromEntries(names.map((n) => [n, String(data.get(n) ?? "").trim()])));
  };
  const field = (name: keyof Stretches, label: string) => (
    <label>
      {label}
      <input name={name} defaultValue={asked[name]} placeholder="2026-01-31T12:00:00Z" size={21} spellcheck={false} />
    </label>
  );
  return (
    <form class="say" aria-label="Stretches" onSubmit={submit}>
      {field("baseline_from", "before, from")}
      {field("baseline_to", "to")}
      {field("from", "now, from")}
      {field("to", "to")}
      <button type="submit">Compare</button>
      {status?.retained ? (
        <span class="soft">
          in memory: <Time at={status.retained.from} /> to <Time at={status.retained.to} beside={status.retained.from} zoned />
        </span>
      ) : null}
    </form>
  );
}

function Body({ c }: { c: Comparison }) {
  const told = useMemo(() => c.changes.slice(0, 50), [c]);
  return (
    <>
      <p class="soft">
        <Side s={c.before} /> against <Side s={c.now} />. {count(c.tests)} comparisons; of all that is told, {share(c.fdr)} may be chance.
      </p>
      <section aria-labelledby="changes">
        <h2 id="changes">What changed</h2>
        {told.length === 0 ? <p class="soft">Nothing that could not be chance.</p> : null}
        {told.length > 0 ? (
          <div class="scroll" tabIndex={0} role="region" aria-label="What changed">
            <table>
              <thead>
                <tr>
                  <th scope="col">Change</th>
                  <th scope="col" class="num">before</th>
                  <th scope="col" class="num">now</th>
                  <th scope="col" class="num">of the mean request</th>
                  <th scope="col" class="num">
                    <abbr title="The share of chance among all that is told with a q as small as this">q</abbr>
                  </th>
                </tr>
              </thead>
              <tbody>
                {told.map((d) => (
                  <tr key={d.rank} class={d.origin && (d.effect_ms ?? 0) > 0 ? "holds" : ""}>
                    <td>
                      <a href={toOperation(d.service, d.operation || undefined, c.now.from)}>
                        <Where service={d.service} operation={d.operation} />
                      </a>{" "}
                      <span class="kind">{d.kind}</span> <Said text={d.sentence} />
                      {d.origin ? null : <span class="soft"> (follows from another)</span>}
                    </td>
                    <td class="num">{inUnit(d.before, d.unit)}</td>
                    <td class="num">{inUnit(d.now, d.unit)}</td>
                    <td class={`num ${(d.effect_ms ?? 0) > 0 ? "worse" : "better"}`}>
                      {signed(d.effect_ms)} <span class="soft">{d.effect_share == null ? "" : percent(d.effect_share)}</span>
                    </td>
                    <td class="num">{d.q == null ? none : chance(d.q)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ) : null}
        {c.changes.length > told.length ? <p class="soft">{count(c.changes.length - told.length)} smaller changes are not shown.</p> : null}
      </section>
      <section aria-labelledby="entries">
        <h2 id="entries">What requests feel of it</h2>
        <Entries c={c} />
      </section>
      <Warnings warnings={c.warnings} />
    </>
  );
}

function Side({ s }: { s: CompareSide }) {
  return (
    <>
      <Name text={s.name} /> <Time at={s.from} /> to <Time at={s.to} beside={s.from} zoned /> ({count(s.requests)} requests)
    </>
  );
}

function Entries({ c }: { c: Comparison }) {
  const most = 50;
  const pair = (f: (x: number | null) => string, a: number | null, b: number | null) => `${f(a)} → ${f(b)}`;
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Entry points">
        <table>
          <thead>
            <tr>
              <th scope="col">Entry point</th>
              <th scope="col" class="num">sampled</th>
              <th scope="col" class="num">mean</th>
              <th scope="col" class="num">median</th>
              <th scope="col" class="num">slowest 1 %</th>
              <th scope="col" class="num">failed</th>
            </tr>
          </thead>
          <tbody>
            {c.entries.slice(0, most).map((e: EntryChange) => (
              <tr key={`${e.service}\n${e.operation}`}>
                <td>
                  <a href={toOperation(e.service, e.operation, c.now.from)}>
                    <Where service={e.service} operation={e.operation} />
                  </a>
                </td>
                <td class="num">
                  {count(e.before)} → {count(e.now)}
                </td>
                <td class="num">{pair(ms, e.before_mean_ms, e.now_mean_ms)}</td>
                <td class="num">{pair(ms, e.before_p50_ms, e.now_p50_ms)}</td>
                <td class="num">{pair(ms, e.before_p99_ms, e.now_p99_ms)}</td>
                <td class="num">{pair(share, e.before_failed, e.now_failed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {c.entries.length > most ? <p class="soft">{count(c.entries.length - most)} further entry points are not shown.</p> : null}
    </>
  );
}

const signed = (x: number | null) => (x == null ? none : `${x > 0 ? "+" : x < 0 ? "−" : ""}${ms(Math.abs(x))}`);
const percent = (x: number) => `${x > 0 ? "+" : x < 0 ? "−" : ""}${share(Math.abs(x))}`;
const chance = (q: number) => (q < 0.001 ? "< 0.001" : plain(q));
