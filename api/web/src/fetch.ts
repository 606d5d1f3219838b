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

/** Asks for JSON. */
export async function get<T>(path: string): Promise<T> {
  return JSON.parse(await ask(path, {})) as T;
}

/** Says something to the service and gives what it kept. */
export async function post<T>(path: string, body: unknown): Promise<T> {
  return JSON.parse(await ask(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } })) as T;
}

/** Does something that has no answer but that it was done. */
export async function act(method: "POST" | "DELETE", path: string): Promise<void> {
  await ask(path, { method });
}

/**
 * The text of an answer. Questions have no headers of ours: an answer that the page's own
 * document had the browser ask for ahead (api/site.go) is taken only for the same question.
 */
async function ask(path: string, init: RequestInit): Promise<string> {
  let res: Response;
  try {
    res = await fetch(path, init);
    if (res.ok) return await res.text();
  } catch (e) {
    if (init.signal?.aborted) throw e;
    throw new Fault("culprit does not answer", 0, undefined);
  }
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

type Kept = { text: string; data: unknown; at: number };
const seen = new Map<string, Kept>();
const mostSeen = 60;

/** Keeps an answer. The same text as before gives the same data: whoever shows it has nothing to draw anew. */
function remember(path: string, text: string): Kept {
  const before = seen.get(path);
  const kept = { text, data: before?.text === text ? before.data : JSON.parse(text), at: Date.now() };
  seen.delete(path);
  seen.set(path, kept);
  for (const old of seen.keys()) {
    if (seen.size <= mostSeen) break;
    seen.delete(old);
  }
  return kept;
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
    ask(path, { signal: here.signal })
      .then((text) => {
        if (here.signal.aborted) return;
        const { data, at } = remember(path, text);
        show({ path, data: data as T, at, loading: false });
      })
      .catch((e: unknown) => {
        if (here.signal.aborted) return;
        const error = e instanceof Fault ? e : new Fault(String(e), 0, undefined);
        show((s) => ({ ...(s.path === path ? s : start<T>(path)), error, loading: false }));
      });
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
