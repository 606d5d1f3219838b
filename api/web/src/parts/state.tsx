// What is shown instead of data, or above data that is old.

import type { ComponentChildren } from "preact";
import type { Fault, Resource } from "../fetch";
import { Said, Time } from "./text";

/** Shows the data of a resource, or why there is none. */
export function Loaded<T>({ of, what, children }: { of: Resource<T>; what: string; children: (data: T) => ComponentChildren }) {
  if (of.data === undefined) {
    if (of.error) return <Failure fault={of.error} retry={of.reload} />;
    return (
      <p class="waiting" role="status">
        Loading {what} …
      </p>
    );
  }
  return (
    <>
      {of.error ? (
        <p class="note stale" role="status">
          This is as of <Time at={new Date(of.at).toISOString()} />: {of.error.message}.{" "}
          <button type="button" class="plain" onClick={of.reload}>
            Try again
          </button>
        </p>
      ) : null}
      {children(of.data)}
    </>
  );
}

/** Says why there is no answer, and what can be done. */
export function Failure({ fault, retry }: { fault: Fault; retry?: () => void }) {
  const p = fault.problem;
  return (
    <div class="note failure" role="alert">
      <p>
        <strong>{fault.status === 404 ? "Not here." : fault.status === 0 ? "No answer." : "This did not work."}</strong> <Said text={sentence(fault.message)} />
      </p>
      {p?.retained ? (
        <p>
          In memory: <Time at={p.retained.from} /> to <Time at={p.retained.to} beside={p.retained.from} zoned />.
        </p>
      ) : null}
      {p?.closest && p.closest.length > 0 ? (
        <p>
          Names that look like it: {p.closest.map((c, i) => [i > 0 ? ", " : "", <bdi class="name">{c}</bdi>])}
        </p>
      ) : null}
      {retry ? (
        <button type="button" onClick={retry}>
          Try again
        </button>
      ) : null}
    </div>
  );
}

function sentence(s: string): string {
  const t = s.charAt(0).toUpperCase() + s.slice(1);
  return /[.!?]$/.test(t) ? t : `${t}.`;
}

/** Says that there is nothing, and why that may be. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="note empty">{children}</div>;
}
