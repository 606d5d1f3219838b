// How the runs of an operation travel: the drawing that the service makes of it, what is
// not as usual, and the shapes that runs took.

import { useState } from "preact/hooks";
import type { Workflow, WorkflowVariant } from "../api.gen";
import { part, query, useResource } from "../fetch";
import { count, ms, share, visible } from "../format";
import { Warnings } from "./quality";
import { Loaded } from "./state";
import { Name, Said } from "./text";

type Which = { service: string; operation: string; from?: string | undefined; to?: string | undefined };

const mostDeviations = 12;
const mostVariants = 12;

/** The workflow of an operation in a stretch; without one, in the newest windows. */
export function WorkflowOf({ service, operation, from, to }: Which) {
  const path = `/api/v1/workflows/${part(service)}/${part(operation)}`;
  const address = (format?: string) => path + query({ from, to, format });
  const workflow = useResource<Workflow>(address());
  return (
    <Loaded of={workflow} what="the workflow">
      {(w) => (
        <>
          <p class="soft">
            {count(w.runs)} sampled {w.runs === 1 ? "run" : "runs"}, {count(w.steps.length)} {w.steps.length === 1 ? "stage" : "stages"}; median {ms(w.p50_ms)}
            {w.usual ? `, usually ${ms(w.usual.p50_ms)} (${count(w.usual.runs)} runs)` : ""}. Also as <a href={address("html")}>a page</a>, <a href={address("text")}>text</a>,{" "}
            <a href={address("mermaid")}>Mermaid</a>, <a href={address("dot")}>DOT</a>.
          </p>
          <Deviations w={w} />
          <Drawing key={`${w.from}${w.to}`} source={address("svg")} w={w} />
          <Variants w={w} />
          <Warnings warnings={w.warnings} />
        </>
      )}
    </Loaded>
  );
}

/** The service's drawing, as a picture: nothing in it can run or ask for anything. */
function Drawing({ source, w }: { source: string; w: Workflow }) {
  const [state, become] = useState<"coming" | "there" | "lost">("coming");
  const [tries, again] = useState(0);
  const words = `Sequence diagram of ${visible(w.service)} ${visible(w.operation)}: ${w.steps.length} stages among ${w.participants.map((p) => visible(p.service)).join(", ")}`;
  return (
    <>
      {state === "coming" ? <p class="waiting">Drawing …</p> : null}
      {state === "lost" ? (
        <p class="note failure" role="alert">
          The drawing did not come.{" "}
          <button type="button" class="plain" onClick={() => (become("coming"), again(tries + 1))}>
            Try again
          </button>
        </p>
      ) : (
        <div class="scroll drawing" tabIndex={0} role="region" aria-label="Workflow">
          <img key={tries} src={source} alt={words} onLoad={() => become("there")} onError={() => become("lost")} />
        </div>
      )}
    </>
  );
}

function Deviations({ w }: { w: Workflow }) {
  if (!w.usual) return <p class="soft">What is usual for it is not known yet.</p>;
  if (w.deviations.length === 0) return <p class="soft">Nothing of it differs from usual.</p>;
  return (
    <ul class="deviations" aria-label="What differs from usual">
      {w.deviations.slice(0, mostDeviations).map((d, n) => (
        <li key={n} class={d.follows ? "soft" : ""}>
          <Said text={d.sentence} />
          {d.follows ? " (follows from another)" : ""}
        </li>
      ))}
      {w.deviations.length > mostDeviations ? <li class="soft">and {count(w.deviations.length - mostDeviations)} more</li> : null}
    </ul>
  );
}

function Variants({ w }: { w: Workflow }) {
  if (w.variants.length < 2) return w.variants.length === 1 ? <p class="soft">All runs took this shape.</p> : null;
  return (
    <>
      <h3>Shapes that runs took</h3>
      <div class="scroll" tabIndex={0} role="region" aria-label="Shapes that runs took">
        <table>
          <thead>
            <tr>
              <th scope="col">Differs from the first in</th>
              <th scope="col" class="num">runs</th>
              <th scope="col" class="num">failed</th>
              <th scope="col" class="num">median</th>
              <th scope="col" class="num">slowest 5 %</th>
              <th scope="col">for example</th>
            </tr>
          </thead>
          <tbody>
            {w.variants.slice(0, mostVariants).map((v, n) => (
              <Variant key={v.exemplar} v={v} first={n === 0} />
            ))}
          </tbody>
        </table>
      </div>
      {w.variants.length > mostVariants ? <p class="soft">{count(w.variants.length - mostVariants)} rarer shapes are not shown.</p> : null}
    </>
  );
}

function Variant({ v, first }: { v: WorkflowVariant; first: boolean }) {
  return (
    <tr>
      <td>
        {first ? <span class="soft">the most frequent shape</span> : null}
        {v.differs.slice(0, 4).map((d, n) => [n > 0 ? "; " : "", <Said key={n} text={d} />])}
        {v.differs.length > 4 ? `; and ${count(v.differs.length - 4)} more` : ""}
      </td>
      <td class="num">
        {count(v.runs)} <span class="soft">{share(v.share)}</span>
      </td>
      <td class="num">{count(v.errors)}</td>
      <td class="num">{ms(v.p50_ms)}</td>
      <td class="num">{ms(v.p95_ms)}</td>
      <td>
        <code>
          <Name text={v.exemplar} />
        </code>
      </td>
    </tr>
  );
}
