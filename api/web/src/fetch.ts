// What is asked of the service, and what a view knows of the answer.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "./api.gen";

/** Why there is no answer, in words for a person. */
export class Fault extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly problem: Problem | undefined,
  ) {
    super(message);
  }
}

/** Asks for JSON. The browser's cache and ETags keep unchanged answers cheap. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return ask<T>(path, signal ? { signal } : {});
}

/** Says something to the service and gives what it kept. */
export async function post<T>(path: string, body: unknown): Promise<T> {
  return ask<T>(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
}

/** Does something that has no answer but that it was done. */
export async function act(method: "POST" | "DELETE", path: string): Promise<void> {
  await ask<undefined>(path, { method });
}

async function ask<T>(path: string, init: RequestInit): Promise<T> {
  let res: Response;
  try {
    res = await fetch(path, { ...init, headers: { Accept: "application/json", ...init.headers } });
  } catch (e) {
    if (init.signal?.aborted) throw e;
    throw new Fault("culprit does not answer", 0, undefined);
  }
  if (res.status === 204) return undefined as T;
  if (res.ok) return (await res.json()) as T;
  const problem = res.headers.get("Content-Type")?.startsWith("application/problem+json") ? ((await res.json()) as Problem) : undefined;
  throw new Fault(problem?.detail ?? `the answer was ${res.status}`, res.status, problem);
}

/** What is known of an answer. Data of an earlier answer stays while a newer one is missing. */
export type Resource<T> = {
  data: T | undefined;
  error: Fault | undefined;
  loading: boolean;
  /** When the data came, by this computer's clock. */
  at: number;
  reload: () => void;
};

const seen = new Map<string, { data: unknown; at: number }>();
const mostSeen = 60;

function remember(path: string, data: unknown): void {
  seen.delete(path);
  seen.set(path, { data, at: Date.now() });
  for (const old of seen.keys()) {
    if (seen.size <= mostSeen) break;
    seen.delete(old);
  }
}

/** Asks for a path (null: for nothing), and again every so many milliseconds. */
export function useResource<T>(path: string | null, every = 0): Resource<T> {
  const [state, show] = useState<State<T>>(() => start<T>(path));
  const asked = useRef<AbortController | null>(null);
  const load = useCallback(() => {
    asked.current?.abort();
    if (path === null) return;
    const here = new AbortController();
    asked.current = here;
    get<T>(path, here.signal).then(
      (data) => {
        if (here.signal.aborted) return;
        remember(path, data);
        show({ path, data, at: Date.now(), loading: false });
      },
      (e: unknown) => {
        if (here.signal.aborted) return;
        const error = e instanceof Fault ? e : new Fault(String(e), 0, undefined);
        show((s) => ({ ...(s.path === path ? s : start<T>(path)), error, loading: false }));
      },
    );
  }, [path]);
  useEffect(() => {
    show((s) => (s.path === path ? s : start<T>(path)));
    load();
    if (every <= 0) return () => asked.current?.abort();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") load();
    }, every);
    return () => {
      clearInterval(timer);
      asked.current?.abort();
    };
  }, [load, every]);
  const now = state.path === path ? state : start<T>(path);
  return { data: now.data, error: now.error, loading: now.loading, at: now.at, reload: load };
}

type State<T> = { path: string | null; data?: T; error?: Fault; at: number; loading: boolean };

function start<T>(path: string | null): State<T> {
  const kept = path === null ? undefined : seen.get(path);
  return kept ? { path, data: kept.data as T, at: kept.at, loading: true } : { path, at: 0, loading: path !== null };
}

/** Writes a query; undefined and empty values are left out, lists repeat. */
export function query(params: Record<string, string | number | string[] | undefined>): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(params)) {
    if (v === undefined || v === "") continue;
    for (const one of Array.isArray(v) ? v : [v]) q.append(k, String(one));
  }
  return q.size > 0 ? `?${q}` : "";
}

/** One part of a path. */
export const part = (name: string) => encodeURIComponent(name);
