import { expect, test } from "vitest";
import { hourOf } from "./season";

test("the week begins on Monday at midnight, UTC", () => {
  expect(hourOf("2026-11-16T00:00:00Z")).toBe(0); // a Monday
  expect(hourOf("2026-11-16T01:59:59Z")).toBe(1);
  expect(hourOf("2026-11-22T23:59:59Z")).toBe(167); // a Sunday
});
