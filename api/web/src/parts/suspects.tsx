// Who is suspected, why, and who was cleared.

import type { Evidence, Incident, Suspect } from "../api.gen";
import { count, plain, share } from "../format";
import { toOperation } from "../route";
import { Family, kinds, Shift, ZHead } from "./marks";
import { Name, Said, Where } from "./text";
import { linksOf, TraceLink } from "./tracelink";

/** The share of the first score below which a suspect was looked at and cleared. */
const cleared = 0.01;

const suspected = (s: Suspect) => s.rank === 1 || Number(s.confidence ?? 0) >= cleared;

/** The ranked suspects. */
export function Suspects({ incident: i }: { incident: Incident }) {
  const shown = i.suspects.filter(suspected);
  return (
    <ol class="suspects">
      {shown.map((s) => (
        <li key={s.rank} class={s.rank === 1 ? "first" : ""} data-suspect={s.service}>
          <p class="who">
            <span class="rank num">{s.rank}</span> <strong>{s.kind === "load" && !s.service ? "load" : <OperationLink s={s} at={i.opened_at} />}</strong>
            {s.instance ? (
              <>
                {" "}
                on <Name text={s.instance} />
              </>
            ) : null}
            {s.attribute ? (
              <>
                {" "}
                where <Name text={s.attribute.key} /> is <Name text={s.attribute.value} />
              </>
            ) : null}{" "}
            <span class="kind">{kinds[s.kind] ?? s.kind}</span>
            <Confidence s={s} alone={shown.length === 1} />
          </p>
          <p class="why">
            <Said text={s.reason} />
          </p>
          <EvidenceTable evidence={s.evidence} />
          <Exemplars s={s} incident={i} />
        </li>
      ))}
    </ol>
  );
}

function OperationLink({ s, at }: { s: { service?: string; operation?: string }; at: string }) {
  if (!s.service) return <Where service={s.service} operation={s.operation} />;
  return (
    <a href={toOperation(s.service, s.operation, before(at))}>
      <Where service={s.service} operation={s.operation} />
    </a>
  );
}

/** A moment inside the window that ends at a time. */
export function before(end: string): string {
  return new Date(Date.parse(end) - 1).toISOString();
}

function Confidence({ s, alone }: { s: Suspect; alone: boolean }) {
  const c = Number(s.confidence ?? 0);
  return (
    <span class="confidence" title="Share of the score among this suspect and its best rival: 50 % is a coin's throw">
      <svg width="60" height="8" viewBox="0 0 60 8" aria-hidden="true">
        <rect width="60" height="8" class="bar rest" />
        <rect width={60 * c} height="8" class="bar worse" />
      </svg>
      <span class="num">{share(c)}</span> <span class="soft">{alone ? "and no rival" : "against the best rival"}</span>
    </span>
  );
}

/** Measured differences, with how sure they are. */
export function EvidenceTable({ evidence }: { evidence: Evidence[] }) {
  if (evidence.length === 0) return null;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Evidence">
      <table class="evidence">
        <thead>
          <tr>
            <th scope="col">Measured</th>
            <th scope="col">before → now</th>
            <ZHead />
            <th scope="col" class="num">
              traces now
            </th>
            <th scope="col" class="num">
              before
            </th>
          </tr>
        </thead>
        <tbody>
          {evidence.map((e, n) => (
            <tr key={n}>
              <td>
                <Family of={e.family} />{" "}
                <span class="soft">
                  <Where service={e.caller || e.service} operation={e.operation} />
                  {e.callee ? (
                    <>
                      {" → "}
                      <Name text={e.callee} />
                    </>
                  ) : null}
                </span>
              </td>
              <td>
                <Shift e={e} />
              </td>
              <td class="num">{e.z == null ? "–" : plain(e.z)}</td>
              <td class="num">{count(e.samples)}</td>
              <td class="num">{count(e.baseline)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Example traces, with a way into the tracing system where it has a page for them. */
function Exemplars({ s, incident }: { s: Suspect; incident: Incident }) {
  if (s.exemplars.length === 0) return null;
  return (
    <p class="exemplars">
      Traces that show it:{" "}
      {s.exemplars.map((id, n) => (
        <span key={id}>
          {n > 0 ? ", " : ""}
          <TraceLink trace={id} links={linksOf(incident)} />
        </span>
      ))}
    </p>
  );
}

/** Who was looked at and is as usual, or follows from the first suspect. */
export function RuledOut({ incident: i }: { incident: Incident }) {
  const rest = i.suspects.filter((s) => !suspected(s));
  if (rest.length === 0) return null;
  return (
    <section aria-labelledby="ruled-out">
      <h2 id="ruled-out">What was ruled out</h2>
      <p class="soft">Looked at in the same windows: what differs there counts for less than {share(cleared)} of what the first suspect shows.</p>
      <ul class="ruled-out">
        {rest.map((s) => (
          <li key={s.rank}>
            <OperationLink s={s} at={i.opened_at} />:{" "}
            <span class="soft">
              <Said text={s.reason} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
