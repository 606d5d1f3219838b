// The keyboard: what keys do, and the list of them.

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { go } from "./route";
import { set, useSettings } from "./settings";

export const list: [string, string][] = [
  ["j / k", "next, previous row"],
  ["Enter", "open the row"],
  ["g i", "incidents"],
  ["g t", "topology"],
  ["g o", "operations"],
  ["g c", "before against now"],
  ["g h", "health"],
  ["/", "find"],
  ["[ / ]", "earlier, later (topology, operations)"],
  ["u", "UTC or local time"],
  ["+ / - / 0", "nearer, further, all of the map"],
  ["Esc", "leave a field, close this"],
  ["?", "these keys"],
];

const views: Record<string, string> = { i: "/incidents", t: "/topology", o: "/operations", c: "/compare", h: "/health" };

/** Listens to keys that are not meant for a field. */
export function useKeys(help: () => void): void {
  const { zone } = useSettings();
  // Not a mere effect, which comes after the first picture: what is seen can be asked by key.
  useLayoutEffect(() => {
    let leader = 0;
    const press = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey) return;
      const at = e.target instanceof HTMLElement ? e.target : null;
      if (at?.closest("input:not([type=range]), textarea, select, [contenteditable]")) {
        if (e.key === "Escape") at.blur();
        return;
      }
      if (at?.closest("dialog")) return;
      if (e.timeStamp - leader < 1500 && views[e.key]) {
        leader = 0;
        e.preventDefault();
        go(views[e.key] as string);
        return;
      }
      switch (e.key) {
        case "g":
          leader = e.timeStamp;
          return;
        case "j":
          return step(1, e);
        case "k":
          return step(-1, e);
        case "u":
          return set({ zone: zone === "utc" ? "local" : "utc" });
        case "?":
          return help();
        case "/": {
          const find = document.querySelector<HTMLElement>("[data-find]");
          if (find) {
            e.preventDefault();
            find.focus();
          }
          return;
        }
        case "+":
        case "-":
        case "0":
          return document.querySelector<HTMLElement>(`[data-zoom="${e.key}"]`)?.click();
        case "[":
        case "]": {
          const button = document.querySelector<HTMLElement>(e.key === "[" ? "[data-earlier]" : "[data-later]");
          button?.click();
        }
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [zone, help]);
}

/** Moves the focus among the rows of the view. */
function step(by: number, e: KeyboardEvent): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  if (rows.length === 0) return;
  const at = rows.findIndex((r) => r === document.activeElement);
  const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
  e.preventDefault();
}

/** The list of keys. */
export function Help({ open, close }: { open: boolean; close: () => void }) {
  const at = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) at.current?.showModal();
    else at.current?.close();
  }, [open]);
  return (
    <dialog ref={at} onClose={close} aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl class="keys">
        {list.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p>
        <a href="/api/docs">
          The REST interface
        </a>
      </p>
      <button type="button" onClick={close}>
        Close
      </button>
    </dialog>
  );
}
