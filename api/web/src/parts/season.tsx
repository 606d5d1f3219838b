// What is usual for an operation in each hour of the week: a row for each day, a cell for
// each hour, the darker the more.

import type { OperationSeason } from "../api.gen";
import { count, inUnit } from "../format";
import { Family } from "./marks";

const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const cell = { width: 22, height: 15 };
const left = 78;
const top = 16;

/** From so many weeks on an hour is part of what is normal. */
const counts = 2;

const families: Record<OperationSeason["quantity"], string> = { own_time: "own_time", error: "error", duration: "entry_time", entry_error: "entry_error", traffic: "traffic" };

/** The weeks of an operation; at is the moment that is looked at. */
export function Seasons({ seasons, at }: { seasons: OperationSeason[]; at: string }) {
  if (seasons.length === 0) return <p class="soft">Not known yet: no hour of it has been seen as a whole.</p>;
  const hours = seasons[0]?.weeks.filter((w) => w > 0).length ?? 0;
  const sure = seasons[0]?.weeks.filter((w) => w >= counts).length ?? 0;
  return (
    <>
      <p class="soft">
        Each hour of the week, in UTC, as the last three weeks had it; the darker, the more. {count(hours)} of 168 hours have been seen. {sure > 0 ? `${count(sure)} of them, seen in two weeks or more, are part of what is normal.` : "None counts as normal yet: that takes two weeks."}
      </p>
      <div class="seasons">
        {seasons.map((s) => (
          <Week key={s.quantity} s={s} at={at} />
        ))}
      </div>
    </>
  );
}

function Week({ s, at }: { s: OperationSeason; at: string }) {
  const known = s.usual.filter((x): x is number => x != null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const now = hourOf(at);
  return (
    <figure class="season" data-quantity={s.quantity}>
      <figcaption>
        <strong>
          <Family of={families[s.quantity]} />
        </strong>{" "}
        <span class="num">
          {inUnit(least, s.unit)} to {inUnit(most, s.unit)}
        </span>{" "}
        <span class="soft">this hour usually {inUnit(s.usual[now], s.unit)}</span>
      </figcaption>
      <div class="scroll" tabIndex={0} role="region" aria-label={`The week of ${s.quantity}`}>
        <svg width={left + 24 * cell.width} height={top + 7 * cell.height} role="img" aria-label={`${s.quantity}, hour by hour: from ${inUnit(least, s.unit)} to ${inUnit(most, s.unit)}`}>
          {[0, 6, 12, 18].map((h) => (
            <text key={h} x={left + h * cell.width} y={11}>
              {String(h).padStart(2, "0")}:00
            </text>
          ))}
          {days.map((d, n) => (
            <text key={d} x={0} y={top + n * cell.height + 11}>
              {d}
            </text>
          ))}
          {s.usual.map((x, n) => (
            <rect
              key={n}
              class={x == null ? "unknown" : n === now ? "cell now" : "cell"}
              x={left + (n % 24) * cell.width}
              y={top + Math.floor(n / 24) * cell.height}
              width={cell.width - 1}
              height={cell.height - 1}
              fill-opacity={x == null ? undefined : (0.12 + 0.88 * (most > least ? (x - least) / (most - least) : 0.5)).toFixed(2)}
            >
              <title>{`${days[Math.floor(n / 24)]} ${String(n % 24).padStart(2, "0")}:00 UTC: ${x == null ? "not seen" : `${inUnit(x, s.unit)}, five minutes of it ${inUnit(s.low[n], s.unit)} to ${inUnit(s.high[n], s.unit)}, in ${s.weeks[n]} ${s.weeks[n] === 1 ? "week" : "weeks"}`}`}</title>
            </rect>
          ))}
        </svg>
      </div>
    </figure>
  );
}

/** The hour of the week, from Monday 00:00 UTC, of a time. */
export function hourOf(at: string): number {
  const d = new Date(at);
  return ((d.getUTCDay() + 6) % 7) * 24 + d.getUTCHours();
}
