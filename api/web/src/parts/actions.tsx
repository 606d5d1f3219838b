// What a person can say about an incident: seen, right, wrong, expected, not now.

import { useState } from "preact/hooks";
import type { AcknowledgeRequest, FeedbackRequest, IncidentHistory, Mute, MuteRequest, Note } from "../api.gen";
import { part, post } from "../fetch";
import { EndMute } from "./mutes";
import { Name, Said, Time } from "./text";

type Open = "wrong" | "expected" | "mute" | "";

export function Actions({ incident: i, changed }: { incident: IncidentHistory; changed: () => void }) {
  const [open, setOpen] = useState<Open>("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const [muted, setMuted] = useState<Mute>(); // by this page; an incident that is over has no mark of it
  const verdict = i.marks?.feedback?.feedback?.verdict;
  const say = async (path: string, body: FeedbackRequest | AcknowledgeRequest | MuteRequest) => {
    setBusy(true);
    setTrouble("");
    try {
      const note = await post<Note>(path, body);
      if (note.mute) setMuted(note.mute);
      setOpen("");
      changed();
    } catch (e) {
      setTrouble(e instanceof Error ? e.message : String(e));
    } finally {
      setBusy(false);
    }
  };
  const feedback = (body: FeedbackRequest) => void say(`/api/v1/incidents/${part(i.id)}/feedback`, body);
  return (
    <section class="actions" aria-label="Say something about this incident">
      <div class="buttons">
        {i.state === "open" ? (
          <button type="button" disabled={busy || i.marks?.acknowledged !== undefined} onClick={() => void say(`/api/v1/incidents/${part(i.id)}/acknowledge`, {})}>
            {i.marks?.acknowledged ? "Acknowledged" : "Acknowledge"}
          </button>
        ) : null}
        <span class="soft">Was this verdict</span>
        <button type="button" disabled={busy} aria-pressed={verdict === "right"} onClick={() => feedback({ verdict: "right" })} title="The first suspect was the cause">
          right
        </button>
        <button type="button" disabled={busy} aria-pressed={verdict === "wrong"} aria-expanded={open === "wrong"} onClick={() => setOpen(open === "wrong" ? "" : "wrong")} title="It was something else, or nothing">
          wrong …
        </button>
        <button type="button" disabled={busy} aria-pressed={verdict === "expected"} aria-expanded={open === "expected"} onClick={() => setOpen(open === "expected" ? "" : "expected")} title="It is meant to be so: it is normal from now on, and an open incident ends">
          expected …
        </button>
        <button type="button" disabled={busy} aria-expanded={open === "mute"} onClick={() => setOpen(open === "mute" ? "" : "mute")} title="Alerts do not tell of this cause for a while">
          mute …
        </button>
      </div>
      {open === "wrong" ? <Wrong incident={i} busy={busy} send={feedback} /> : null}
      {open === "expected" ? <Expected busy={busy} send={feedback} /> : null}
      {open === "mute" ? <MuteFor incident={i} busy={busy} send={(m) => void say("/api/v1/mutes", m)} /> : null}
      {trouble ? (
        <p class="note failure" role="alert">
          <Said text={trouble} />
        </p>
      ) : null}
      <Marks incident={i} muted={muted} changed={() => (setMuted(undefined), changed())} />
    </section>
  );
}

/** What has been said already. */
function Marks({ incident: i, muted, changed }: { incident: IncidentHistory; muted: Mute | undefined; changed: () => void }) {
  const m = i.marks ?? {};
  const mute = m.muted ?? muted;
  return (
    <div class="soft" role="status">
      {m.acknowledged ? (
        <>
          Acknowledged{m.acknowledged.by ? <> by <Name text={m.acknowledged.by} /></> : null} at <Time at={m.acknowledged.at} />.{" "}
        </>
      ) : null}
      {m.feedback?.feedback ? (
        <>
          Called {m.feedback.feedback.verdict}
          {m.feedback.by ? <> by <Name text={m.feedback.by} /></> : null} at <Time at={m.feedback.at} />
          {m.feedback.feedback.causes?.[0] ? <>; the cause was <Name text={[m.feedback.feedback.causes[0].service, m.feedback.feedback.causes[0].operation].filter(Boolean).join(" ")} /></> : null}.{" "}
        </>
      ) : null}
      {mute ? (
        <>
          Muted until <Time at={mute.until} zoned />. <EndMute mute={mute} changed={changed} />
        </>
      ) : null}
    </div>
  );
}

/** What it does is said before it is done: a slip of the finger must not make an outage normal. */
function Expected({ busy, send }: { busy: boolean; send: (f: FeedbackRequest) => void }) {
  const [comment, setComment] = useState("");
  return (
    <form
      class="say"
      onSubmit={(e) => {
        e.preventDefault();
        send({ verdict: "expected", ...(comment.trim() ? { comment: comment.trim() } : {}) });
      }}
    >
      <label>
        What it is, if you like
        <input value={comment} maxLength={500} placeholder="nightly import" onInput={(e) => setComment(e.currentTarget.value)} />
      </label>
      <button type="submit" disabled={busy}>
        Yes, it is normal from now on
      </button>
    </form>
  );
}

function Wrong({ incident: i, busy, send }: { incident: IncidentHistory; busy: boolean; send: (f: FeedbackRequest) => void }) {
  const [service, setService] = useState("");
  const [operation, setOperation] = useState("");
  const known = [...new Set([...i.suspects.flatMap((s) => (s.service ? [s.service] : [])), ...i.affected])].slice(0, 100);
  return (
    <form
      class="say"
      onSubmit={(e) => {
        e.preventDefault();
        send({ verdict: "wrong", ...(service ? { causes: [{ service, ...(operation ? { operation } : {}) }] } : {}) });
      }}
    >
      <label>
        True cause: service
        <input list="known-services" value={service} onInput={(e) => setService(e.currentTarget.value)} />
      </label>
      <label>
        operation, if known
        <input value={operation} onInput={(e) => setOperation(e.currentTarget.value)} />
      </label>
      <datalist id="known-services">
        {known.map((s) => (
          <option key={s} value={s} />
        ))}
      </datalist>
      <button type="submit" disabled={busy}>
        {service ? "This was the cause" : "Nothing was wrong at all"}
      </button>
    </form>
  );
}

function MuteFor({ incident: i, busy, send }: { incident: IncidentHistory; busy: boolean; send: (m: MuteRequest) => void }) {
  const s = i.suspects[0];
  if (!s?.service) return <p class="soft">The cause names no service: plan a maintenance window with POST /api/v1/mutes instead.</p>;
  const service = s.service;
  return (
    <p class="buttons">
      <span>
        Do not alert of <Name text={service} /> for
      </span>
      {[
        ["1h", "1 hour"],
        ["4h", "4 hours"],
        ["24h", "1 day"],
      ].map(([time, words]) => (
        <button type="button" key={time} disabled={busy} onClick={() => send({ services: [service], ...(s.kind ? { kind: s.kind } : {}), for: time as string })}>
          {words}
        </button>
      ))}
    </p>
  );
}
