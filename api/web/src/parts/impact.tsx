// What users felt, by the entry points that they came through.

import type { Impact } from "../api.gen";
import { count, ms, share } from "../format";
import { toOperation } from "../route";
import { before } from "./suspects";
import { Where } from "./text";

const most = 20;

export function EntryPoints({ impact, at }: { impact: Impact; at: string }) {
  const rows = impact.entry_points.slice(0, most);
  if (rows.length === 0) return <p class="soft">No entry point was seen.</p>;
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Entry points">
        <table>
          <thead>
            <tr>
              <th scope="col">Entry point</th>
              <th scope="col" class="num">requests</th>
              <th scope="col" class="num">slow</th>
              <th scope="col" class="num">failed</th>
              <th scope="col" class="num">median before</th>
              <th scope="col" class="num">now</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((e) => (
              <tr key={`${e.service}\n${e.operation}`}>
                <td>
                  <a href={toOperation(e.service, e.operation, before(at))}>
                    <Where service={e.service} operation={e.operation} />
                  </a>
                </td>
                <td class="num">{count(e.requests)}</td>
                <td class="num">
                  {count(e.slow)} <span class="soft">{share(e.requests > 0 ? e.slow / e.requests : null)}</span>
                </td>
                <td class="num">
                  {count(e.failed)} <span class="soft">{share(e.requests > 0 ? e.failed / e.requests : null)}</span>
                </td>
                <td class="num">{ms(e.before_ms)}</td>
                <td class="num">{ms(e.now_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="soft">
        Slow: beyond the slowest 5 % of usual. Failed: more than usual. {impact.entry_points.length > most ? `${count(impact.entry_points.length - most)} further entry points are not shown.` : ""}
      </p>
    </>
  );
}
