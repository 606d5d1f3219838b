// What nobody is told of for a while, and the end of that.

import { useState } from "preact/hooks";
import type { Mute, MuteList } from "../api.gen";
import { act, part } from "../fetch";
import { kinds } from "./marks";
import { Name, Said, Time } from "./text";

const most = 50;

/** Mutes and maintenance windows in force or still to come. */
export function Mutes({ m, changed }: { m: MuteList; changed: () => void }) {
  if (m.mutes.length === 0) return <p class="soft">Nothing is muted.</p>;
  return (
    <ul class="plain" aria-label="Mutes">
      {m.mutes.slice(0, most).map((x) => (
        <li key={x.id}>
          {x.services && x.services.length > 0 ? x.services.map((s, n) => [n > 0 ? ", " : "", <Name key={s} text={s} most={60} />]) : "every service"}
          {x.operation ? <> <Name text={x.operation} most={60} /></> : null}
          {x.kind ? <span class="tag">{kinds[x.kind] ?? x.kind}</span> : null} <Time at={x.from} /> to <Time at={x.until} beside={x.from} zoned />
          <span class="soft">
            {x.from > m.at ? ", still to come" : ""}
            {x.by ? <>, by <Name text={x.by} most={60} /></> : null}
            {x.comment ? <>: <Said text={x.comment} /></> : null}
          </span>{" "}
          <EndMute mute={x} changed={changed} words={x.from > m.at ? "Call it off" : "End it now"} />
        </li>
      ))}
      {m.mutes.length > most ? <li class="soft">{m.mutes.length - most} more are not shown.</li> : null}
    </ul>
  );
}

/** Ends a mute before its time. */
export function EndMute({ mute, changed, words = "End it now" }: { mute: Mute; changed: () => void; words?: string }) {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const end = async () => {
    setBusy(true);
    try {
      await act("DELETE", `/api/v1/mutes/${part(mute.id)}`);
      setTrouble("");
    } catch (e) {
      setTrouble(e instanceof Error ? e.message : String(e));
    }
    setBusy(false);
    changed();
  };
  return (
    <>
      <button type="button" disabled={busy} onClick={() => void end()}>
        {words}
      </button>
      {trouble ? (
        <span role="alert">
          {" "}
          <Said text={trouble} />
        </span>
      ) : null}
    </>
  );
}
