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
  return (
    <ul class="warnings">
      {warnings.slice(0, 50).map((w, n) => (
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
      {warnings.length > 50 ? <li class="soft">and {count(warnings.length - 50)} more kinds</li> : null}
    </ul>
  );
}
