// The incident events as they are published, and that somebody has said something.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Incident } from "./api.gen";

export type Link = "connecting" | "live" | "lost";

/** Told of an incident; of undefined when something may have been missed. */
type Listener = (in_: Incident | undefined) => void;

const listeners = new Set<Listener>();
const watchers = new Set<(l: Link) => void>();
let link: Link = "connecting";
let source: EventSource | null = null;

const events = ["opened", "updated", "resolved", "reopened", "expired"];

function become(l: Link): void {
  link = l;
  for (const w of watchers) w(l);
}

function tell(incident: Incident | undefined): void {
  for (const f of listeners) f(incident);
}

function connect(): void {
  source = new EventSource("/api/v1/events?notes=true");
  source.onopen = () => {
    become("live");
    tell(undefined); // whatever was read before may be older than the stream
  };
  source.onerror = () => {
    become("lost");
    if (source?.readyState === EventSource.CLOSED) setTimeout(connect, 5000); // the browser gave up
  };
  source.addEventListener("reset", () => tell(undefined));
  source.addEventListener("note", () => tell(undefined)); // what somebody said stands beside incidents, lists and charts
  for (const name of events) {
    source.addEventListener(name, (e) => {
      try {
        tell(JSON.parse((e as MessageEvent<string>).data) as Incident);
      } catch {
        tell(undefined); // not to be read: what changed is asked for instead
      }
    });
  }
}

/** Calls f soon after incidents have changed; several changes in a moment are one. */
export function useIncidents(f: (changed: Incident | undefined) => void): void {
  const call = useRef(f);
  call.current = f;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listener: Listener = (changed) => {
      clearTimeout(timer);
      timer = setTimeout(() => call.current(changed), 150);
    };
    listeners.add(listener);
    if (source === null) connect();
    return () => {
      clearTimeout(timer);
      listeners.delete(listener);
    };
  }, []);
}

/** Whether events arrive. */
export function useLink(): Link {
  const [l, show] = useState(link);
  useEffect(() => {
    watchers.add(show);
    if (source === null) connect();
    return () => void watchers.delete(show);
  }, []);
  return l;
}
