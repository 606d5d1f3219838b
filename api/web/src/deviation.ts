// How far a service or a call is from usual, as one of few steps that can be told apart
// without colour: by word, by width of a border, by order.

import type { Usual } from "./api.gen";
import { ms, plain, rate, share } from "./format";

export type Step = "new" | "better" | "usual" | "worse" | "bad" | "worst";

/** The steps from calm to alarming, with what they mean. */
export const steps: [Step, string][] = [
  ["better", "faster than usual"],
  ["usual", "as usual"],
  ["worse", "1.5 times as slow, or 2 % more errors"],
  ["bad", "2.5 times, or 10 % more"],
  ["worst", "5 times, or 30 % more, or no calls"],
  ["new", "not seen before"],
];

const order: Record<Step, number> = { usual: 0, better: 1, new: 2, worse: 3, bad: 4, worst: 5 };

/** The more alarming of two steps. */
export const rankOf = (s: Step) => order[s];

export type Numbers = { requests: number; errors: number; p50_ms: number | null; p95_ms: number | null; usual: Usual | null };

/** An absolute difference below which nothing is worth a colour, in ms. */
const least = 1;

/** How far numbers are from usual. Few requests say nothing. */
export function deviation(n: Numbers): Step {
  if (!n.usual) return "new";
  const errors = n.requests > 0 ? n.errors / n.requests - Number(n.usual.error_rate ?? 0) : 0;
  const ratio = times(n.p50_ms, n.usual.p50_ms);
  if (silent(n)) return "worst";
  if (n.requests < 5) return "usual";
  if (ratio >= 5 || errors >= 0.3) return "worst";
  if (ratio >= 2.5 || errors >= 0.1) return "bad";
  if (ratio >= 1.5 || errors >= 0.02) return "worse";
  return ratio <= 0.6 ? "better" : "usual";
}

/** Whether nothing came where something usually does. */
export const silent = (n: Numbers) => n.requests === 0 && Number(n.usual?.per_second ?? 0) > 0;

function times(now: number | null, usual: number | null): number {
  const a = Number(now ?? 0);
  const b = Number(usual ?? 0);
  if (Math.abs(a - b) < least || b <= 0) return 1;
  return a / b;
}

/** What differs from usual, in words. */
export function difference(n: Numbers, seconds: number): string {
  if (!n.usual) return `new: ${rate(n.requests / seconds)}, median ${ms(n.p50_ms)}`;
  if (silent(n)) return `no calls, usually ${rate(n.usual.per_second)}`;
  const out = [`median ${ms(n.usual.p50_ms)} → ${ms(n.p50_ms)}`];
  const errors = n.requests > 0 ? n.errors / n.requests : 0;
  if (errors > 0 || Number(n.usual.error_rate ?? 0) > 0) out.push(`errors ${share(n.usual.error_rate)} → ${share(errors)}`);
  const now = n.requests / seconds;
  const then = Number(n.usual.per_second ?? 0);
  if (then > 0 && (now / then > 1.5 || now / then < 0.67)) out.push(`${plain(then)} → ${rate(now)}`);
  return out.join(", ");
}
