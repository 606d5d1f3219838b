// Numbers, times and foreign text as a person reads them. Every number has its unit.

/** What stands where there is no number. */
export const none = "–";

/** A whole number: 1,204. By hand: the browser's own formatter takes longer to begin than the rest of the page. */
export function count(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Three significant digits without an exponent: 0.0123, 1.20, 12.3, 1,230. */
export function plain(x: number): string {
  if (x === 0) return "0";
  const a = Math.abs(x);
  if (a >= 1000) return count(x);
  if (a < 0.001) return x < 0 ? "> -0.001" : "< 0.001";
  return String(Number(x.toPrecision(3)));
}

/** A duration given in milliseconds: 850 µs, 93.3 ms, 1.2 s, 3 min 20 s. */
export function ms(x: number | null | undefined): string {
  if (x == null) return none;
  const a = Math.abs(x);
  if (a === 0) return "0 ms";
  if (a < 1) return `${plain(x * 1000)} µs`;
  if (a < 1000) return `${plain(x)} ms`;
  if (a < 60_000) return `${plain(x / 1000)} s`;
  return span(x);
}

/** A share as a percentage: < 0.1 %, 5.1 %, 92 %. */
export function share(x: number | null | undefined): string {
  if (x == null) return none;
  const p = 100 * x;
  if (p > 0 && p < 0.1) return "< 0.1 %";
  if (p > 99.9 && p < 100) return "> 99.9 %";
  if (p < 10 || (p > 90 && p < 100)) return `${Math.round(p * 10) / 10} %`;
  return `${Math.round(p)} %`;
}

/** A rate: 3.2 /s. */
export function rate(x: number | null | undefined): string {
  return x == null ? none : `${plain(x)} /s`;
}

/** A number in the unit in which evidence is told. */
export function inUnit(x: number | null | undefined, unit: string): string {
  if (x == null) return none;
  switch (unit) {
    case "ms":
      return ms(x);
    case "share":
      return share(x);
    case "per second":
      return rate(x);
  }
  return `${plain(x)} ${unit}`;
}

/** An amount of memory: 512 B, 30 kB, 1.2 GB. */
export function bytes(x: number | null | undefined): string {
  if (x == null) return none;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let n = Math.abs(x);
  let unit = 0;
  while (n >= 1000 && unit < units.length - 1) {
    n /= 1000;
    unit++;
  }
  return `${plain(n)} ${units[unit]}`;
}

/** A long duration in milliseconds in its two largest units: 45 s, 4 min 30 s, 2 h 5 min. */
export function span(x: number): string {
  const units: [string, number][] = [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1000]];
  let rest = Math.max(0, Math.round(x / 1000) * 1000);
  const out: string[] = [];
  for (const [name, size] of units) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) out.push(`${n} ${name}`);
    else if (out.length > 0) break;
    if (out.length === 2) break;
  }
  return out.join(" ") || "0 s";
}

export type Zone = "utc" | "local";

const two = (n: number) => String(n).padStart(2, "0");

/** The day of a time: 2026-11-22. */
export function day(iso: string, zone: Zone): string {
  const d = new Date(iso);
  return zone === "utc"
    ? d.toISOString().slice(0, 10)
    : `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

/** The time of the day with seconds: 13:29:00. */
export function clock(iso: string, zone: Zone): string {
  const d = new Date(iso);
  return zone === "utc"
    ? d.toISOString().slice(11, 19)
    : `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** The zone as it is written behind a time: UTC, or the offset of that day. */
export function zoneName(iso: string, zone: Zone): string {
  if (zone === "utc") return "UTC";
  const m = -new Date(iso).getTimezoneOffset();
  if (m === 0) return "UTC";
  const sign = m < 0 ? "-" : "+";
  return `UTC${sign}${two(Math.floor(Math.abs(m) / 60))}:${two(Math.abs(m) % 60)}`;
}

/** A time before which nothing was: the service writes year 1 for "never". */
export function known(iso: string | null | undefined): iso is string {
  return iso != null && !iso.startsWith("0001-");
}

// What has no shape of its own, or changes the direction of what stands beside it.
const invisible = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Foreign text with what cannot be seen made visible. */
export function visible(text: string): string {
  return text.replace(invisible, (c) => {
    const n = c.codePointAt(0) ?? 0;
    if (n < 0x20) return String.fromCodePoint(0x2400 + n);
    if (n === 0x7f) return "\u2421";
    return `‹U+${n.toString(16).toUpperCase().padStart(4, "0")}›`;
  });
}

/** Text of at most most characters, cut in the middle of nothing. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = [...text.slice(0, 2 * most)].slice(0, most - 1);
  return head.join("") + "…";
}
