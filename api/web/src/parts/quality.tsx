// What the verdict rests on, and what is wrong with that.

import type { Incident, Suspect, Warning } from "../api.gen";
import { count, share } from "../format";
import { Name, Said } from "./text";

export function Quality({ incident: i }: { incident: Incident; cause?: Suspect }) {
  const q = i.quality;
  return (
    <>
      <dl class="figures small">
        <Figure name="traces in the last judged window" value={count(q.traces)} />
        <Figure name="healthy windows to compare with" value={count(q.baseline)} warn={i.provisional} />
        <Figure name="traces that miss spans" value={share(q.incomplete)} warn={Number(q.incomplete ?? 0) > 0.05} />
        <Figure name="traces with clocks that disagree" value={share(q.skewed)} warn={Number(q.skewed ?? 0) > 0.05} />
        <Figure name="of all requests are traced" value={share(q.sampled)} warn={Number(q.sampled ?? 1) < 0.1} />
      </dl>
      {i.provisional ? <p class="soft">Provisional: it was judged before there were some five hours of history, so the promised rate of false incidents does not hold yet.</p> : null}
      <Warnings warnings={i.warnings} />
    </>
  );
}

function Figure({ name, value, warn = false }: { name: string; value: string; warn?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={warn ? "worse" : ""}>{value}</dd>
    </div>
  );
}

/** Things wrong with the input that were survived. */
export function Warnings({ warnings }: { warnings: Warning[] }) {
  if (warnings.length === 0) return null;
  const told = summed(warnings);
  return (
    <ul class="warnings">
      {told.slice(0, 50).map((w, n) => (
        <li key={n}>
          <span class="num">{count(w.count)}</span> <Said text={w.message} />
          {w.place ? (
            <span class="soft">
              {" "}
              at <Name text={w.place} />
            </span>
          ) : null}
        </li>
      ))}
      {told.length > 50 ? <li class="soft">and {count(told.length - 50)} more kinds</li> : null}
    </ul>
  );
}

/** What several stretches complain of alike is one line. */
function summed(warnings: Warning[]): Warning[] {
  const by = new Map<string, Warning>();
  for (const w of warnings) {
    const key = `${w.message}\n${w.place ?? ""}`;
    const have = by.get(key);
    by.set(key, have ? { ...have, count: have.count + w.count } : w);
  }
  return [...by.values()];
}
