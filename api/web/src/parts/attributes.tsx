// The calls of the suspect, by the values of their attributes.

import type { AttributeSplit } from "../api.gen";
import { count, inUnit, share } from "../format";
import { Name } from "./text";

export function Attributes({ splits }: { splits: AttributeSplit[] }) {
  if (splits.length === 0) {
    return <p class="soft">No attribute, instance or host has two values among the sampled calls: there is nothing to tell apart.</p>;
  }
  const most = Math.max(...splits.map((s) => Math.max(Number(s.now ?? 0), Number(s.before ?? 0))), 1e-9);
  const held = splits.some((s) => s.holds);
  return (
    <>
      <p class="soft">{held ? "The marked value holds the effect while the others are as usual." : "No value holds the effect alone: all are touched alike."}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Attributes">
        <table>
          <thead>
            <tr>
              <th scope="col">Calls where</th>
              <th scope="col" class="num">calls</th>
              <th scope="col">before → now</th>
            </tr>
          </thead>
          <tbody>
            {splits.map((s) => (
              <tr key={`${s.key}\n${s.value}`} class={s.holds ? "holds" : ""}>
                <td>
                  <Name text={s.key} most={60} /> = <strong><Name text={s.value} most={80} /></strong>
                  {s.holds ? <span class="tag">holds the effect</span> : null}
                </td>
                <td class="num">
                  {count(s.calls)} <span class="soft">{share(s.share)}</span>
                </td>
                <td>
                  <span class="shift">
                    <svg width="100" height="16" viewBox="0 0 100 16" aria-hidden="true">
                      <rect y="2" width={Math.max(1, (96 * Number(s.before ?? 0)) / most)} height="4" class="bar before" />
                      <rect y="9" width={Math.max(1, (96 * Number(s.now ?? 0)) / most)} height="5" class={`bar ${s.holds ? "worse" : "better"}`} />
                    </svg>
                    <span class="num">
                      {s.new ? <span class="soft">new; all: </span> : null}
                      {inUnit(s.before, s.unit)} <span class="arrow">→</span> <strong>{inUnit(s.now, s.unit)}</strong>
                    </span>
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
