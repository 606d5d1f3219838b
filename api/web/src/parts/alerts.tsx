// Who is told of incidents, and what they did not take.

import { useState } from "preact/hooks";
import type { AlertStatus, DeadLetter, TargetStatus } from "../api.gen";
import { act, part } from "../fetch";
import { count } from "../format";
import { toIncident } from "../route";
import { Name, Said, Time } from "./text";

const mostLetters = 50;

export function Alerts({ a, changed }: { a: AlertStatus; changed: () => void }) {
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
              <Letter key={d.id} d={d} changed={changed} />
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

function Letter({ d, changed }: { d: DeadLetter; changed: () => void }) {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const now = async (method: "POST" | "DELETE") => {
    setBusy(true);
    setTrouble("");
    try {
      await act(method, `/api/v1/alerts/dead-letters/${part(d.id)}`);
    } catch (e) {
      setTrouble(e instanceof Error ? e.message : String(e));
    }
    setBusy(false);
    changed();
  };
  return (
    <li data-letter={d.id}>
      <Time at={d.at} /> <Name text={d.target} />: <a href={toIncident(d.incident)}><Name text={d.title} /></a> <span class="soft">{d.event}, tried {d.tries === 1 ? "once" : `${count(d.tries)} times`}:</span> <Said text={d.error} />{" "}
      <button type="button" disabled={busy} onClick={() => void now("POST")}>
        Send again
      </button>{" "}
      <button type="button" disabled={busy} onClick={() => void now("DELETE")}>
        Throw away
      </button>
      {trouble ? (
        <p class="note failure" role="alert">
          <Said text={trouble} />
        </p>
      ) : null}
    </li>
  );
}
