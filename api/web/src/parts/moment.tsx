// Which moment of the past in memory is looked at.

import { useEffect, useState } from "preact/hooks";
import type { Retained } from "../api.gen";
import { useSettings } from "../settings";
import { requery } from "../route";
import { Time, when } from "./text";

type Props = { at: string; retained: Retained | null; window: { from: string; to: string } | undefined };

/** A slider over the windows in memory; its right end follows the newest one. */
export function Moments({ at, retained, window: w }: Props) {
  const { zone } = useSettings();
  const [pulled, pull] = useState<number | null>(null);
  const step = w ? Date.parse(w.to) - Date.parse(w.from) : 30_000;
  const from = retained ? Date.parse(retained.from) : 0;
  const count = retained ? Math.round((Date.parse(retained.to) - from) / step) : 0;
  const here = at && retained ? Math.max(0, Math.min(count - 1, Math.floor((Date.parse(at) - from) / step))) : count - 1;
  useEffect(() => {
    if (pulled === null) return;
    const timer = setTimeout(() => {
      go(pulled);
      pull(null);
    }, 120);
    return () => clearTimeout(timer);
  }, [pulled]);
  if (!retained || count < 2) return null;
  const moment = (n: number) => new Date(from + n * step).toISOString();
  const go = (n: number) => requery({ at: n >= count - 1 ? undefined : moment(n) });
  const shown = pulled ?? here;
  return (
    <div class="moments">
      <button type="button" data-earlier disabled={shown <= 0} onClick={() => go(shown - 1)} aria-label="Earlier" title="Earlier ([)">
        ‹
      </button>
      <input
        type="range"
        min={0}
        max={count - 1}
        value={shown}
        aria-label="Moment"
        aria-valuetext={when(moment(shown), zone)}
        onInput={(e) => pull(Number(e.currentTarget.value))}
      />
      <button type="button" data-later disabled={shown >= count - 1} onClick={() => go(shown + 1)} aria-label="Later" title="Later (])">
        ›
      </button>
      <span class="num">
        {pulled !== null ? <Time at={moment(pulled)} zoned /> : w ? <><Time at={w.from} /> to <Time at={w.to} beside={w.from} zoned /></> : <Time at={moment(shown)} zoned />}
        {at ? null : <span class="soft"> (newest)</span>}
      </span>
      {at ? (
        <button type="button" onClick={() => requery({ at: undefined })}>
          Newest
        </button>
      ) : null}
    </div>
  );
}
