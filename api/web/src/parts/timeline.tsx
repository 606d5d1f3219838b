// What was said when, and why it was said.

import type { IncidentHistory } from "../api.gen";
import { share } from "../format";
import { SeverityMark } from "./marks";
import { Name, Said, Time } from "./text";

const said: Record<string, string> = { feedback: "feedback", acknowledged: "acknowledged", muted: "muted", unmuted: "mute ended", change: "change" };

export function Timeline({ incident: i }: { incident: IncidentHistory }) {
  const revs = [...i.revisions].reverse();
  return (
    <ol class="timeline">
      {[...i.notes].reverse().map((n) => (
        <li key={n.id}>
          <span class="num">
            <Time at={n.at} beside={i.started_at} />
          </span>
          <span>
            <strong>{n.feedback ? n.feedback.verdict : (said[n.kind] ?? n.kind)}</strong>{" "}
            <span class="soft">{n.by ? <>said by <Name text={n.by} /></> : "said by a person"}</span>
            {n.comment ? <>: <Said text={n.comment} /></> : null}
          </span>
        </li>
      ))}
      {revs.map((r, n) => (
        <li key={r.revision}>
          <span class="num">
            <Time at={r.updated_at} beside={i.started_at} />
          </span>
          <span>
            <strong>{r.event}</strong> <SeverityMark severity={r.severity} />{" "}
            <span class="soft">
              revision {r.revision}, {share(r.impact.share)} of requests
            </span>
            <br />
            <Said text={r.because} />
            {r.title !== (revs[n + 1]?.title ?? r.title) ? (
              <>
                : <Name text={r.title} most={200} />
              </>
            ) : null}
          </span>
          {n === revs.length - 2 && i.revisions_omitted > 0 ? <span class="soft">{i.revisions_omitted} revisions before this one are no longer kept</span> : null}
        </li>
      ))}
      <li>
        <span class="num">
          <Time at={i.started_at} beside={i.started_at} />
        </span>
        <span class="soft">estimated onset</span>
      </li>
    </ol>
  );
}
