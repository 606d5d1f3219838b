// What the reader has chosen: time zone and theme. Kept in the browser where it lets us.

import { useEffect, useState } from "preact/hooks";
import type { Zone } from "./format";

export type Theme = "system" | "light" | "dark";
type Settings = { zone: Zone; theme: Theme };

const key = "culprit.settings";
const listeners = new Set<(s: Settings) => void>();

let settings: Settings = read();
apply();

function read(): Settings {
  const fallback: Settings = { zone: "local", theme: "system" };
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<Settings>;
    return {
      zone: kept.zone === "utc" ? "utc" : fallback.zone,
      theme: kept.theme === "light" || kept.theme === "dark" ? kept.theme : fallback.theme,
    };
  } catch {
    return fallback; // storage is forbidden or holds something else: the defaults are fine
  }
}

function apply(): void {
  const root = document.documentElement;
  if (settings.theme === "system") delete root.dataset.theme;
  else root.dataset.theme = settings.theme;
}

/** Changes settings for this browser. */
export function set(change: Partial<Settings>): void {
  settings = { ...settings, ...change };
  try {
    localStorage.setItem(key, JSON.stringify(settings));
  } catch {
    // it then holds for this page only
  }
  apply();
  for (const f of listeners) f(settings);
}

/** The settings as they are now, for those that draw again by themselves. */
export function useSettings(): Settings {
  const [s, show] = useState(settings);
  useEffect(() => {
    listeners.add(show);
    return () => void listeners.delete(show);
  }, []);
  return s;
}

/** Calls f when colours change: by choice or because the system's theme does. */
export function onTheme(f: () => void): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  listeners.add(f);
  dark.addEventListener("change", f);
  return () => {
    listeners.delete(f);
    dark.removeEventListener("change", f);
  };
}

/** What custom properties were resolved to, until colours change. */
const resolved = new Map<string, string>();
onTheme(() => resolved.clear());

/** The colour that a custom property has now, for canvases. Asking the browser makes it lay the page out: it is asked once. */
export function colour(name: string): string {
  const known = resolved.get(name);
  if (known !== undefined) return known;
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const c = getComputedStyle(probe).color;
  probe.remove();
  resolved.set(name, c);
  return c;
}
