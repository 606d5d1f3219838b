// Who is told of incidents, and what they did not take.

import type { AlertStatus, DeadLetter, TargetStatus } from "../api.gen";
import { count } from "../format";
import { toIncident } from "../route";
import { Name, Said, Time } from "./text";

const mostLetters = 50;

export function Alerts({ a }: { a: AlertStatus }) {
  if (a.targets.length === 0) return <p class="soft">Nobody is told: no receiver is configured.</p>;
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Receivers of alerts">
        <table>
          <thead>
            <tr>
              <th scope="col">Receiver</th>
              <th scope="col">State</th>
              <th scope="col" class="num">sent</th>
              <th scope="col" class="num">waiting</th>
              <th scope="col" class="num">retries</th>
              <th scope="col" class="num">dead letters</th>
              <th scope="col">last sent</th>
            </tr>
          </thead>
          <tbody>
            {a.targets.map((t) => (
              <Target key={`${t.receiver}\n${t.name}`} t={t} />
            ))}
          </tbody>
        </table>
      </div>
      {a.dead_letters.length > 0 ? (
        <>
          <h3>Dead letters: refused, and not sent again by themselves</h3>
          <ul class="plain" aria-label="Dead letters">
            {a.dead_letters.slice(0, mostLetters).map((d) => (
              <Letter key={d.id} d={d} />
            ))}
          </ul>
          {a.dead_letters.length > mostLetters ? <p class="soft">{count(a.dead_letters.length - mostLetters)} more are not shown.</p> : null}
        </>
      ) : null}
    </>
  );
}

function Target({ t }: { t: TargetStatus }) {
  return (
    <tr>
      <td>
        <Name text={t.receiver} /> <Name text={t.name} /> <span class="soft">{t.type}</span>
      </td>
      <td>
        <span class={t.healthy ? "better" : "worse"}>{t.healthy ? "well" : "unwell"}</span>{" "}
        {t.error ? (
          <span class="soft">
            <Said text={t.error} />
          </span>
        ) : null}
      </td>
      <td class="num">{count(t.sent)}</td>
      <td class="num">{count(t.pending)}</td>
      <td class="num">{count(t.retries)}</td>
      <td class={`num${t.dead_letters > 0 ? " worse" : ""}`}>{count(t.dead_letters)}</td>
      <td>{t.last_sent ? <Time at={t.last_sent} /> : "never"}</td>
    </tr>
  );
}

function Letter({ d }: { d: DeadLetter }) {
  return (
    <li>
      <Time at={d.at} /> <Name text={d.target} />: <a href={toIncident(d.incident)}><Name text={d.title} /></a> <span class="soft">{d.event}, tried {count(d.tries)} times:</span> <Said text={d.error} />
    </li>
  );
}
