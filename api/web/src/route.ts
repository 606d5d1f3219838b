// Which view is shown: the path of the address, as the server answers it too.

import { useEffect, useState } from "preact/hooks";

export type Route =
  | { view: "incidents" | "topology" | "health" | "operations" | "compare"; query: URLSearchParams }
  | { view: "incident"; id: string; query: URLSearchParams }
  | { view: "nowhere"; path: string; query: URLSearchParams };

/** Reads an address. */
export function parse(path: string, search: string): Route {
  const query = new URLSearchParams(search);
  const parts = path.split("/").filter((p) => p !== "");
  const [first, second] = parts;
  if (first === undefined) return { view: "incidents", query };
  if (first === "incidents" && parts.length === 2 && second !== undefined) return { view: "incident", id: decode(second), query };
  if (parts.length === 1 && (first === "incidents" || first === "topology" || first === "health" || first === "operations" || first === "compare")) {
    return { view: first, query };
  }
  return { view: "nowhere", path, query };
}

function decode(s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
}

/** The address of an incident. */
export const toIncident = (id: string) => `/incidents/${encodeURIComponent(id)}`;

/** The address of an operation, at a moment if one is given. */
export function toOperation(service: string, operation?: string, at?: string): string {
  const q = new URLSearchParams({ service });
  if (operation) q.set("operation", operation);
  if (at) q.set("at", at);
  return `/operations?${q}`;
}

/** The address of the topology, with a service marked. */
export function toTopology(at?: string, service?: string): string {
  const q = new URLSearchParams();
  if (at) q.set("at", at);
  if (service) q.set("service", service);
  return q.size > 0 ? `/topology?${q}` : "/topology";
}

/** The address of a comparison of two stretches. */
export function toCompare(before: [string, string], now: [string, string]): string {
  return `/compare?${new URLSearchParams({ baseline_from: before[0], baseline_to: before[1], from: now[0], to: now[1] })}`;
}

const moved = new EventTarget();

/** Goes to an address without loading the page again. */
export function go(address: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  moved.dispatchEvent(new Event("move"));
  if (how === "push") scrollTo(0, 0);
}

/** Changes parts of the query in place; undefined takes a parameter away. */
export function requery(change: Record<string, string | undefined>): void {
  const q = new URLSearchParams(location.search);
  for (const [k, v] of Object.entries(change)) {
    if (v === undefined || v === "") q.delete(k);
    else q.set(k, v);
  }
  go(location.pathname + (q.size > 0 ? `?${q}` : ""), "replace");
}

export function useRoute(): Route {
  const read = () => parse(location.pathname, location.search);
  const [route, show] = useState(read);
  useEffect(() => {
    const change = () => show(read());
    addEventListener("popstate", change);
    moved.addEventListener("move", change);
    return () => {
      removeEventListener("popstate", change);
      moved.removeEventListener("move", change);
    };
  }, []);
  return route;
}

/** Turns a click on a link of ours into a change of the view. */
export function follow(e: MouseEvent): void {
  if (e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
  const a = (e.target as Element | null)?.closest?.("a");
  if (!a || a.origin !== location.origin || a.target !== "" || a.pathname.startsWith("/api/") || a.hasAttribute("download")) return;
  if (a.hash !== "" && a.pathname === location.pathname) return;
  if (parse(a.pathname, a.search).view === "nowhere") return;
  e.preventDefault();
  go(a.pathname + a.search);
}
