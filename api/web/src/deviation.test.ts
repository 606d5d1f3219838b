import { expect, test } from "vitest";
import { deviation, difference, type Numbers } from "./deviation";

const usual = { windows: 10, per_second: 10, error_rate: 0.01, p50_ms: 100, p95_ms: 200 };
const at = (x: Partial<Numbers>): Numbers => ({ requests: 300, errors: 3, p50_ms: 100, p95_ms: 200, usual, ...x });

test.each([
  [at({}), "usual"], [at({ p50_ms: 140 }), "usual"], [at({ p50_ms: 160 }), "worse"], [at({ p50_ms: 260 }), "bad"], [at({ p50_ms: 800 }), "worst"], [at({ p50_ms: 50 }), "better"],
  [at({ errors: 12 }), "worse"], [at({ errors: 40 }), "bad"], [at({ errors: 300 }), "worst"], [at({ usual: null }), "new"], [at({ requests: 4, errors: 4, p50_ms: 800 }), "usual"],
  [at({ p50_ms: 0.9, usual: { ...usual, p50_ms: 0.1 } }), "usual"], [at({ p50_ms: null }), "better"],
  [at({ requests: 0, errors: 0, p50_ms: null }), "worst"], [at({ requests: 0, errors: 0, usual: { ...usual, per_second: 0 } }), "usual"],
])("%j is %s", (n, want) => expect(deviation(n)).toBe(want));

test("what differs is told with units", () => {
  expect(difference(at({ p50_ms: 800 }), 30)).toBe("median 100 ms → 800 ms, errors 1 % → 1 %");
  expect(difference(at({ requests: 30, errors: 0 }), 30)).toBe("median 100 ms → 100 ms, errors 1 % → 0 %, 10 → 1 /s");
  expect(difference(at({ requests: 0, errors: 0, p50_ms: null }), 30)).toBe("no calls, usually 10 /s");
  expect(difference(at({ usual: null }), 30)).toBe("new: 10 /s, median 100 ms");
});
