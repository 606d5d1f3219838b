import { describe, expect, test } from "vitest";
import { clock, count, cut, day, inUnit, known, ms, plain, rate, share, span, visible, zoneName } from "./format";

describe("numbers carry their unit and three digits", () => {
  test.each([
    [ms(0), "0 ms"], [ms(0.0004), "0.4 µs"], [ms(0.85), "850 µs"], [ms(93.349), "93.3 ms"], [ms(804.2), "804 ms"], [ms(1101.86), "1.1 s"],
    [ms(59_999), "60 s"], [ms(200_000), "3 min 20 s"], [ms(null), "–"], [ms(-3.2), "-3.2 ms"],
    [share(0), "0 %"], [share(0.0004), "< 0.1 %"], [share(0.0507), "5.1 %"], [share(0.53), "53 %"], [share(0.9726), "97.3 %"], [share(0.99999), "> 99.9 %"], [share(1), "100 %"],
    [rate(3.157), "3.16 /s"], [rate(null), "–"],
    [inUnit(2.1745, "at once"), "2.17 at once"], [inUnit(0.97, "share"), "97 %"], [inUnit(12, "ms"), "12 ms"], [inUnit(4, "per second"), "4 /s"],
    [count(1204.4), "1,204"], [plain(0.00001), "< 0.001"], [plain(12345.6), "12,346"],
  ])("%s", (have, want) => expect(have).toBe(want));
});

describe("stretches of time have two units", () => {
  test.each([
    [0, "0 s"], [45_000, "45 s"], [270_000, "4 min 30 s"], [240_000, "4 min"], [7_500_000, "2 h 5 min"], [7_205_000, "2 h"], [90_000_000, "1 d 1 h"], [-5, "0 s"],
  ])("%d", (x, want) => expect(span(x)).toBe(want));
});

test("times are told in UTC or as the reader's clock has them", () => {
  const at = "2026-11-22T13:29:05.944Z";
  expect(day(at, "utc") + " " + clock(at, "utc") + " " + zoneName(at, "utc")).toBe("2026-11-22 13:29:05 UTC");
  const d = new Date(at);
  expect(clock(at, "local").slice(0, 2)).toBe(String(d.getHours()).padStart(2, "0"));
  expect(zoneName(at, "local")).toMatch(d.getTimezoneOffset() === 0 ? /^UTC$/ : /^UTC[+-]\d\d:\d\d$/);
  expect(known("0001-01-01T00:00:00Z")).toBe(false);
  expect(known(at)).toBe(true);
});

describe("foreign text", () => {
  test("shows what cannot be seen", () => {
    expect(visible("a\u0000b\nc\u007f\u202ed\u200b")).toBe("a\u2400b\u240ac\u2421‹U+202E›d‹U+200B›");
  });
  test("is left alone where it is only foreign", () => {
    for (const s of ["GET /cart", "שלום", "<script>alert(1)</script>", "数据库", "👩‍💻".replace(/\u200d/g, "")]) expect(visible(s)).toBe(s);
  });
  test("is cut between characters", () => {
    expect(cut("abc", 3)).toBe("abc");
    expect(cut("abcd", 3)).toBe("ab…");
    expect(cut("😀😀😀😀", 3)).toBe("😀😀…");
    expect(cut("x".repeat(1_000_000), 50)).toHaveLength(50);
  });
});
